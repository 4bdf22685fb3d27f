"""Asking for an invoice with all its lines."""

import pytest

from billing_core.ports.errors import UnknownAtGateway
from tests.shops.use_case import A_DAY, DECLINES_LATER, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_paid_invoice_is_booked_once(shop: Shop) -> None:
    await shop.subscribed()
    (invoice_id,) = (await shop.stripe.state()).invoices

    for _ in range(2):
        await shop.use.fetching_invoice()("ann", invoice_id)

    assert await shop.available() == 210
    assert len((await shop.kept()).payments) == 1


async def test_one_that_is_not_paid_is_left_alone(shop: Shop) -> None:
    await shop.subscribed(card=DECLINES_LATER)
    await shop.later(31 * A_DAY)
    *_, unpaid = (await shop.stripe.state()).invoices
    before = await shop.kept()

    await shop.use.fetching_invoice()("ann", unpaid)

    assert await shop.kept() == before


async def test_one_that_the_gateway_does_not_know_is_an_error(shop: Shop) -> None:
    with pytest.raises(UnknownAtGateway):
        await shop.use.fetching_invoice()("ann", "in_nowhere")
