"""Packs that were paid for by an invoice, with a checkout or without."""

from datetime import timedelta

import pytest

from billing_core.application.deciding import BOOKED_WITHIN, Decided, decide
from billing_core.domain.account import Account
from billing_core.ports.commit import Commit
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import Shop
from tests.unit.application.test_deciding import a_line, a_session, an_invoice

BILL = an_invoice(a_line(price="boost-price", end=NEW_YEAR), subscription_id=None)
CHECKOUT = a_session(payment_id=BILL.invoice_id)


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
