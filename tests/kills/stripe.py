"""A Stripe over HTTP that kills whoever asks: once a change is made there, and before anybody hears of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from attrs import define, field

from billing_core.adapters.simulated.rest.app import Message, Receive, Send, StripeApp
from billing_core.adapters.simulated.server import SimulatedStripe
from billing_core.adapters.system import SystemClock
from tests.stripe.on_loopback import served

SECRET = "whsec_of_the_kills"
KEY = "sk_test_of_the_kills"
CHANGES = frozenset({"POST", "DELETE"})
CHANGE_NOTHING = frozenset({"/v1/invoices/create_preview"})


async def nobody() -> None:
    """Kills nobody."""


@define
class DeadlyStripe:
    """Answers as Stripe. Armed with a number, it makes that many changes, and kills in place of telling of the last."""

    app: StripeApp
    kill: Callable[[], Awaitable[None]] = nobody
    killed_at: list[str] = field(factory=list)
    _left: int = 0

    def arm(self, after: int, kill: Callable[[], Awaitable[None]]) -> None:
        self._left, self.kill = after, kill

    def disarm(self) -> None:
        self._left = 0

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        told: list[Message] = []

        async def keep(message: Message) -> None:
            told.append(message)

        await self.app(scope, receive, keep)
        if scope["method"] in CHANGES and scope["path"] not in CHANGE_NOTHING and self._left:
            self._left -= 1
            if self._left == 0:
                self.killed_at.append(f"{scope['method']} {scope['path']}")
                await self.kill()
                return
        for message in told:
            await send(message)


@define
class Town:
    """The simulated Stripe behind its deadly door, and where it posts its webhooks."""

    door: DeadlyStripe
    stripe: SimulatedStripe
    base: str


@asynccontextmanager
async def deadly_stripe(webhook_url: str) -> AsyncIterator[Town]:
    """One with an empty shelf, on the loopback."""
    async with httpx.AsyncClient(timeout=20) as http:

        async def deliver(body: bytes, signature: str) -> int:
            return (await http.post(webhook_url, content=body, headers={"Stripe-Signature": signature})).status_code

        stripe = SimulatedStripe(None, SystemClock(), SECRET, "http://stripe.test", deliver)
        door = DeadlyStripe(StripeApp(stripe))
        async with served(door) as base:
            yield Town(door=door, stripe=stripe, base=base)
