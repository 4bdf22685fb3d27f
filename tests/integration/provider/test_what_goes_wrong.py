"""Each way for a request to fail, over real HTTP, and what it means: the table of failures, line by line."""

import asyncio
import socket

import pytest
from attrs import evolve

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.limits import MIB, Limits
from billing_core.adapters.openai.opening import openai_images
from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.images import Picture
from tests.provider.asking import KEY, PATIENT, Watcher, a_request, asking, models_of
from tests.provider.server import ImageServer

REJECTED = "Your request was rejected by the safety system."
NO_PICTURE = "deepinfra answered without a picture, as some do in place of a refusal"
UNKNOWN = OutcomeUnknown("a request to deepinfra")

REFUSED = {
    "moderation_blocked": ImageRefused("moderation_blocked", REJECTED),
    "content_policy_violation": ImageRefused("content_policy_violation", "Your prompt may violate our policy."),
    "relay_403": ImageRefused("moderation_blocked", "Request blocked by content moderation."),
    "relay_422": ImageRefused("nsfw_content", "The prompt contains NSFW content."),
    "relay_451": ImageRefused("moderation_blocked", "Unavailable."),
    "error_with_200": ImageRefused("moderation_blocked", REJECTED),
    "prompt_too_long": ImageRefused("string_above_max_length", "The prompt is too long."),
    "empty_data": ImageRefused("no_picture", NO_PICTURE),
    "null_data": ImageRefused("no_picture", NO_PICTURE),
    "no_data": ImageRefused("no_picture", NO_PICTURE),
    "empty_item": ImageRefused("no_picture", NO_PICTURE),
    "empty_b64": ImageRefused("no_picture", NO_PICTURE),
    "data_of_text": ImageRefused("no_picture", NO_PICTURE),
}
UNAVAILABLE = {
    "rate_limited": Unavailable("deepinfra", retry_after_s=7),
    "rate_limited_ms": Unavailable("deepinfra", retry_after_s=2),
    "rate_limited_bare": Unavailable("deepinfra", retry_after_s=1),
    "error_503": Unavailable("deepinfra", retry_after_s=3),
}
MISCONFIGURED = {
    "bad_key_401": Misconfigured("deepinfra", "Incorrect API key provided: …"),
    "no_money_402": Misconfigured("deepinfra", "Payment required."),
    "forbidden_403": Misconfigured("deepinfra", "Your organization must be verified to use this model."),
    "model_not_found": Misconfigured("deepinfra", "The model does not exist."),
    "no_quota": Misconfigured("deepinfra", "You exceeded your current quota."),
    "no_billing": Misconfigured("deepinfra", "Billing hard limit has been reached"),
    "unknown_400": Misconfigured("deepinfra", "Unknown parameter: 'sized'."),
    "unknown_422": Misconfigured("deepinfra", "steps must be at most 12"),
    "moved": Misconfigured("deepinfra", "it answered 308"),
    "zipped": Misconfigured("deepinfra", "it answers compressed, though it was asked not to"),
    "url_elsewhere": Misconfigured(
        "deepinfra", "it answered with a URL at elsewhere.example, which is none of its known hosts"
    ),
}
LOST = (
    "conflict_409",
    "deep_json",
    "disconnect",
    "endless",
    "error_500",
    "error_502_page",
    "error_503_empty",
    "half_a_body",
    "html_page",
    "html_picture",
    "huge",
    "json_list",
    "malformed_json",
    "not_base64",
    "svg_picture",
    "timeout_408",
    "truncated_png",
    "url_endless",
    "url_gone",
    "url_html",
    "url_large",
    "url_moved",
    "url_short",
)
MEANS: dict[str, PortFailure] = {**REFUSED, **UNAVAILABLE, **MISCONFIGURED, **dict.fromkeys(LOST, UNKNOWN)}
SMALL = evolve(PATIENT, answer_bytes=4 * MIB, picture_bytes=MIB)


@pytest.mark.parametrize("way", MEANS)
async def test_a_failure_means_what_the_table_says(way: str) -> None:
    server = ImageServer()
    server.always(way)

    async with asking(server, "deepinfra", limits=SMALL) as images:
        with pytest.raises(PortFailure) as failed:
            await images.generate(a_request())

    assert repr(MEANS[way]) == repr(failed.value)
    assert 1 == len(server.calls)


@pytest.mark.parametrize(
    ("way", "means"),
    [
        ("stream_unfinished", OutcomeUnknown("a request to openai")),
        ("stream_broken", OutcomeUnknown("a request to openai")),
        ("stream_cut", OutcomeUnknown("a request to openai")),
        ("stream_refused", ImageRefused("moderation_blocked", REJECTED)),
        ("stream_says_error", ImageRefused("moderation_blocked", "Rejected by the safety system.")),
    ],
)
async def test_a_stream_without_its_finished_picture_means_what_the_table_says(way: str, means: PortFailure) -> None:
    server, watcher = ImageServer(), Watcher()
    server.always(way)

    async with asking(server, "openai") as images:
        with pytest.raises(PortFailure) as failed:
            await images.generate(a_request("openai"), watch=watcher)

    assert repr(means) == repr(failed.value)
    assert 2 == len(watcher.seen)


async def test_a_stream_that_nobody_asked_for_is_not_understood() -> None:
    server = ImageServer()
    server.always("stream")

    async with asking(server, "openai") as images:
        with pytest.raises(OutcomeUnknown):
            await images.generate(a_request("openai"))


async def test_more_tokens_than_a_column_holds_are_not_believed_and_cost_no_picture() -> None:
    server = ImageServer()
    server.always("counting_wildly")

    async with asking(server, "deepinfra") as images:
        made = await images.generate(a_request())

    assert (1, None, None) == (len(made.pictures), made.input_tokens, made.output_tokens)


async def test_plain_json_in_place_of_a_stream_is_read_as_what_it_is() -> None:
    server, watcher = ImageServer(), Watcher()
    server.always("plain")

    async with asking(server, "openai") as images:
        made = await images.generate(a_request("openai"), watch=watcher)

    assert (1, []) == (len(made.pictures), watcher.seen)


@pytest.mark.parametrize("way", ["moderation_blocked", "rate_limited", "disconnect", "malformed_json", "endless"])
async def test_a_failure_in_place_of_a_stream_means_the_same(way: str) -> None:
    server = ImageServer()
    server.always(way)

    async with asking(server, "openai", limits=SMALL) as images:
        with pytest.raises(type(MEANS[way])):
            await images.generate(a_request("openai"), watch=Watcher())


async def test_an_unfinished_picture_that_is_none_is_not_shown_and_harms_nothing() -> None:
    server, watcher = ImageServer(), Watcher()
    server.always("stream_of_odd_things")

    async with asking(server, "openai") as images:
        made = await images.generate(a_request("openai"), watch=watcher)

    assert ([], 1) == (watcher.seen, len(made.pictures))


@pytest.mark.parametrize("way", ["slow", "trickle"])
async def test_an_answer_that_takes_too_long_may_have_been_billed(way: str) -> None:
    server = ImageServer(slow_s=30 if way == "slow" else 1)
    server.always(way)

    async with asking(server, "deepinfra", limits=Limits(answer_s={"standard": 0.3})) as images:
        with pytest.raises(OutcomeUnknown):
            await images.generate(a_request())


async def test_a_download_that_takes_too_long_may_have_been_billed() -> None:
    server = ImageServer(slow_s=30)
    server.always("url_slow")

    async with asking(server, "deepinfra", limits=Limits(download_s=0.3)) as images:
        with pytest.raises(OutcomeUnknown):
            await images.generate(a_request())


async def test_what_is_wrong_with_the_watcher_is_not_taken_for_the_providers() -> None:
    async def looks_away(picture: Picture) -> None:
        raise LookupError("the watcher is gone")

    async with asking(ImageServer(), "openai") as images:
        with pytest.raises(LookupError, match="the watcher is gone"):
            await images.generate(a_request("openai"), watch=looks_away)


async def test_each_quality_has_its_own_patience() -> None:
    server = ImageServer(slow_s=0.6)
    server.always("slow")

    async with asking(server, "deepinfra", limits=Limits(answer_s={"low": 0.3}, default_s=30)) as images:
        with pytest.raises(OutcomeUnknown):
            await images.generate(a_request(quality="low"))
        made = await images.generate(a_request(quality="hd"))

    assert 1 == len(made.pictures)


async def test_where_nobody_listens_nothing_was_done() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        access = Access(KEY, f"http://127.0.0.1:{unheard.getsockname()[1]}/v1")
        async with openai_images({"deepinfra": access}, models_of("deepinfra")) as images:
            with pytest.raises(Unavailable):
                await images.generate(a_request())


@pytest.mark.parametrize("base_url", ["gopher://studio.example/v1", "studio.example"])
async def test_a_base_url_that_cannot_be_asked_is_a_setting(base_url: str) -> None:
    async with openai_images({"deepinfra": Access(KEY, base_url)}, models_of("deepinfra")) as images:
        with pytest.raises(Misconfigured, match="the request cannot be sent: look at the base URL"):
            await images.generate(a_request())


@pytest.mark.parametrize("key", ["sk-two\nlines", "sk-ключ", "sk-\0"])
async def test_a_key_that_no_header_can_carry_is_a_setting_and_is_not_quoted(key: str) -> None:
    server = ImageServer()

    async with (
        server.on_loopback() as base,
        openai_images({"deepinfra": Access(key, base)}, models_of("deepinfra")) as images,
    ):
        with pytest.raises(Misconfigured) as failed:
            await images.generate(a_request())

    assert "sk-" not in str(failed.value) + repr(failed.value.__cause__)
    assert [] == server.calls


async def test_whoever_is_canceled_leaves_no_request_behind() -> None:
    server = ImageServer(slow_s=30)
    server.always("slow")

    async with asking(server, "deepinfra") as images:
        working = asyncio.create_task(images.generate(a_request(n=6)))  # two calls at once
        async with asyncio.timeout(10):
            await server.until_at_work(2)
            working.cancel()
            await asyncio.wait([working])
            await server.until_at_work(0)

    assert working.cancelled()
