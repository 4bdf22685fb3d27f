"""A provider of pictures shaped like OpenAI's, of our own, over real HTTP on the loopback.

    server = ImageServer()
    async with server.on_loopback() as base:          # "http://127.0.0.1:PORT/v1", for a base_url
        server.then("rate_limited", "disconnect")     # how the next two calls end; after them all is well
        server.always("slow")                         # how all others end, until `always("well")`
        ...
        server.calls[0].body["size"], server.prompts

The names of the ways are those of `tests.provider.modes.MODES`. A prompt that says `[mode:NAME]` chooses for itself.
`Chaos` chooses by a seed and by the request, never by the clock or the order, so that a run can be repeated; the
same request sent again gets the next of its own fates. `served_in_thread` serves from a thread, for callers who block
their loop or have none.
"""

import asyncio
import random
import re
import socket
import ssl
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import sha256

from attrs import define, evolve, field, frozen

from tests.closing import close
from tests.provider.handing_out import hand_out
from tests.provider.modes import MODES
from tests.provider.wire import Answer, Call, Hung, read_call

CHOSEN = re.compile(r"\[mode:(\w+)\]")


@frozen
class Chaos:
    """How often each way is taken, by weight; `well` among them. The seed and the request decide."""

    seed: int
    weights: Mapping[str, float]

    def fate(self, call: Call, again: int) -> str:
        """The way for a request that came `again` times before."""
        chance = random.Random(sha256(f"{self.seed}/{again}/".encode() + call.content).digest())
        return chance.choices(tuple(self.weights), tuple(self.weights.values()))[0]


@define
class ImageServer:
    """Answers `POST …/images/generations` and `GET …/models`, and hands out what its URLs name.

    `calls` are the requests for pictures in the order they came; `made` how often each way was taken; `at_work` how
    many are being answered, `most_at_work` the most at once. `models` is what the list of models says, by name, each
    with its shutdown date or None (`models_as` how it is answered: `bare` for a list by itself, or one of the ways),
    `listed` how often it was asked for. `key`, where set, is the only one that is let in. `host` is what its URLs for
    pictures name, `keeps_alive` whether a connection may carry a second request, `connections` how many there were,
    `tls` its certificate where it speaks https, `most` how many pictures it makes in one call.
    """

    slow_s: float = 1.0
    partials: int = 2
    most: int = 10
    key: str | None = None
    models: dict[str, str | None] = field(factory=dict)
    models_as: str = "well"
    chaos: Chaos | None = None
    calls: list[Call] = field(factory=list)
    downloads: list[Call] = field(factory=list)
    made: Counter[str] = field(factory=Counter)
    listed: int = 0
    keeps_alive: bool = False
    connections: int = 0
    host: str | None = None
    tls: ssl.SSLContext | None = None
    at_work: int = 0
    most_at_work: int = 0
    _port: int = 0
    _next: deque[str] = field(factory=deque)
    _always: str = "well"
    _shelf: dict[str, tuple[bytes, str, str]] = field(factory=dict)
    _seen: Counter[bytes] = field(factory=Counter)
    _moved: asyncio.Event = field(factory=asyncio.Event)

    def then(self, *names: str) -> None:
        """How the next calls end, one name each."""
        self._next.extend(_known(name) for name in names)

    def always(self, name: str) -> None:
        """How every call ends for which nothing else was said."""
        self._always = _known(name)

    @property
    def prompts(self) -> list[str]:
        return [call.prompt for call in self.calls]

    @property
    def port(self) -> int:
        """Its port on the loopback while it is served."""
        return self._port

    @property
    def base(self) -> str:
        """Its base URL while it is served."""
        return f"http://127.0.0.1:{self._port}/v1"

    def shelve(self, content: bytes, kind: str, behave: str = "well") -> str:
        name = f"{len(self._shelf) + 1}"
        self._shelf[name] = (content, kind, behave)
        return f"http://{self.host or f'127.0.0.1:{self._port}'}/pictures/{name}"

    async def until_at_work(self, calls: int) -> None:
        """Returns once this many calls are being answered."""
        while self.at_work != calls:
            self._moved.clear()
            await self._moved.wait()

    @asynccontextmanager
    async def on_loopback(self) -> AsyncIterator[str]:
        """Serves while the block lasts. What is still being answered then is cut off."""
        talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talks[task] = writer
            try:
                with suppress(asyncio.CancelledError):  # asyncio would shout
                    await self._talk(reader, Answer(writer, reader, self.keeps_alive))
            finally:
                del talks[task]

        with socket.create_server(("127.0.0.1", self._port)) as listening:
            self._port = listening.getsockname()[1]
            server = await asyncio.start_server(talk, sock=listening, ssl=self.tls)
            try:
                yield self.base
            finally:
                await close(server)
                for task, writer in talks.items():
                    writer.transport.abort()
                    task.cancel()
                await asyncio.gather(*talks)
                await asyncio.sleep(0)  # what was aborted closes in the loop's next round

    async def _talk(self, reader: asyncio.StreamReader, answer: Answer) -> None:
        self.connections += 1
        try:
            while (call := await read_call(reader)) is not None:
                await self._answer(call, answer)
                if not self.keeps_alive:
                    break
        except (Hung, asyncio.CancelledError):
            answer.cut()
        finally:
            await answer.close()

    async def _answer(self, call: Call, answer: Answer) -> None:
        where = call.path.partition("?")[0]
        if where.startswith("/pictures/"):
            self.downloads.append(evolve(call, number=len(self.downloads) + 1))
            await hand_out(self._shelf.get(where.removeprefix("/pictures/")), answer, self.slow_s, self.downloads)
        elif self.key is not None and call.headers.get("authorization") != f"Bearer {self.key}":
            await MODES["bad_key_401"](call, answer, self)
        elif where.endswith("/images/generations"):
            await self._make(evolve(call, number=len(self.calls) + 1), answer)
        elif where.endswith("/models"):
            await self._list(call, answer)
        else:
            await answer.json(404, {"error": {"message": f"Unknown request URL: {where}"}})

    async def _make(self, call: Call, answer: Answer) -> None:
        self.calls.append(call)
        name = self._way(call)
        self.made[name] += 1
        self.at_work += 1
        self._moved.set()
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await MODES[name](call, answer, self)
        finally:
            self.at_work -= 1
            self._moved.set()

    def _way(self, call: Call) -> str:
        if chosen := CHOSEN.search(call.prompt):
            return _known(chosen[1])
        if self._next:
            return self._next.popleft()
        if self.chaos is not None:
            again = self._seen[call.content]
            self._seen[call.content] += 1
            return _known(self.chaos.fate(call, again))
        return self._always

    async def _list(self, call: Call, answer: Answer) -> None:
        self.listed += 1
        if self.models_as not in {"well", "bare"}:
            await MODES[self.models_as](call, answer, self)
            return
        found = [{"id": name, "object": "model", "shutdown_date": date} for name, date in self.models.items()]
        await answer.json(200, found if self.models_as == "bare" else {"object": "list", "data": found})


def _known(name: str) -> str:
    assert name in MODES, f"there is no way called {name}"
    return name


@contextmanager
def served_in_thread(server: ImageServer) -> Iterator[str]:
    """Serves from a thread with a loop of its own while the block lasts."""
    ready, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with server.on_loopback():
            loops.append(asyncio.get_running_loop())
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server.base
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()
