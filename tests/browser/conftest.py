"""A real Chromium before a real server on a port of the loopback, with the simulated Stripe behind it."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from attrs import evolve
from playwright.async_api import Browser, async_playwright

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.serving import Server
from billing_core.entrypoints.settings import Settings
from tests.browser.hands import Site
from tests.shops.http import SETTINGS

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is on the path")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[str]:
    """The address of a server that runs in this process."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        at_port = evolve(settings, port=port)
        app = build_app(
            at_port, lambda: running(at_port, webhook_url=f"{at_port.base_url}/api/v1/subscriptions/webhook")
        )
        server = Server(uvicorn.Config(app, log_level="error", lifespan="on"), let_go=app.state.opened.let_go)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield at_port.base_url
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def site(browser: Browser) -> AsyncIterator[Site]:
    """A fresh server, and a window that nobody is signed in at."""
    async with serving(SETTINGS) as base:
        context = await browser.new_context(base_url=base)
        context.set_default_timeout(15_000)
        yield Site(browser, base, await context.new_page(), SETTINGS)
        await context.close()
