"""A customer that somebody deleted at the gateway."""

import pytest

from tests.shops.use_case import Shop

AS_OPERATOR = {"Authorization": "Bearer sk_test_operator"}


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def deleted(shop: Shop) -> str:
    """Deletes the account's customer, of which the books hear nothing yet."""
    customer_id = (await shop.kept()).customer_id
    assert customer_id is not None
    status, _, _ = await shop.stripe.answer("DELETE", f"/v1/customers/{customer_id}", AS_OPERATOR, b"")
    assert 200 == status
    return customer_id


async def test_the_next_checkout_is_for_a_new_one(shop: Shop) -> None:
    await shop.opened(tier="basic")
    before = await deleted(shop)

    started = await shop.opened(tier="pro")

    account = await shop.kept()
    assert account.customer_id not in {None, before}
    assert started.session_id in {checkout.session_id for checkout in account.checkouts}
    assert "ann" == await shop.memory.directory.owner_of(str(account.customer_id))
