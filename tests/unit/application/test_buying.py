"""Buying packs of credits."""

import pytest

from billing_core.domain.errors import CurrencyLocked, NotForSale, UnknownPack
from tests.shops.use_case import BACK, NO_FUNDS, Shop, a_customer


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def test_a_paid_pack_brings_its_credits_once(shop: Shop) -> None:
    await shop.bought()
    for body in await shop.sent():
        await shop.receive(body)
    await shop.settle()

    assert await shop.available() == 110
    await shop.proven()


async def test_a_pack_gives_no_plan(shop: Shop) -> None:
    await shop.bought()

    assert await shop.plan() == "free"


async def test_a_pack_may_be_bought_again(shop: Shop) -> None:
    first, second = await shop.bought(), await shop.bought()

    assert first != second
    assert await shop.available() == 210


async def test_a_recurring_pack_gives_its_credits_month_by_month(shop: Shop) -> None:
    await shop.bought("drip")

    assert await shop.available() == 60
    assert await shop.plan() == "free"


async def test_a_declined_card_buys_nothing(shop: Shop) -> None:
    started = await shop.use.buying()(a_customer(), "boost", "usd", BACK)

    await shop.paid(started, NO_FUNDS)

    assert await shop.available() == 10


async def test_an_unknown_pack_is_not_found(shop: Shop) -> None:
    with pytest.raises(UnknownPack):
        await shop.use.buying()(a_customer(), "mountain", "usd", BACK)


async def test_a_pack_without_a_price_in_that_currency_is_not_for_sale(shop: Shop) -> None:
    with pytest.raises(NotForSale):
        await shop.use.buying()(a_customer(), "boost", "jpy", BACK)


async def test_who_subscribes_in_one_currency_buys_in_it(shop: Shop) -> None:
    await shop.subscribed(currency="eur")

    with pytest.raises(CurrencyLocked):
        await shop.use.buying()(a_customer(), "boost", "usd", BACK)
