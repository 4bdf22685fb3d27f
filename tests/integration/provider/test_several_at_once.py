"""More pictures than a provider makes in one call, and answers that hold more or fewer than were asked for."""

import pytest

from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from tests.provider.asking import a_request, asking
from tests.provider.server import ImageServer


@pytest.mark.parametrize(
    ("provider", "n", "calls"),
    [("nebius", 3, [1, 1, 1]), ("together", 10, [2, 4, 4]), ("openai", 10, [10]), ("deepinfra", 4, [4])],
)
async def test_a_provider_is_called_as_often_as_it_takes(provider: str, n: int, calls: list[int]) -> None:
    server = ImageServer()

    async with asking(server, provider) as images:
        made = await images.generate(a_request(provider, n=n))

    assert calls == sorted(int(str(call.body["n"])) for call in server.calls)
    assert n == len({picture.content for picture in made.pictures})


async def test_the_calls_are_made_at_once() -> None:
    server = ImageServer(slow_s=0.4)
    server.always("slow")

    async with asking(server, "nebius") as images:
        await images.generate(a_request("nebius", n=4))

    assert 4 == server.most_at_work


async def test_what_the_calls_cost_is_added_up_and_their_ids_are_kept() -> None:
    server = ImageServer()

    async with asking(server, "nebius") as images:
        made = await images.generate(a_request("nebius", n=2))

    assert (24, 200) == (made.input_tokens, made.output_tokens)
    assert made.provider_request_id is not None
    assert {"req_1", "req_2"} == set(made.provider_request_id.split(", "))


async def test_the_ids_of_many_calls_fit_into_a_column() -> None:
    server = ImageServer()
    server.always("long_id")

    async with asking(server, "nebius") as images:
        made = await images.generate(a_request("nebius", n=8))

    assert made.provider_request_id is not None
    assert 200 < len(made.provider_request_id) <= 255


@pytest.mark.parametrize("way", ["disconnect", "moderation_blocked", "bad_key_401", "truncated_png", "rate_limited"])
async def test_what_came_is_kept_whatever_became_of_the_others(way: str) -> None:
    server = ImageServer()
    server.then("well", way, "well", way)

    async with asking(server, "nebius") as images:
        made = await images.generate(a_request("nebius", n=4))

    assert 2 == len(made.pictures)


async def test_three_of_four_are_three() -> None:
    server = ImageServer()
    server.always("short")

    async with asking(server, "deepinfra") as images:
        made = await images.generate(a_request(n=4))

    assert 3 == len(made.pictures)


async def test_more_than_were_asked_for_are_as_many_as_were_asked_for() -> None:
    server = ImageServer()
    server.always("too_many")

    async with asking(server, "deepinfra") as images:
        made = await images.generate(a_request(n=2))

    assert 2 == len(made.pictures)


@pytest.mark.parametrize("way", ["one_broken", "url_one_gone"])
async def test_a_picture_that_is_none_does_not_take_the_others_with_it(way: str) -> None:
    server = ImageServer()
    server.always(way)

    async with asking(server, "deepinfra") as images:
        made = await images.generate(a_request(n=3))

    assert 2 == len(made.pictures)


@pytest.mark.parametrize(
    ("ways", "means"),
    [
        (("error_503", "disconnect", "bad_key_401", "moderation_blocked"), ImageRefused),
        (("error_503", "disconnect", "bad_key_401"), Misconfigured),
        (("error_503", "disconnect", "rate_limited"), OutcomeUnknown),
        (("error_503", "rate_limited", "rate_limited_bare"), Unavailable),
    ],
)
async def test_where_nothing_came_the_failure_that_weighs_most_is_told(
    ways: tuple[str, ...], means: type[PortFailure]
) -> None:
    server = ImageServer()
    server.then(*ways)

    async with asking(server, "nebius") as images:
        with pytest.raises(means) as failed:
            await images.generate(a_request("nebius", n=len(ways)))

    assert means is not Unavailable or repr(Unavailable("nebius", retry_after_s=7)) == repr(failed.value)
