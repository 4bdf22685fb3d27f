"""Answers that go on: server-sent events, to so many who listen at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta

import msgspec
from attrs import define, field, frozen
from litestar.types import Receive, Scope, Send

from billing_core.entrypoints.http.refusals import TooManyStreams

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
HEARTBEAT = b": still here\n\n"


@define
class Streams:
    """How many streams each account has open in this process, and how many it may have.

    `quiet_for`: after so long without an event, the stream says that it is still there.
    """

    most: int = 10
    quiet_for: timedelta = timedelta(seconds=15)
    _open: Counter[str] = field(factory=Counter, init=False)

    def of(self, account_id: str) -> int:
        return self._open[account_id]

    @contextmanager
    def one_more(self, account_id: str) -> Iterator[None]:
        """Raises TooManyStreams."""
        if self._open[account_id] >= self.most:
            raise TooManyStreams(self.most)
        self._open[account_id] += 1
        try:
            yield
        finally:
            self._open[account_id] -= 1
            self._open += Counter()  # forgets those with none


@frozen
class EventStream:
    """The ASGI app of one stream. It ends with its events, or when the client goes away."""

    events: AsyncGenerator[bytes, None]
    streams: Streams
    account_id: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises TooManyStreams, before anything is sent."""
        with self.streams.one_more(self.account_id):
            telling, leaving = asyncio.create_task(self._tell(send)), asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                is_told = telling.done()
                telling.cancel()
                leaving.cancel()
                await asyncio.gather(telling, leaving, return_exceptions=True)
            if is_told:
                telling.result()

    async def _tell(self, send: Send) -> None:
        async with aclosing(self.events) as events:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def event(name: str, told: msgspec.Struct, *, id_: str) -> bytes:
    """One event; JSON has no line breaks, so its data is one line."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), name.encode(), msgspec.json.encode(told))


def retrying_after(wait: timedelta) -> bytes:
    """How long a client waits before it comes back, once the stream has ended or broken."""
    return b"retry: %d\n\n" % (wait // timedelta(milliseconds=1))
