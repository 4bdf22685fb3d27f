"""`/metrics` of a process that serves nothing else: a worker."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

import uvicorn
from litestar import Litestar
from litestar.datastructures import State

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.http.answered import Answered
from billing_core.entrypoints.http.answering import answering
from billing_core.entrypoints.http.door import guarded
from billing_core.entrypoints.http.metrics import Looking, Metrics
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.use_cases import UseCases


class Beside(uvicorn.Server):
    """Leaves signals to the worker that it stands beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def metrics_served(settings: Settings, use_cases: UseCases) -> AsyncIterator[None]:
    """Serves them at the port that the settings name, if they name one. Raises SettingsError where it is taken."""
    port = settings.sight.metrics_port
    if port is None:
        yield
        return
    try:
        listening = socket.create_server((settings.host, port))
    except OSError as error:
        raise SettingsError(f"BILLING_METRICS_PORT {port} cannot be listened at: {error.strerror}") from error
    config = uvicorn.Config(_app(settings, use_cases), lifespan="on", access_log=False, log_config=None)
    with listening:
        server = Beside(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


def _app(settings: Settings, use_cases: UseCases) -> Litestar:
    opened = Opened(lambda: nullcontext(use_cases))
    app = Litestar(
        [Metrics],
        lifespan=[opened.lifespan],
        exception_handlers={Exception: answering(use_cases.clock.now)},
        openapi_config=None,
        state=State({"settings": settings, "looking": Looking(opened), "answered": Answered()}),
        logging_config=None,
    )
    app.asgi_handler = guarded(app.asgi_handler)
    return app
