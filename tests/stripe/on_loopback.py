"""The simulated Stripe behind real HTTP, on a port of the loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn

from billing_core.adapters.simulated.rest.app import StripeApp
from billing_core.adapters.simulated.server import SimulatedStripe


@asynccontextmanager
async def on_loopback(stripe: SimulatedStripe) -> AsyncIterator[str]:
    """The base of its URLs, as STRIPE_API_BASE would name it."""
    async with served(StripeApp(stripe)) as base:
        yield base


@asynccontextmanager
async def served(app: Callable[..., Awaitable[None]]) -> AsyncIterator[str]:
    """The base of the application's URLs."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who comes before it serves waits in the queue
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
