"""The archive of Stripe keeps the promises of its port, and asks nothing that Stripe does not document."""

from datetime import datetime

import pytest

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.archive import StripeArchive
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.archive import Archive
from billing_core.ports.clock import Clock
from billing_core.ports.facts import InvoicePaid, NotUnderstood
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.testing.contracts.archive import LONG_AGO, ArchiveContract, all_of
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import GOOD, SECRET, Receiver, SetClock
from tests.stripe.gateway import an_api, stripe_gateway
from tests.stripe.spec import Checked


class TestStripeArchive(ArchiveContract):
    @pytest.fixture
    def clock(self) -> SetClock:
        return SetClock()

    @pytest.fixture
    def stripe(self, clock: SetClock) -> SimulatedStripe:
        return SimulatedStripe(lambda: SHOP, clock, SECRET, "http://shop.test", Receiver())

    @pytest.fixture
    def gateway(self, stripe: SimulatedStripe, clock: SetClock) -> PaymentGateway:
        self._stripe, self._clock = stripe, clock
        return stripe_gateway(stripe.answer)

    @pytest.fixture
    def archive(self, gateway: PaymentGateway) -> Archive:
        api = an_api(Checked(self._stripe.answer))
        return StripeArchive(api, PriceBook(api))

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        await self._stripe.pay(session.id, GOOD)
        return (await self._stripe.state()).sessions[session.id].subscription_id

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        self._clock.at = to
        await self._stripe.advance()

    async def dispute(self, gateway: PaymentGateway, payment: str) -> None:
        await self._stripe.bank.dispute(payment)

    async def test_every_event_is_understood(self, archive: Archive, gateway: PaymentGateway, clock: Clock) -> None:
        await self.subscribe(gateway)
        api = an_api(self._stripe.answer)
        prices = PriceBook(api)
        await prices.load()
        webhooks = StripeWebhooks([SECRET], prices)

        facts = [webhooks.retranslate(body).fact for body in await all_of(archive.events(since=LONG_AGO))]

        assert [] == [fact for fact in facts if isinstance(fact, NotUnderstood)]
        assert any(isinstance(fact, InvoicePaid) for fact in facts)
