"""A small proxy in front of several servers, as an operator would have one.

It asks each server whether it is ready, hands each request to one that is, and where a connection is refused or cut,
asks another, unless the request may have been carried out and could be twice.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count

from attrs import define, field, frozen

LOOKS_EVERY_S = 0.1
PATIENCE_S = 30.0
SAFE_TWICE = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE"})
KEYS = frozenset({b"idempotency-key", b"stripe-signature"})
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
HEAD_ENDS = b"\r\n\r\n"


class Cut(Exception):
    """The connection was refused, or ended before the message did."""


@frozen
class Message:
    """A request or an answer: its first line, its headers, and its bytes."""

    line: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> "Message":
        """Raises Cut."""
        try:
            head = await reader.readuntil(HEAD_ENDS)
            line, *others = head.removesuffix(HEAD_ENDS).split(b"\r\n")
            parted = (other.partition(b":") for other in others)
            headers = {name.strip().lower(): value.strip() for name, _, value in parted}
            body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Cut from error
        return cls(line, headers, body)

    @property
    def is_safe_twice(self) -> bool:
        return self.line.split(b" ")[0] in SAFE_TWICE or not KEYS.isdisjoint(self.headers)

    def written(self) -> bytes:
        """For a connection of its own."""
        headers = {**self.headers, b"connection": b"close"}
        return b"\r\n".join([self.line, *(b": ".join(each) for each in headers.items()), b"", self.body])


@define
class Proxy:
    """The servers by their ports. `counts` tells how many requests were asked, asked again, and given up."""

    ports: tuple[int, ...]
    counts: Counter[str] = field(factory=Counter)
    _ready: set[int] = field(factory=set)
    _somebody: asyncio.Event = field(factory=asyncio.Event)
    _turns: "count[int]" = field(factory=count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of one connection."""
        with suppress(Cut, OSError):
            request = await Message.read(reader)
            writer.write(await self._answer(request))
            await writer.drain()
        writer.close()

    async def look(self) -> None:
        """Asks the servers for ever whether they are ready."""
        ready = Message(b"GET /ready HTTP/1.1", {b"host": b"fleet"}, b"")
        while True:
            for port in self.ports:
                try:
                    answer = await _asked(port, ready)
                except Cut:
                    self._mark(port, is_ready=False)
                else:
                    self._mark(port, is_ready=answer.line.split(b" ")[1] == b"200")
            await asyncio.sleep(LOOKS_EVERY_S)

    async def _answer(self, request: Message) -> bytes:
        self.counts["asked"] += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    port = await self._next()
                    try:
                        return (await _asked(port, request)).written()
                    except Cut:
                        self._mark(port, is_ready=False)
                        if not request.is_safe_twice:
                            break
                        self.counts["asked again"] += 1
        self.counts["given up"] += 1
        return BAD_GATEWAY

    def _mark(self, port: int, *, is_ready: bool) -> None:
        (self._ready.add if is_ready else self._ready.discard)(port)
        (self._somebody.set if self._ready else self._somebody.clear)()

    async def _next(self) -> int:
        """A server that is ready, each in its turn."""
        await self._somebody.wait()
        ready = sorted(self._ready)
        return ready[next(self._turns) % len(ready)]


async def _asked(port: int, request: Message) -> Message:
    """The answer of the server at that port. Raises Cut."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        raise Cut from error
    try:
        writer.write(request.written())
        return await Message.read(reader)
    finally:
        writer.close()


@asynccontextmanager
async def proxied(port: int, *ports: int) -> AsyncIterator[Proxy]:
    """A proxy that listens at the first port, in front of those that listen at the others."""
    proxy = Proxy(ports)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", port)
    looking = asyncio.create_task(proxy.look())
    try:
        yield proxy
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        server.close()
