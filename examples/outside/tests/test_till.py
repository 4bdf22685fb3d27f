"""Till's adapter keeps the promises of its ports, and the whole product runs on it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from till import Till, TillGateway, TillWebhooks, signature_of, tariffs_of

from billing_core import Billing
from billing_core.adapters.system import FixedClock
from billing_core.ports.gateway import CheckoutSession, PaymentGateway
from billing_core.ports.webhooks import Webhooks
from billing_core.testing.contracts import PaymentGatewayContract, WebhooksContract
from billing_core.testing.contracts.gateway import SHOP, Card
from billing_core.testing.contracts.webhooks import Signed

SECRET = "what Till and we both know"
START = datetime.fromisoformat("2026-01-15T12:00:00+00:00")


class TestTillGateway(PaymentGatewayContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock(START)

    @pytest.fixture
    def gateway(self, clock: FixedClock) -> PaymentGateway:
        self.clock_of_till = clock
        self.till = Till(tariffs_of(SHOP.current), clock)
        return TillGateway(self.till)

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        contract = self.till.pay(session.id)
        return contract.id if contract else None

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        self.clock_of_till.set(to)

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        return [bill.id for bill in self.till.bills.values() if bill.contract == subscription_id][-1]

    async def use_card(self, gateway: PaymentGateway, card: Card) -> None:
        self.till.card = card.value

    async def authenticate(self, gateway: PaymentGateway, invoice_id: str) -> None:
        self.till.confirm(invoice_id)

    async def dispute(self, gateway: PaymentGateway, payment: str) -> None:
        self.till.dispute(payment)


class TestTillWebhooks(WebhooksContract):
    @pytest.fixture
    def webhooks(self) -> Webhooks:
        return TillWebhooks(SECRET)

    @pytest.fixture
    def signed(self) -> Signed:
        body = b'{"id": "news_1", "kind": "contract", "at": 1768478400, "contract": "contract_1", "customer": "p_1"}'
        return Signed(body=body, signature=signature_of(body, SECRET, at=START), at=START, event_id="news_1")


async def told(till: Till, billing: Billing) -> None:
    """Till delivers what it has to tell, and billing-core asks for what follows."""
    while till.news:
        body = till.news.pop(0)
        await billing.handle_webhook(body, signature_of(body, SECRET, at=START))


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    """Waits for jobs, which are run beside the test."""
    for _ in range(500):
        if await found():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come about")


async def test_a_customer_pays_at_till_and_gets_the_money_back() -> None:
    clock = FixedClock(START)
    till = Till({}, clock)
    async with Billing.open(gateway=TillGateway(till), webhooks=TillWebhooks(SECRET), clock=clock) as billing:
        till.tariffs |= tariffs_of(billing.use_cases.catalog.current)

        async def has(credits: int) -> bool:
            return (await billing.credits("ada")).available == credits

        plan = await billing.checkout("ada", tier="basic", email="ada@example.com")
        till.pay(plan.session_id)
        await told(till, billing)
        await until(lambda: has(210))
        pack = await billing.checkout("ada", pack="pack_1k", email="ada@example.com")
        till.pay(pack.session_id)
        await told(till, billing)
        await until(lambda: has(1210))
        subscription = await billing.subscription("ada")

        newest = next(till.paid_by(till.customer("ada")))
        till.refund(newest, None)
        await told(till, billing)
        await until(lambda: has(210))

    assert (subscription.tier, subscription.status) == ("basic", "active")
