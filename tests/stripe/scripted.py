"""A server on loopback that answers as it is told: by replies one after the other, or by none at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any

from attrs import define, field, frozen

from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.transport import Http
from tests.closing import close


@frozen
class Asked:
    """A request as it came over the wire; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


@frozen
class Reply:
    """What is sent back."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(factory=dict)


class Fault(Enum):
    """What happens in place of an answer."""

    CUT_BEFORE = auto()  # the request is not read
    CUT_AFTER = auto()  # it is read, and not answered
    CUT_WITHIN = auto()  # half of the answer is sent
    SILENCE = auto()  # it is never answered
    ENDLESS = auto()  # the answer goes on for ever


Step = Reply | Fault
Handler = Callable[[Asked], Step]


def told(value: object, status: int = 200, **headers: str) -> Reply:
    """A reply with that JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), named)


def an_error(status: int, code: str | None = None, **more: object) -> Reply:
    """A reply with an error as Stripe words it."""
    headers = more.pop("headers", {})
    assert isinstance(headers, Mapping)
    error = {"type": "invalid_request_error", "message": "Something is wrong.", "code": code, **more}
    return Reply(status, json.dumps({"error": error}).encode(), headers)


@define
class ScriptedStripe:
    """Answers the n-th request with the n-th step, the last one for ever; or as `handler` says."""

    steps: Sequence[Step] = ()
    handler: Handler | None = None
    asked: list[Asked] = field(factory=list, init=False)
    arrivals: int = field(default=0, init=False)
    waits: list[float] = field(factory=list, init=False)
    _writers: set[asyncio.StreamWriter] = field(factory=set, init=False)

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys of the requests."""
        return [request.key for request in self.asked]

    async def sleep(self, seconds: float) -> None:
        """A sleep that takes no time."""
        self.waits.append(seconds)

    def api(self, http: Http, url: str, **patience: Any) -> Api:
        """An Api that asks this server, and that waits in no time."""
        calm = Patience(sleep=self.sleep, spread=lambda: 1.0, **patience)
        return open_api(http, key="sk_test_1", base=url, pace=Pace(sleep=self.sleep), patience=calm)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    def drop(self) -> None:
        """Ends every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        step = self._next() if self.handler is None else None
        if step is Fault.CUT_BEFORE:
            return False
        asked = _read(head, await reader.readexactly(_length(head)))
        self.asked.append(asked)
        if self.handler is not None:
            step = self.handler(asked)
        match step:
            case Reply():
                writer.write(_written(step))
                await writer.drain()
                return True
            case Fault.CUT_WITHIN:
                writer.write(_written(told({"id": "x" * 100}))[:-50])
                await writer.drain()
            case Fault.SILENCE:
                await reader.read()
            case Fault.ENDLESS:
                writer.write(b"HTTP/1.1 200 Told\r\n\r\n")
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0)
            case _:
                pass
        return False

    def _next(self) -> Step:
        self.arrivals += 1
        return self.steps[min(self.arrivals, len(self.steps)) - 1]


@asynccontextmanager
async def serving(stripe: ScriptedStripe) -> AsyncIterator[str]:
    """The URL at which it answers."""
    server = await asyncio.start_server(stripe.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await close(server)
        stripe.drop()
        await asyncio.wait_for(server.wait_closed(), 5)


def _length(head: str) -> int:
    return int(_headers(head).get("content-length", "0"))


def _headers(head: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
    return {name.lower(): value for name, value in pairs}


def _read(head: str, body: bytes) -> Asked:
    method, target, _ = head.split(" ", 2)
    return Asked(method, target, _headers(head), body.decode())


def _written(reply: Reply) -> bytes:
    headers = {"Content-Length": str(len(reply.body)), "Request-Id": "req_1", **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Told\r\n{lines}\r\n".encode() + reply.body
