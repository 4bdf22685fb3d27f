"""A browser's `EventSource`, as the HTML standard tells it: it reads events, comes back where it was cut off, and goes
for good when it is told so."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import msgspec
from attrs import define, field, frozen

DEFAULT_RETRY_S = 3.0


@frozen
class Event:
    """One event, as a listener gets it."""

    name: str
    data: Any
    last_id: str


@define
class EventSource:
    """Reads the events at a URL. `requests` counts how often it was asked for, `comments` what listeners never see.

    `headers` are for programs; a browser can send none but its own.
    """

    client: httpx.AsyncClient
    url: str
    headers: dict[str, str] = field(factory=dict)
    last_id: str = ""
    retry_s: float = DEFAULT_RETRY_S
    requests: int = 0
    comments: int = 0
    responses: list[httpx.Response] = field(factory=list)

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events, over as many connections as it takes, until an answer is no stream."""
        while True:
            async with aclosing(self.connection()) as connection:
                async for event in connection:
                    yield event
            if self.responses and self.responses[-1].status_code != 200:
                return
            await asyncio.sleep(self.retry_s)

    async def connection(self) -> AsyncGenerator[Event, None]:
        """The events of one connection; it ends where that does. Whoever stops reading cuts it."""
        self.requests += 1
        headers = {"Accept": "text/event-stream", **self.headers}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        try:
            async with self.client.stream("GET", self.url, headers=headers, timeout=None) as response:
                self.responses.append(response)
                is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
                if response.status_code != 200 or not is_stream:
                    await response.aread()
                    return
                async with aclosing(_lines(response)) as lines, aclosing(self._parsed(lines)) as events:
                    async for event in events:
                        yield event
        except httpx.TransportError:
            return  # a browser comes back

    async def _parsed(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Event, None]:
        name, data = "message", list[bytes]()
        async for line in lines:
            if not line:
                if data:
                    yield Event(name, msgspec.json.decode(b"\n".join(data)), self.last_id)
                name, data = "message", []
                continue
            field_, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            match field_:
                case b"":
                    self.comments += 1
                case b"event":
                    name = value.decode()
                case b"data":
                    data.append(value)
                case b"id":
                    self.last_id = value.decode()
                case b"retry":
                    self.retry_s = int(value) / 1000
                case _:
                    pass


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """What stands between line ends; half a line at the cut is nothing."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
