"""An operator giving and taking credits."""

import pytest

from billing_core.application.adjusting import Adjusted
from billing_core.domain.errors import InvalidValue
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_DAY, Shop, a_request


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_an_operator_gives_credits(shop: Shop) -> None:
    adjusted = await shop.use.adjusting()("ann", 50, reason="sorry")

    assert Adjusted(id="adj_000001", amount=50, available=60, debt=0) == adjusted
    await shop.proven()


async def test_an_operator_takes_credits(shop: Shop) -> None:
    adjusted = await shop.use.adjusting()("ann", -4, reason="a mistake")

    assert Adjusted(id="adj_000001", amount=-4, available=6, debt=0) == adjusted
    await shop.proven()


async def test_an_operator_takes_at_most_what_is_available(shop: Shop) -> None:
    taken = await shop.use.adjusting()("ann", -1_000, reason="a mistake")
    nothing = await shop.use.adjusting()("ann", -1, reason="a mistake")

    assert (taken.amount, taken.available, taken.debt) == (-10, 0, 0)
    assert (nothing.amount, nothing.available, nothing.debt) == (0, 0, 0)


async def test_given_credits_may_end(shop: Shop) -> None:
    await shop.use.adjusting()("ann", 5, reason="a taste", expires_at=NEW_YEAR + A_DAY)

    assert await shop.available() == 15
    shop.clock.advance(A_DAY)
    assert await shop.available() == 10


@pytest.mark.parametrize(("amount", "reason"), [(0, "why"), (5, " "), (10**12 + 1, "why"), (-(10**12) - 1, "why")])
async def test_an_adjustment_without_sense_is_refused(shop: Shop, amount: int, reason: str) -> None:
    with pytest.raises(InvalidValue):
        await shop.use.adjusting()("ann", amount, reason=reason)


async def test_an_end_that_has_passed_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidValue, match="expires_at"):
        await shop.use.adjusting()("ann", 5, reason="a taste", expires_at=NEW_YEAR)


async def test_the_same_request_gives_once(shop: Shop) -> None:
    adjust = shop.use.adjusting()

    answers = [await adjust("ann", 50, reason="sorry", request=a_request()) for _ in range(3)]

    assert [answers[0]] * 3 == answers
    assert await shop.available() == 60


async def test_a_key_that_comes_with_another_request_is_refused(shop: Shop) -> None:
    await shop.use.adjusting()("ann", 50, reason="sorry", request=a_request())

    with pytest.raises(IdempotencyKeyReused):
        await shop.use.adjusting()("ann", 51, reason="sorry", request=a_request(fingerprint="other"))
    assert await shop.available() == 60
