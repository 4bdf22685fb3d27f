"""The server process: uvicorn on its fastest loop and parser, and a garbage collector that is seldom in the way."""

import gc
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from litestar import Litestar

OBJECTS_BEFORE_A_LOOK = 20_000


class Server(uvicorn.Server):
    """At the end it waits for the answers that are under way. Those that go on for as long as somebody watches end
    first; it would wait for them for ever."""

    def __init__(self, config: uvicorn.Config, *, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._let_go()
        await super().shutdown(sockets)


def serve(app: Litestar, *, host: str, port: int, let_go: Callable[[], None] = lambda: None) -> None:
    """Serves the app until the process is told to end; `let_go` then ends what would go on for ever.

    What was imported and built by now stays for good, so the collector need not look at it again. Each request makes
    some thousand objects that are soon gone by themselves: by default it would look for cycles several times in each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK, 20, 50)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
    )
    server = Server(config, let_go=let_go)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)
