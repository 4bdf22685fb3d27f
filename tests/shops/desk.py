"""An operator at the admin API of a shop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from attrs import define, field
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.lifespan import use_cases_of
from billing_core.entrypoints.use_cases import UseCases
from tests.shops.http import SETTINGS
from tests.shops.use_case import Shop

PATH = "/api/v1/admin/incidents"


@define
class Door:
    """One app for every desk, since to build it takes half a second; it opens onto the shop that asks."""

    shop: Shop
    app: Litestar = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.app = build_app(SETTINGS, self._opening)

    @asynccontextmanager
    async def _opening(self) -> AsyncIterator[UseCases]:
        yield use_cases_of(await self.shop.serving(), None)


@cache
def the_door() -> Door:
    return Door(Shop())


@define
class Desk:
    """Asks over HTTP, of the product as it is wired at that moment."""

    shop: Shop

    async def ask(self, method: str, path: str, account: str = "olga", *, admin: bool = True, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {token(SETTINGS, account, admin=admin)}"}
        door = the_door()
        door.shop = self.shop
        async with AsyncTestClient(door.app) as client:
            return await client.request(method, path, headers=headers, **more)

    async def listed(self, **wanted: Any) -> Any:
        answer = await self.ask("GET", PATH, params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def resolve(self, incident: Any, action: str, **more: Any) -> Response:
        told = {"action": action, "note": "looked into", **more}
        return await self.ask("POST", f"{PATH}/{incident['id']}/resolve", json=told)
