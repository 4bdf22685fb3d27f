"""Just enough HTTP/1.1 over asyncio to answer honestly, and to break an answer at any byte."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress

from attrs import field, frozen

CHUNK = 64 * 1024


@frozen(kw_only=True)
class Call:
    """A request as it came. `number` counts the server's calls of this kind from 1. Header names are lower-case."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)

    @property
    def body(self) -> dict[str, object]:
        """What the JSON says; empty where there is none."""
        found = json.loads(self.content) if self.content else {}
        assert isinstance(found, dict)
        return found

    @property
    def prompt(self) -> str:
        return str(self.body.get("prompt", ""))


class Hung(Exception):
    """The other side has gone."""


@frozen
class Answer:
    """The way back to who asked."""

    _writer: asyncio.StreamWriter
    _reader: asyncio.StreamReader
    _stays: bool = False

    async def json(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        await self.whole(status, json.dumps(content).encode(), {"content-type": "application/json", **(headers or {})})

    async def whole(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        await self.begin(status, {"content-length": str(len(content)), **(headers or {})})
        for at in range(0, len(content), CHUNK):
            await self.send(content[at : at + CHUNK])

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The status and the headers. Without a content-length, the answer ends with its connection."""
        connection = "keep-alive" if self._stays else "close"
        lines = [
            f"HTTP/1.1 {status} Said",
            f"connection: {connection}",
            *(f"{key}: {value}" for key, value in headers.items()),
        ]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def event(self, content: object) -> None:
        """One event of a stream."""
        await self.send(f"data: {json.dumps(content)}\n\n".encode())

    async def send(self, content: bytes) -> None:
        """Raises Hung where nobody listens any more."""
        self._writer.write(content)
        try:
            await self._writer.drain()
        except OSError:
            raise Hung from None

    async def wait(self, seconds: float) -> None:
        """Takes its time. Raises Hung as soon as the other side goes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read()
            raise Hung

    def cut(self) -> None:
        """Breaks the connection off, here and now."""
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def read_call(reader: asyncio.StreamReader) -> Call | None:
    """The request, or None from somebody who went before it was whole."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, OSError):
        return None
    method, path, _ = first.split(" ")
    return Call(number=0, method=method, path=path, headers=headers, content=content)
