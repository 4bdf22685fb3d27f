"""A server on a port of the loopback, as `billing-core serve` runs it, and pictures that are drawn stroke by stroke."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import uvicorn
from attrs import define, field, frozen

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.streams import Streams
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.serving import Server
from billing_core.entrypoints.settings import Settings
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Watch, unwatched
from billing_core.testing.images import PlainImages
from tests.shops.http import SETTINGS


@define
class Painter:
    """Paints one request at a time, as the test lets it: a stroke shows an unfinished picture, `finish` ends it, and
    `fail` ends it otherwise. Once it is `hurried`, it finishes all."""

    _orders: "asyncio.Queue[Exception | str]" = field(factory=asyncio.Queue)
    _is_hurried: bool = False

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        made = await PlainImages().generate(request)
        while not self._is_hurried:
            order = await self._orders.get()
            if isinstance(order, Exception):
                raise order
            if order == "finish":
                break
            await watch(made.pictures[0])
        return made

    def stroke(self) -> None:
        self._orders.put_nowait("stroke")

    def finish(self) -> None:
        self._orders.put_nowait("finish")

    def fail(self, error: Exception) -> None:
        self._orders.put_nowait(error)

    def hurry(self) -> None:
        self._is_hurried = True
        for _ in range(10):
            self.finish()


@frozen
class Served:
    """The server, and who talks to it; what they do at last is pushed to `leaving`."""

    client: httpx.AsyncClient
    opened: Opened
    streams: Streams
    settings: Settings
    server: uvicorn.Server
    leaving: AsyncExitStack

    def bearer(self, account: str = "ann") -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.settings, account)}"}

    async def ask(self, method: str, path: str, account: str = "ann", **more: object) -> httpx.Response:
        """A request below `/api/v1`."""
        return await self.client.request(method, f"/api/v1{path}", headers=self.bearer(account), **more)  # type: ignore[arg-type]

    def stop(self) -> None:
        """As a signal does."""
        self.server.should_exit = True


@asynccontextmanager
async def served(
    settings: Settings = SETTINGS, *, images: ImageGenerator, streams: Streams | None = None
) -> AsyncIterator[Served]:
    streams = streams or Streams()
    app = build_app(settings, lambda: running(settings, Parts(images=images)), streams=streams)
    opened = app.state.opened
    server = Server(uvicorn.Config(app, log_level="error", lifespan="on"), let_go=opened.let_go)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who comes before it serves waits in the queue
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=base) as client, AsyncExitStack() as leaving:
                yield Served(client, opened, streams, settings, server, leaving)
        finally:
            server.should_exit = True
            await serving
