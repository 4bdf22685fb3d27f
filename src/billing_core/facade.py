"""The whole product in one object, for developers who embed it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from attrs import frozen
from litestar import Litestar

from billing_core.application.accepting import Asked
from billing_core.application.adjusting import Adjusted
from billing_core.application.checking_out import CheckoutStarted, Customer, Return
from billing_core.application.explaining import BalanceExplained
from billing_core.application.receiving import Received
from billing_core.application.spending import HOLD_FOR, HoldPlaced
from billing_core.application.subscribing import PlanOrder
from billing_core.application.viewing import CreditsView, SubscriptionView
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.entitlements import Entitlements, entitlements
from billing_core.domain.errors import HoldLapsed
from billing_core.domain.generation import Generation, Image
from billing_core.entrypoints.lifespan import Parts, running, working
from billing_core.entrypoints.settings import Settings, from_environment, with_secrets
from billing_core.entrypoints.simulated import Simulation
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.images import ImageGenerator
from billing_core.ports.webhooks import Webhooks

DEFAULTS = Wish()


class NotSimulated(RuntimeError):
    """Only a simulated Stripe can be paid with a test card, or moved in time."""


@frozen
class Billing:
    """Accounts, credits, subscriptions and pictures, by account id (any string to 255 characters).

    Errors are those of `billing_core.domain.errors`: a denial carries what was required, what there is, and what to
    do about it. Everything that changes is durable when the call returns.
    """

    use_cases: UseCases

    @staticmethod
    @asynccontextmanager
    async def open(
        url: str = "memory://",
        *,
        catalog: str | None = None,
        gateway: PaymentGateway | None = None,
        webhooks: Webhooks | None = None,
        images: ImageGenerator | None = None,
        clock: Clock | None = None,
        jobs: bool = True,
    ) -> "AsyncIterator[Billing]":
        """Opens the books at `sqlite:///path` (made and migrated where needed) or, for a test, at `memory://`.

        Or at `postgresql://…`, after `billing-core db upgrade`, with BILLING_JWT_SECRET as every process there has it.
        `catalog` is the path of a TOML file; the built-in three tiers otherwise. The gateway is simulated and the
        pictures are drawn, where none is given; `webhooks` reads what a gateway of your own sends. Without `jobs` they
        are left to workers, which takes PostgreSQL.
        """
        secret = os.environ.get("BILLING_JWT_SECRET", "")
        settings = with_secrets(Settings(database_url=url, catalog=catalog, jwt_secret=secret))
        parts = Parts(gateway=gateway, webhooks=webhooks, images=images, clock=clock)
        async with running(settings, parts, jobs=jobs) as use_cases:
            yield Billing(use_cases)

    @staticmethod
    @asynccontextmanager
    async def from_environment(
        *, images: ImageGenerator | None = None, clock: Clock | None = None, jobs: bool = True
    ) -> "AsyncIterator[Billing]":
        """Opens what the environment names: the books and, with STRIPE_SECRET_KEY, Stripe (docs/stripe.md).

        Raises SettingsError where something is missing or of another mode.
        """
        parts = Parts(images=images, clock=clock)
        async with running(with_secrets(from_environment()), parts, jobs=jobs) as use_cases:
            yield Billing(use_cases)

    @staticmethod
    @asynccontextmanager
    async def behind(app: Litestar) -> "AsyncIterator[Billing]":
        """Opens what is behind an app of `create_app`, for another app that mounts it and has routes of its own."""
        async with app.lifespan():
            yield Billing(app.state.opened.use_cases)

    @staticmethod
    async def work(stop: asyncio.Event, *, images: ImageGenerator | None = None, clock: Clock | None = None) -> None:
        """Runs the jobs of the books that the environment names, as `billing-core worker` does, until `stop` is set
        and what is under way is done. Raises SettingsError where the books are not on PostgreSQL."""
        await working(with_secrets(from_environment()), Parts(images=images, clock=clock), stop=stop)

    async def account(self, account_id: str) -> AccountAt:
        """The account as it is now: its book, its subscriptions, its plan in force."""
        return await self.use_cases.viewing(account_id)

    async def subscription(self, account_id: str) -> SubscriptionView:
        """The plan, how it is paid, and what is left."""
        return await self.use_cases.viewing.subscription(account_id)

    async def credits(self, account_id: str) -> CreditsView:
        """What is available, held and owed."""
        return await self.use_cases.viewing.credits(account_id)

    async def entitlements(self, account_id: str) -> Entitlements:
        """What the account may do now."""
        return entitlements(await self.account(account_id))

    @asynccontextmanager
    async def spend(
        self, account_id: str, *, credits: int, reason: str, ttl: timedelta = HOLD_FOR
    ) -> AsyncIterator[HoldPlaced]:
        """Holds credits while the block works: captured on the way out, released if it raises.

        Raises InsufficientCredits, AccountSuspended, TooManyConcurrent, InvalidValue; HoldLapsed where the block took
        longer than `ttl`.
        """
        hold = await self.use_cases.holding(account_id, credits, reason=reason, ttl=ttl)
        try:
            yield hold
        except BaseException:
            with suppress(HoldLapsed):
                await self.use_cases.releasing(account_id, hold.id)
            raise
        await self.use_cases.capturing(account_id, hold.id)

    async def grant(
        self, account_id: str, credits: int, *, reason: str, expires_at: datetime | None = None
    ) -> Adjusted:
        """Gives credits, or (below zero) takes at most what is available. Raises InvalidValue."""
        return await self.use_cases.adjusting(account_id, credits, reason=reason, expires_at=expires_at)

    async def checkout(
        self,
        account_id: str,
        *,
        tier: str | None = None,
        pack: str | None = None,
        email: str = "",
        name: str = "",
        interval: Interval = Interval.MONTH,
        currency: str = "usd",
        success_url: str = "http://localhost/success",
        cancel_url: str = "http://localhost/cancel",
    ) -> CheckoutStarted:
        """Opens a hosted checkout for a plan or a pack. Raises AlreadySubscribed, CurrencyLocked, UnknownPlan, …"""
        customer = Customer(account_id=account_id, email=email, name=name)
        back = Return(success_url=success_url, cancel_url=cancel_url)
        if (tier is None) == (pack is None):
            raise ValueError("a checkout is for a tier or for a pack")
        if pack is not None:
            return await self.use_cases.buying(customer, pack, currency, back)
        order = PlanOrder(tier=tier or "", interval=interval, currency=currency)
        return await self.use_cases.subscribing(customer, order, back)

    async def generate(
        self, account_id: str, prompt: str, wish: Wish = DEFAULTS, *, wait: timedelta | None = None
    ) -> Generation:
        """Accepts a generation and returns it queued; with `wait`, once it has ended, or as it is after so long.

        What the wish leaves out is the plan's default. Raises every denial of admission, InsufficientCredits,
        InvalidValue.
        """
        accepted = await self.use_cases.accepting(account_id, Asked(prompt=prompt, wish=wish))
        return accepted if wait is None else await self.use_cases.watching.ended(accepted, within=wait)

    async def generation(self, account_id: str, generation_id: str) -> Generation | None:
        """The generation as it is now, with its pictures."""
        return await self.use_cases.generations.get(account_id, generation_id)

    async def picture(self, image: Image) -> bytes:
        """The bytes of a generation's picture, in its `format`. Raises ImageNotFound where they are gone."""
        return await self.use_cases.showing.content(image)

    async def explain(self, account_id: str, *, moment: datetime | None = None) -> BalanceExplained:
        """Why the balance is, or was at a moment of the past, what it is: in sentences, grant by grant."""
        return await self.use_cases.explaining(account_id, moment=moment)

    async def handle_webhook(self, body: bytes, signature: str) -> Received:
        """Takes in what the gateway sent, once. Raises BadSignature; Unavailable where it could not be stored."""
        return await self.use_cases.receiving(body, signature)

    @property
    def simulation(self) -> Simulation:
        """Paying with test cards and moving the clock. Raises NotSimulated where real money is taken."""
        if self.use_cases.simulation is None:
            raise NotSimulated("the gateway is not simulated")
        return self.use_cases.simulation
