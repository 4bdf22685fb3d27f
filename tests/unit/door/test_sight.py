"""Every request has an id, is counted by its route, and is told of in one line."""

import asyncio
from typing import Any

import pytest
from attrs import define, field

from billing_core.entrypoints.http.answered import Answered
from billing_core.entrypoints.http.auth import Caller
from billing_core.entrypoints.http.sight import Sight
from billing_core.entrypoints.logs import REQUEST_ID
from billing_core.testing.contracts.api_keys import KEY


@define
class Seen:
    """An app that answers as it is told, seen; and what became of it."""

    status: int = 200
    told: list[tuple[str, dict[str, Any]]] = field(factory=list)
    sent: list[Any] = field(factory=list)
    ids: list[str] = field(factory=list)
    ticks_s: list[float] = field(factory=lambda: [1.0, 1.25])
    sight: Sight = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sight = Sight(tell=self.tell, clock_s=lambda: self.ticks_s.pop(0))

    def tell(self, event: str, **told: Any) -> None:
        self.told.append((event, told))

    async def ask(self, *headers: tuple[bytes, bytes], **scope: Any) -> None:
        asked: Any = {"type": "http", "method": "GET", "headers": list(headers), "state": {}} | scope

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            self.ids.append(REQUEST_ID.get())
            if self.status == 0:
                raise asyncio.CancelledError
            await send({"type": "http.response.start", "status": self.status, "headers": [(b"a", b"b")]})
            await send({"type": "http.response.body", "body": b""})

        async def send(message: Any) -> None:
            self.sent.append(message)

        await self.sight.seeing(app)(asked, None, send)  # type: ignore[arg-type]

    @property
    def answered_id(self) -> str:
        return str(dict(self.sent[0]["headers"])[b"x-request-id"].decode())


async def test_a_request_is_told_in_one_line() -> None:
    seen = Seen()

    await seen.ask(path_template="/a/{id}", user=Caller(account_id="ada"), state={"event_id": "evt_1"})

    line = {"method": "GET", "route": "/a/{id}", "status": 200, "ms": 250.0, "account_id": "ada", "event_id": "evt_1"}
    assert [("request", line)] == seen.told


async def test_the_line_of_a_program_says_which_key_it_came_with() -> None:
    seen = Seen()

    await seen.ask(path_template="/a/{id}", user=Caller(account_id="a", key=KEY))

    ((_, line),) = seen.told
    assert (line["account_id"], line["key_id"]) == ("a", "key_1")


async def test_the_id_that_was_sent_is_the_requests_and_is_answered() -> None:
    seen = Seen()

    await seen.ask((b"x-request-id", b"Order-7.a_b"))

    assert ["Order-7.a_b"] == seen.ids
    assert "Order-7.a_b" == seen.answered_id
    assert "" == REQUEST_ID.get()


@pytest.mark.parametrize("sent", [b"", b"two words", b"a\r\nset-cookie: b", b"x" * 65, b"-a", "ä".encode(), b'"}{"'])
async def test_an_id_that_is_no_short_word_is_replaced(sent: bytes) -> None:
    seen = Seen()

    await seen.ask((b"x-request-id", sent))

    assert sent.decode() != seen.answered_id == seen.ids[0] != ""


async def test_no_two_requests_are_given_the_same_id() -> None:
    seen = Seen(ticks_s=[0.0] * 4)

    await seen.ask()
    await seen.ask()

    assert 2 == len(set(seen.ids))


async def test_requests_are_counted_by_route_method_and_status() -> None:
    seen = Seen(status=404, ticks_s=[0.0, 0.003, 0.0, 20.0])

    await seen.ask(path_template="/a/{id}")
    await seen.ask(path_template="/a/{id}", method="STRANGE")

    assert {("GET", "/a/{id}", 404): 1, ("other", "/a/{id}", 404): 1} == seen.sight.answered.answers
    times = seen.sight.answered.times["/a/{id}"]
    assert (1, 1, 20.003) == (times.counts[0], times.counts[-1], times.sum)


async def test_who_goes_away_unanswered_is_counted_as_such() -> None:
    seen = Seen(status=0)

    with pytest.raises(asyncio.CancelledError):
        await seen.ask()

    assert {("GET", "none", 0): 1} == seen.sight.answered.answers
    assert "" == REQUEST_ID.get()


@pytest.mark.failure("D4")
async def test_a_log_that_cannot_be_written_takes_nobodys_answer_away() -> None:
    def full(event: str, **told: Any) -> None:
        raise OSError("no space left")

    seen = Seen()
    seen.sight = Sight(tell=full)

    await seen.ask()

    assert 200 == seen.sent[0]["status"]


async def test_what_is_no_request_passes() -> None:
    seen = Seen()

    await seen.ask(type="lifespan")

    assert not seen.sight.answered.answers
    assert not seen.told


@pytest.mark.failure("F23")
def test_a_tally_has_as_many_counters_as_routes_whatever_is_asked_for() -> None:
    answered = Answered()

    for n in range(1_000):
        answered.add(f"METHOD{n}", "none", 404, 0.0)

    assert 1 == len(answered.answers) == len(answered.times)
