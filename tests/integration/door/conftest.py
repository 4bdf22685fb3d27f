"""The server, open or with payments switched off."""

from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.shops.http import SETTINGS, Shop, app_of, usual_app


@pytest.fixture(scope="session")
def open_app() -> Litestar:
    """The app of most tests. To build it takes half a second; with each client it opens new books."""
    return usual_app()


@pytest.fixture
async def shop(open_app: Litestar) -> AsyncIterator[Shop]:
    async with AsyncTestClient(open_app) as client:
        yield Shop(client)


@pytest.fixture
async def closed_shop() -> AsyncIterator[Shop]:
    """A shop whose operator has switched payments off."""
    settings = evolve(SETTINGS, payments_enabled=False)
    async with AsyncTestClient(app_of(settings)) as client:
        yield Shop(client, settings)
