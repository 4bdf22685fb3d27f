"""Packs that were paid for by an invoice, with a checkout or without."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing_core.application.deciding import BOOKED_WITHIN, Decided, decide
from billing_core.domain.account import Account
from billing_core.domain.catalog import Kind
from billing_core.domain.payments import Sign
from billing_core.ports.commit import Commit
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed, InvoiceLine, InvoicePaid
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import Shop

LINE = InvoiceLine(
    key="il_1", price="boost-price", sign=Sign.CHARGE, quantity=Decimal(1), start=NEW_YEAR, end=NEW_YEAR, prorated=False
)
BILL = InvoicePaid(
    invoice_id="in_1",
    subscription_id=None,
    customer_id="cus_1",
    amount_minor=500,
    currency="usd",
    paid_at=NEW_YEAR,
    lines=(LINE,),
)
CHECKOUT = CheckoutProgressed(
    session_id="cs_1",
    customer_id="cus_1",
    account_hint=None,
    status=CheckoutNews.PAID,
    kind=Kind.PACK,
    item="boost",
    version=1,
    quantity=1,
    subscription_id=None,
    payment_id="in_1",
    amount_minor=500,
    currency="usd",
    at=NEW_YEAR,
)


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def heard(shop: Shop, fact: Decided) -> None:
    def rule(account: Account) -> Commit[None]:
        decision = decide(fact, account, shop.clock.now(), shop.catalog)
        return Commit(None, decision.events, decision.records)

    await shop.accounts.change("ann", rule)


async def test_a_pack_that_no_checkout_tells_of_is_shown_to_a_person_once(shop: Shop) -> None:
    await heard(shop, BILL)
    await shop.later(BOOKED_WITHIN - timedelta(seconds=1))
    before = await shop.incidents()
    await shop.later(timedelta(seconds=1))
    await heard(shop, BILL)
    await shop.later(BOOKED_WITHIN)

    assert [] == before
    incident = await shop.incident()
    assert ("unexplained_payment", "ann", {"payment": "in_1"}) == (
        incident.kind.value,
        incident.account_id,
        incident.about,
    )
    assert "in_1" in incident.detail


async def test_one_whose_checkout_is_told_soon_after_is_booked_and_not_shown(shop: Shop) -> None:
    before = await shop.available()
    await heard(shop, BILL)
    await heard(shop, CHECKOUT)
    await shop.later(BOOKED_WITHIN)

    assert [] == await shop.incidents()
    assert before < await shop.available()
