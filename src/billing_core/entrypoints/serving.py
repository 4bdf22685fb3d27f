"""The server process: uvicorn on its fastest loop and parser, and a garbage collector that is seldom in the way."""

import gc

import uvicorn
from litestar import Litestar

OBJECTS_BEFORE_A_LOOK = 20_000


def serve(app: Litestar, *, host: str, port: int) -> None:
    """Serves the app until the process is told to end.

    What was imported and built by now stays for good, so the collector need not look at it again. Each request makes
    some thousand objects that are soon gone by themselves: by default it would look for cycles several times in each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_A_LOOK, 20, 50)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
    )
