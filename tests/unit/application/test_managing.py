"""The gateway's portal."""

import pytest

from billing_core.domain.errors import NoCustomer
from tests.shops.use_case import Shop


async def test_before_the_first_checkout_there_is_no_portal() -> None:
    with pytest.raises(NoCustomer):
        await Shop().use.managing()("ann", return_url="https://shop.example/account")


async def test_each_click_gets_a_door_of_its_own() -> None:
    shop = Shop()
    await shop.opened()

    first, second = [await shop.use.managing()("ann", return_url="https://shop.example/account") for _ in range(2)]

    assert first != second
    door = await shop.stripe.portal(first.rpartition("/")[2])
    assert (door.customer_id, door.return_url) == ((await shop.kept()).customer_id, "https://shop.example/account")
