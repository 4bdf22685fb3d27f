"""The progress of a generation as server-sent events, read as a browser reads them, over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.entrypoints.http.signing import Links
from billing_core.entrypoints.http.streams import Streams
from billing_core.ports.errors import ImageRefused, Misconfigured, Unavailable
from tests.shops.event_source import Event, EventSource
from tests.shops.http import SETTINGS
from tests.shops.served import Painter, Served, served

A_MOMENT_S = 10


@define
class Page:
    """A page in a browser that shows one generation."""

    source: EventSource
    events: AsyncGenerator[Event, None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.events = self.source.events()

    async def sees(self, last_id: str) -> Event:
        """The event with that id, which is the next one."""
        async with asyncio.timeout(A_MOMENT_S):
            event = await anext(self.events)
        assert last_id == event.last_id, event
        return event

    async def skips_to(self, last_id: str) -> Event:
        """The event with that id, whatever comes before it."""
        async with asyncio.timeout(A_MOMENT_S):
            while (event := await anext(self.events)).last_id != last_id:
                pass
            return event

    async def leaves(self) -> None:
        """The connection is cut, from this side; the page may come back."""
        await self.events.aclose()
        self.events = self.source.events()

    async def moves_to(self, shop: Served) -> None:
        """The same address leads to another server now."""
        await self.leaves()
        self.source.client = shop.client
        shop.leaving.push_async_callback(self.leaves)


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
async def shop(painter: Painter) -> AsyncIterator[Served]:
    async with served(images=painter) as shop:
        yield shop
        painter.hurry()


async def asked(shop: Served, account: str = "ann") -> Any:
    answer = await shop.ask("POST", "/generations", account, json={"prompt": "a fox"})
    assert answer.status_code == 202, answer.text
    return answer.json()


async def _all(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


def page(shop: Served, generation: Any, **more: Any) -> Page:
    shown = Page(EventSource(shop.client, generation["events_url"], **more))
    shop.leaving.push_async_callback(shown.leaves)
    return shown


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(A_MOMENT_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


async def until_nobody_watches(shop: Served) -> None:
    await until(lambda: not shop.streams.of("ann") and not shop.opened.use_cases.watching.watched)


async def test_a_browser_sees_a_picture_being_drawn(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    shown = page(shop, generation)
    waits, runs = await shown.sees("0.0"), await shown.sees("1.0")
    painter.stroke()
    first = await shown.sees("1.1")
    picture = await shop.client.get(first.data["url"])
    painter.stroke()
    second = await shown.sees("1.2")
    painter.finish()
    done = await shown.sees("end")
    found = (await shop.ask("GET", f"/generations/{generation['id']}")).json()

    assert ("status", {"status": "queued", "attempt": 0}) == (waits.name, waits.data)
    assert ("status", {"status": "running", "attempt": 1}) == (runs.name, runs.data)
    assert ("partial", "partial", 1, 2) == (first.name, second.name, first.data["number"], second.data["number"])
    assert {"attempt", "number", "url", "url_expires_at", "width", "height", "format"} == set(first.data)
    assert (200, "image/png", "nosniff") == (
        picture.status_code,
        picture.headers["content-type"],
        picture.headers["x-content-type-options"],
    )
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.content.startswith(b"\x89PNG")
    assert ("done", "succeeded", None) == (done.name, done.data["status"], done.data["events_url"])
    assert (found["id"], [image["id"] for image in found["images"]]) == (
        done.data["id"],
        [image["id"] for image in done.data["images"]],
    )


async def test_the_stream_is_neither_kept_nor_held_back(shop: Served) -> None:
    shown = page(shop, await asked(shop))
    await shown.sees("0.0")
    headers = shown.source.responses[0].headers

    assert ("text/event-stream; charset=utf-8", "no-store", "no", "nosniff") == (
        headers["content-type"],
        headers["cache-control"],
        headers["x-accel-buffering"],
        headers["x-content-type-options"],
    )
    assert 1.0 == shown.source.retry_s


async def test_who_was_cut_off_in_the_middle_sees_what_came_meanwhile(shop: Served, painter: Painter) -> None:
    shown = page(shop, await asked(shop))
    painter.stroke()
    await shown.skips_to("1.1")
    await shown.leaves()
    await until_nobody_watches(shop)
    painter.stroke()
    painter.stroke()
    await shown.sees("1.2")
    await shown.sees("1.3")
    painter.finish()
    await shown.sees("end")

    assert 2 == shown.source.requests


async def test_who_cannot_send_headers_names_the_last_event_in_the_query(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    shown = page(shop, generation)
    painter.stroke()
    await shown.skips_to("1.1")
    await shown.leaves()
    shown.source.last_id = ""
    shown.source.url += "&last_event_id=1.0"

    await shown.sees("1.1")


async def test_a_browser_that_comes_back_after_the_end_is_told_to_stay_away(shop: Served, painter: Painter) -> None:
    shown = page(shop, await asked(shop))
    painter.finish()
    await shown.skips_to("end")
    shown.source.retry_s = 0.01

    assert [] == await _all(shown.events)
    assert [200, 204] == [response.status_code for response in shown.source.responses]


async def test_of_one_that_has_ended_there_is_only_the_end(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    painter.stroke()
    painter.finish()
    await page(shop, generation).skips_to("end")

    await page(shop, generation).sees("end")
    await page(shop, generation, last_id="1.0").sees("end")


async def test_an_unfinished_picture_is_gone_once_it_is_done(shop: Served, painter: Painter) -> None:
    shown = page(shop, await asked(shop))
    painter.stroke()
    partial = (await shown.skips_to("1.1")).data
    painter.finish()
    await shown.sees("end")
    answer = await shop.client.get(partial["url"])

    assert (404, "not_found") == (answer.status_code, answer.json()["code"])


async def test_two_who_read_at_once_see_the_same(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    pages = [page(shop, generation), page(shop, generation)]
    for shown in pages:
        await shown.skips_to("1.0")
    painter.stroke()
    partials = [await shown.sees("1.1") for shown in pages]
    painter.finish()
    ends = [await shown.sees("end") for shown in pages]

    assert partials[0].data["number"] == partials[1].data["number"]
    assert ends[0].data["images"][0]["id"] == ends[1].data["images"][0]["id"]


async def test_the_owner_reads_with_a_bearer_token_too(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    shown = page(shop, {"events_url": f"/api/v1/generations/{generation['id']}/events"}, headers=shop.bearer())
    painter.stroke()
    await shown.skips_to("1.1")
    picture = await shop.ask("GET", f"/generations/{generation['id']}/partials/1.1")

    assert 200 == picture.status_code


async def test_what_is_another_s_or_no_longer_shown_is_not_there(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    others = [await asked(shop), await asked(shop, "bob")]
    painter.stroke()
    shown = page(shop, generation)
    partial = (await shown.skips_to("1.1")).data
    made = await shop.opened.use_cases.generations.progress("ann", generation["id"])
    assert made is not None
    late = Links(SETTINGS.signing_key, shop.opened.use_cases.clock.now() - timedelta(hours=2))
    expired = late.partial(made.generation, made.partials[0]).url.partition("?")[2]
    tokens = [
        expired,
        *(other["events_url"].partition("?")[2] for other in others),
        "token=nonsense",
        "token=%C3%A9",
        "token=",
    ]
    for path in (f"/generations/{generation['id']}/events", partial["url"].partition("?")[0].removeprefix("/api/v1")):
        wrong = [await shop.client.get(f"/api/v1{path}?{token}") for token in tokens]
        stranger, nobody = await shop.ask("GET", path, "bob"), await shop.client.get(f"/api/v1{path}")

        assert {(404, "not_found")} == {(answer.status_code, answer.json()["code"]) for answer in [*wrong, stranger]}
        assert (401, "unauthorized") == (nobody.status_code, nobody.json()["code"])


@pytest.mark.parametrize("step", ["1.0", "1.2", "0.0", "end", "x"])
async def test_a_step_without_a_picture_shows_none(shop: Served, painter: Painter, step: str) -> None:
    generation = await asked(shop)
    painter.stroke()
    await page(shop, generation).skips_to("1.1")

    assert 404 == (await shop.ask("GET", f"/generations/{generation['id']}/partials/{step}")).status_code


async def test_a_generation_that_is_canceled_ends(painter: Painter) -> None:
    settings = evolve(SETTINGS, images=evolve(SETTINGS.images, concurrency=1))
    async with served(settings, images=painter) as shop:
        await page(shop, await asked(shop)).skips_to("1.0")
        waiting = await asked(shop, "bob")
        shown = page(shop, waiting)
        await shown.sees("0.0")
        canceled = await shop.ask("DELETE", f"/generations/{waiting['id']}", "bob")
        end = await shown.sees("end")
        painter.hurry()

    assert 200 == canceled.status_code
    assert ("canceled", None, []) == (end.data["status"], end.data["failure"], end.data["images"])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ImageRefused("moderation_blocked", "no"), "refused", "moderation_blocked"),
        (Misconfigured("openai", "the key is wrong"), "failed", "provider_misconfigured"),
    ],
)
async def test_why_there_are_no_pictures_is_told(
    shop: Served, painter: Painter, error: Exception, status: str, code: str
) -> None:
    shown = page(shop, await asked(shop))
    painter.stroke()
    await shown.skips_to("1.1")
    painter.fail(error)
    end = await shown.sees("end")

    assert (status, code, 0) == (end.data["status"], end.data["failure"]["code"], end.data["credits_charged"])
    assert str(error) not in str(end.data)


async def test_a_page_outlives_the_server(painter: Painter, tmp_path: Path) -> None:
    settings = evolve(SETTINGS, database_url=f"sqlite:///{tmp_path}/billing.db")
    async with served(settings, images=painter) as shop:
        shown = page(shop, await asked(shop))
        painter.stroke()
        await shown.skips_to("1.1")
        painter.fail(Unavailable("the provider"))
    async with served(settings, images=painter) as shop:
        await shown.moves_to(shop)
        painter.stroke()
        again, partial = await shown.sees("2.0"), await shown.sees("2.1")
        painter.finish()
        end = await shown.sees("end")

    assert ({"status": "running", "attempt": 2}, 2) == (again.data, partial.data["attempt"])
    assert "succeeded" == end.data["status"]


async def test_it_need_not_be_the_same_machine(
    painter: Painter, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what machines share beside the database
    settings = evolve(SETTINGS, database_url=postgres_url)
    async with served(settings, images=painter) as shop, served(settings, images=painter) as other:
        shown = page(shop, await asked(shop))
        painter.stroke()
        await shown.skips_to("1.1")
        await shown.moves_to(other)
        painter.stroke()
        partial = await shown.sees("1.2")
        picture = await other.client.get(partial.data["url"])
        painter.finish()
        end = await shown.sees("end")

    assert (200, "succeeded") == (picture.status_code, end.data["status"])


async def test_open_streams_do_not_keep_the_server_from_stopping(shop: Served, painter: Painter) -> None:
    generation = await asked(shop)
    shown = page(shop, generation)
    shown.events = shown.source.connection()
    await shown.skips_to("1.0")
    rest = asyncio.create_task(_all(shown.events))
    waiting = asyncio.create_task(
        shop.client.post(
            "/api/v1/generations",
            json={"prompt": "a fox"},
            headers=shop.bearer("bob") | {"Prefer": "wait=60"},
            timeout=None,
        )
    )
    await asyncio.sleep(0.3)
    shop.stop()
    async with asyncio.timeout(A_MOMENT_S):
        accepted = await waiting
        cut_short = await rest
    painter.finish()

    assert (202, []) == (accepted.status_code, cut_short)


async def test_who_goes_away_leaves_nothing_behind(shop: Served) -> None:
    generation = await asked(shop)
    pages = [page(shop, generation) for _ in range(3)]
    for shown in pages:
        await shown.skips_to("1.0")
    watched = (shop.streams.of("ann"), shop.opened.use_cases.watching.watched)
    for shown in pages:
        await shown.leaves()
    await until_nobody_watches(shop)

    assert (3, 1) == watched


async def test_an_account_has_so_many_streams_at_once(painter: Painter) -> None:
    async with served(images=painter, streams=Streams(most=2)) as shop:
        generation = await asked(shop)
        pages = [page(shop, generation) for _ in range(2)]
        for shown in pages:
            await shown.skips_to("1.0")
        refused = await shop.client.get(generation["events_url"])
        await pages[0].leaves()
        await until(lambda: shop.streams.of("ann") == 1)
        await page(shop, generation).skips_to("1.0")
        others = await asked(shop, "bob")
        await page(shop, others).skips_to("0.0")
        painter.hurry()

    assert (429, "too_many_streams", 2) == (refused.status_code, refused.json()["code"], refused.json()["limit"])
    assert 0 < int(refused.headers["retry-after"])


async def test_a_quiet_stream_says_that_it_is_still_there(painter: Painter) -> None:
    async with served(images=painter, streams=Streams(quiet_for=timedelta(milliseconds=50))) as shop:
        shown = page(shop, await asked(shop))
        await shown.skips_to("1.0")
        following = asyncio.create_task(shown.sees("end"))
        await until(lambda: shown.source.comments >= 3)
        painter.finish()
        await following


async def test_words_with_line_ends_stay_in_one_event(shop: Served, painter: Painter) -> None:
    prompt = "a fox\n\ndata: {}\r\n\u2028in the snow"
    answer = await shop.ask("POST", "/generations", json={"prompt": prompt})
    painter.finish()
    end = await page(shop, answer.json()).skips_to("end")

    assert prompt == end.data["prompt"]
