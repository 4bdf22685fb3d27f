"""The price book: Stripe's prices by the catalog's keys, and back."""

import asyncio
from collections.abc import Mapping

import pytest

from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Misshapen
from billing_core.ports.errors import GatewayRefused, Unavailable
from tests.stripe.canned import CannedStripe, Json, Refusal, page
from tests.stripe.forms import Form

PRICES = "/v1/prices"


def a_price(price_id: str, lookup_key: str | None = None, *, active: bool = True, made_as: str | None = None) -> Json:
    return {
        "id": price_id,
        "lookup_key": lookup_key,
        "active": active,
        "metadata": {"billing_core_price": made_as} if made_as else {},
    }


NEW = a_price("price_2", "pro_month", made_as="pro_month")
OLD = a_price("price_1", active=False, made_as="pro_month")
FOREIGN = a_price("price_9")


def selling(*prices: Json) -> CannedStripe:
    """A Stripe with those prices."""

    def listed(form: Form) -> Json:
        keys, is_active = form.get("lookup_keys", {}), form.get("active", "true") == "true"
        assert isinstance(keys, dict)
        found = (price for price in prices if price["active"] is is_active)
        return page(*(price for price in found if not keys or price["lookup_key"] in keys.values()))

    stripe = CannedStripe().on("GET", PRICES, listed)
    for price in prices:
        stripe.on("GET", f"{PRICES}/{price['id']}", price)
    return stripe


def key_of(price_id: str, prices: Mapping[str, str]) -> str:
    return prices.get(price_id, price_id)


async def read(book: PriceBook, price_id: str) -> str:
    return await book.read(lambda prices: key_of(price_id, prices))


async def test_a_price_is_known_by_its_lookup_key_and_an_archived_one_by_what_it_was_made_as() -> None:
    book = PriceBook(selling(NEW, OLD, FOREIGN).api)
    await book.load()

    assert {"price_2": "pro_month", "price_1": "pro_month"} == dict(book)
    assert (2, True, False) == (len(book), "price_1" in book, "price_9" in book)


async def test_the_active_price_is_sold() -> None:
    assert "price_2" == await PriceBook(selling(OLD, NEW).api).price_id("pro_month")


@pytest.mark.parametrize("there", [(), (OLD,), (a_price("price_1", "pro_month", active=False),), (FOREIGN,)])
async def test_where_nothing_is_on_sale_it_says_what_to_run(there: tuple[Json, ...]) -> None:
    with pytest.raises(GatewayRefused, match="pro_month: run `billing-core sync-products`"):
        await PriceBook(selling(*there).api).price_id("pro_month")


async def test_a_price_that_was_put_on_sale_since_is_sold() -> None:
    stripe = selling()
    book = PriceBook(stripe.api)
    await book.load()
    stripe.on("GET", PRICES, page(NEW))

    assert "price_2" == await book.price_id("pro_month")


async def test_what_is_on_sale_can_be_listed() -> None:
    book = PriceBook(selling(NEW, OLD).api)

    assert frozenset({"pro_month"}) == await book.on_sale()


async def test_a_reader_may_go_through_the_whole_book() -> None:
    book = PriceBook(selling(NEW, OLD).api)

    assert (2, ["price_1", "price_2"]) == await book.read(lambda prices: (len(prices), sorted(prices)))


async def test_a_price_that_the_operator_set_needs_no_lookup_key() -> None:
    stripe = selling(NEW, FOREIGN)
    book = PriceBook(stripe.api, {"pro_month": "price_9"})

    assert {"price_9": "pro_month"} == dict(book)
    assert "price_9" == await book.price_id("pro_month")
    assert [] == stripe.asked


async def test_what_the_operator_set_counts_more_than_what_stripe_says() -> None:
    book = PriceBook(selling(NEW).api, {"basic_month": "price_2"})

    assert "basic_month" == await read(book, "price_2")


async def test_everything_is_read_once_by_many_who_come_together() -> None:
    stripe = selling(NEW, OLD)
    book = PriceBook(stripe.api)

    assert ["pro_month"] * 9 == await asyncio.gather(*(read(book, "price_1") for _ in range(9)))
    assert ["true", "false"] == [request.form["active"] for request in stripe.asked]


async def test_a_price_that_is_met_for_the_first_time_is_asked_for_once() -> None:
    stripe = selling(NEW)
    book = PriceBook(stripe.api)
    await book.load()
    stripe.on("GET", f"{PRICES}/price_3", a_price("price_3", "studio_month"))

    assert ["studio_month"] * 5 == await asyncio.gather(*(read(book, "price_3") for _ in range(5)))
    assert 1 == len(stripe.all("GET", f"{PRICES}/price_3"))
    assert "studio_month" == book["price_3"]


async def test_a_reader_that_fails_over_an_unknown_price_gets_another_try() -> None:
    stripe = selling()
    book = PriceBook(stripe.api)
    await book.load()
    stripe.on("GET", f"{PRICES}/price_3", a_price("price_3", "studio_month"))

    def strictly(prices: Mapping[str, str]) -> str:
        if "price_3" not in prices:
            raise Misshapen("an unknown price")
        return prices["price_3"]

    assert "studio_month" == await book.read(strictly)


async def test_a_reader_that_fails_over_something_else_fails() -> None:
    book = PriceBook(selling(NEW).api)

    def fails(prices: Mapping[str, str]) -> str:
        raise Misshapen(prices["price_2"])

    with pytest.raises(Misshapen):
        await book.read(fails)


@pytest.mark.parametrize("answer", [FOREIGN, Refusal(404, "resource_missing")])
async def test_a_price_that_is_none_of_ours_is_asked_for_once_a_minute(answer: Json | Refusal) -> None:
    stripe, now = selling(), [0.0]
    stripe.on("GET", f"{PRICES}/price_9", answer)
    book = PriceBook(stripe.api, now=lambda: now[0])

    for _ in range(3):
        assert "price_9" == await read(book, "price_9")
    now[0] = 60.0
    await read(book, "price_9")

    assert 2 == len(stripe.all("GET", f"{PRICES}/price_9"))


async def test_what_is_no_id_of_stripes_is_not_asked_for() -> None:
    assert "../events" == await read(PriceBook(selling().api), "../events")


async def test_what_was_forgotten_is_read_anew_and_known_until_then() -> None:
    stripe = selling(OLD, NEW)
    book = PriceBook(stripe.api)
    await book.load()
    newer = a_price("price_3", "pro_month", made_as="pro_month")
    archived = page({**NEW, "lookup_key": None, "active": False}, OLD)
    stripe.on("GET", PRICES, lambda form: page(newer) if form["active"] == "true" else archived)

    book.forget()

    assert "pro_month" == book["price_2"]
    assert "price_3" == await book.price_id("pro_month")
    assert {"price_1", "price_2", "price_3"} == set(book)


async def test_a_reading_that_fails_is_done_again() -> None:
    stripe = CannedStripe().on("GET", PRICES, Refusal(500), Refusal(500), Refusal(500), page(NEW))
    book = PriceBook(stripe.api)

    with pytest.raises(Unavailable):
        await book.load()

    assert "pro_month" == await read(book, "price_2")


async def test_a_price_that_could_not_be_asked_for_is_not_taken_for_a_foreign_one() -> None:
    stripe = selling()
    gone = Refusal(500)
    stripe.on("GET", f"{PRICES}/price_3", gone, gone, gone, a_price("price_3", "studio_month"))
    book = PriceBook(stripe.api, now=lambda: 0.0)

    with pytest.raises(Unavailable):
        await read(book, "price_3")

    assert "studio_month" == await read(book, "price_3")
