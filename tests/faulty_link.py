"""A link to PostgreSQL that fails when it is told to: a small TCP proxy on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit

from attrs import define, field

from tests.closing import close

COMMIT = b"COMMIT\0"
CHUNK = 65_536


class Fault(Enum):
    """What happens to the next commit; both cuts happen once, a stall lasts until the link is healed."""

    CUT_BEFORE = auto()  # the server never hears of it
    CUT_AFTER = auto()  # the server has committed, and its answer is lost
    STALL_BEFORE = auto()  # it is on its way for ever, and so is everything after it
    STALL_AFTER = auto()  # the server has committed, its answer is on its way for ever


@define
class FaultyLink:
    """Forwards bytes between clients and the server at the port."""

    server_port: int
    fault: Fault | None = None
    was_cut: asyncio.Event = field(factory=asyncio.Event, init=False)
    _open: asyncio.Event = field(factory=asyncio.Event, init=False)
    _refusing: bool = field(default=False, init=False)
    _writers: set[asyncio.StreamWriter] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._open.set()

    def stall(self) -> None:
        """Nothing gets through any more, in either direction; connections are taken and stay silent."""
        self._open.clear()

    def cut(self) -> None:
        """Ends every connection, and lets none in."""
        self._refusing = True
        self._drop()

    def heal(self) -> None:
        """Connections that were cut stay so; new ones work."""
        self.fault, self._refusing = None, False
        self._open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._refusing:
                return
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
            self._writers.add(to_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, to_writer, before=True))
                group.create_task(self._pump(to_reader, writer, before=False))
        except* OSError:
            pass
        finally:
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, before: bool) -> None:
        try:
            while chunk := await source.read(CHUNK):
                if COMMIT in chunk:
                    self._fail(before=before)
                await self._open.wait()
                target.write(chunk)
                await target.drain()
        finally:
            target.transport.abort()

    def _fail(self, *, before: bool) -> None:
        """A commit passes: the client's wish, or the server's answer to it."""
        match self.fault, before:
            case (Fault.CUT_BEFORE, True) | (Fault.CUT_AFTER, False):
                self.fault = None
                self.was_cut.set()
                self._drop()
                raise ConnectionAbortedError
            case (Fault.STALL_BEFORE, True) | (Fault.STALL_AFTER, False):
                self.stall()
            case _:
                pass

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@asynccontextmanager
async def faulty_link(url: str) -> AsyncIterator[tuple[FaultyLink, str]]:
    """A link to the database of the URL, and the URL by which one gets there through it."""
    parts = urlsplit(url)
    assert parts.port is not None
    link = FaultyLink(parts.port)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield link, url.replace(f":{parts.port}/", f":{port}/")
    finally:
        await close(server)
        link.cut()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
