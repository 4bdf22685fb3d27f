"""The shop against the whole of billing-core, with the fixtures that come with it."""

import pytest
from poster_shop import CannotPay, PosterShop

from billing_core import Billing
from billing_core.domain.errors import BillingError
from billing_core.testing import Faults, billing_for_tests
from billing_core.testing.clock import VirtualClock
from billing_core.testing.hands import Hands, NotPaid


@pytest.fixture
def shop(billing: Billing) -> PosterShop:
    return PosterShop(billing)


async def test_a_visitor_cannot_pay_for_a_print(shop: PosterShop) -> None:
    with pytest.raises(CannotPay):
        await shop.order_print("ada", "a lighthouse")

    assert shop.printed == []


async def test_a_pack_pays_for_prints(shop: PosterShop, gateway: Hands) -> None:
    await gateway.buy("ada", "pack_1k")

    assert await shop.order_print("ada", "a lighthouse") == 1010 - 25


async def test_a_subscriber_may_download_for_as_long_as_they_pay(
    shop: PosterShop, clock: VirtualClock, gateway: Hands
) -> None:
    before = await shop.may_download("ada")
    await gateway.subscribe("ada", "basic")
    await clock.advance(months=12)
    after_a_year = await shop.may_download("ada")
    await gateway.decline("ada")
    await clock.advance(months=2)

    assert (before, after_a_year, await shop.may_download("ada")) == (False, True, False)


@pytest.mark.parametrize("seed", range(3))
async def test_a_print_is_paid_for_once_on_the_worst_of_days(seed: int) -> None:
    async with billing_for_tests(chaos=Faults(seed, rate=0.3)) as bench:
        for _ in range(20):
            try:
                await bench.gateway.buy("ada", "pack_1k")
                break
            except (BillingError, NotPaid, LookupError):
                await bench.clock.advance(hours=1)
        await bench.clock.advance(days=1)
        before = (await bench.billing.credits("ada")).available

        assert await PosterShop(bench.billing).order_print("ada", "a lighthouse") == before - 25
