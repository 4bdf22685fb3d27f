"""Walking a seed: a server that sells one of the example catalogs, and what Stripe tells of its customer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient

from billing_core.adapters.stripe.api import any_key
from billing_core.domain.incidents import IncidentKind
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.auth import Tokens
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.simulated import SentWebhook, Simulation
from billing_core.testing.images import PlainImages
from tests.shops.http import SETTINGS, Shop
from tests.shops.visitor import Visitor
from tests.stripe.gateway import an_api
from tests.stripe.samples import sign

CATALOGS = Path(__file__).parents[2] / "examples" / "catalogs"
WEBHOOK = "/api/v1/subscriptions/webhook"
ASKS_THE_BANK = "4000 0025 0000 3155"
DECLINED = "4000 0000 0000 9995"
FAILS_LATER = "4000 0000 0000 0341"
PAINTER = PlainImages()
OUR_MISTAKES = {
    *(IncidentKind.WEBHOOK_FAILED, IncidentKind.WEBHOOK_DEAD, IncidentKind.UNKNOWN_PRICE),
    *(IncidentKind.JOB_FAILED, IncidentKind.ACCRUAL_FAILED, IncidentKind.DRIFT),
    *(IncidentKind.PAID_WITHOUT_GRANT, IncidentKind.LIVE_WITHOUT_ACCESS),
    *(IncidentKind.HOLD_PAST_DEADLINE, IncidentKind.HOLD_WITHOUT_END),
}
"""Incidents that no walk may leave behind: something did not hold, or was not done."""


@frozen
class Walk(Shop):
    """Ann at a shop that sells one catalog. `PAINTER` makes its pictures."""

    looked_at: set[str] = field(factory=set)

    def bearer(self, account: str, *, admin: bool = False) -> dict[str, str]:
        """The account's token, which says its name and where it gets its mail."""
        made = Tokens(self.settings).make(account, admin=admin, name=account.title(), email=f"{account}@shop.example")
        return {"Authorization": f"Bearer {made}"}

    @property
    def simulation(self) -> Simulation:
        simulation: Simulation = self.client.app.state.opened.use_cases.simulation
        return simulation

    async def days(self, days: int) -> None:
        """Lets days pass, with all that falls due in them."""
        answer = await self.client.post("/dev/clock", json={"days": days})
        assert answer.status_code == 200, answer.text

    async def renewal(self) -> None:
        """Lets Ann's period end, and one day more pass."""
        left: int = (await self.get("/subscriptions"))["days_remaining"]
        await self.days(left + 1)

    async def card(self, card: str, account: str = "ann") -> None:
        """Gives the account's customer another card."""
        answer = await self.client.post("/dev/card", json={"account": account, "card": card})
        assert answer.status_code == 200, answer.text

    async def checkout(self, path: str, account: str = "ann", **body: Any) -> str:
        """The session of a checkout that could be opened."""
        answer = await self.ask("POST", path, account, json=body)
        assert answer.status_code == 201, answer.text
        session_id: str = answer.json()["session_id"]
        return session_id

    async def available(self, account: str = "ann") -> int:
        """The credits that the account can spend."""
        available: int = (await self.get("/credits", account))["available"]
        return available

    async def visitor(self, account: str = "ann") -> Visitor:
        """The account at the pages, signed in."""
        visitor = Visitor(self)
        await visitor.sign_in(account)
        return visitor

    async def by_hand(self, path: str, **params: Any) -> Any:
        """The merchant makes something in Stripe's dashboard."""
        stripe: Any = self.simulation
        return await an_api(stripe.hands.answer).post(path, key=any_key(), **params)

    async def news(self) -> list[str]:
        """The events about accounts that were taken in since the last look, oldest first."""
        answer = await self.ask("GET", "/admin/webhook-events?status=processed&limit=100", "root", admin=True)
        assert answer.status_code == 200, answer.text
        fresh = [each for each in reversed(answer.json()["data"]) if each["event"] not in self.looked_at]
        self.looked_at.update(each["event"] for each in fresh)
        return [each["type"] for each in fresh if each["account"] is not None]

    async def hold(self) -> None:
        """Holds webhooks back, so that they can be told one by one with `tell`."""
        await self.simulation.settle()
        self.simulation.hold()

    async def held(self) -> Sequence[SentWebhook]:
        """The webhooks that wait, oldest first."""
        return [each for each in reversed(await self.simulation.webhooks()) if each.next_at is not None]

    async def tell(self, webhook: SentWebhook) -> Response:
        """Brings one webhook to the door, as Stripe would, and lets what comes of it be done."""
        body = webhook.body.encode()
        now = self.client.app.state.opened.use_cases.clock.now()
        headers = {"Stripe-Signature": sign(body, self.settings.webhook_secrets[0], now)}
        answer = await self.client.post(WEBHOOK, content=body, headers=headers)
        await self.simulation.settle()
        return answer


@asynccontextmanager
async def walking(catalog: str) -> AsyncIterator[Walk]:
    """New books of a shop that sells `examples/catalogs/<catalog>.toml`. No walk leaves a mistake of ours behind."""
    PAINTER.work()
    PAINTER.requests.clear()
    async with AsyncTestClient(app_selling(catalog)) as client:
        walk = Walk(client)
        yield walk
        incidents = await walk.get("/admin/incidents?limit=100", "root", admin=True)
        assert set() == OUR_MISTAKES & {IncidentKind(each["kind"]) for each in incidents["data"]}


@cache
def app_selling(catalog: str) -> Litestar:
    """To build an app takes a second, so all walks through a catalog share one; with each client it opens new books."""
    settings = evolve(SETTINGS, catalog=str(CATALOGS / f"{catalog}.toml"))
    return build_app(settings, lambda: running(settings, Parts(images=PAINTER)))
