"""What every Shelf does, and the Prices that are read from it."""

import pytest
from attrs import evolve

from billing_core.domain.catalog import CatalogVersion
from billing_core.domain.money import Money
from billing_core.ports.shelf import Deed, Prices, Shelf, ShelfChange
from billing_core.testing.contracts.gateway.shop import SHOP

VERSION = SHOP.current


async def stock(shelf: Shelf, version: CatalogVersion = VERSION) -> tuple[ShelfChange, ...]:
    """Brings the shelf in step; what was done."""
    changes = await shelf.compare(version)
    for change in changes:
        await shelf.mend(change, version)
    return changes


def dearer(key: str) -> CatalogVersion:
    """The next version, in which that price is higher."""

    def raised(price_key: str, money: Money) -> Money:
        return Money(money.amount_minor + 100, money.currency) if price_key == key else money

    plans = tuple(
        evolve(plan, prices=tuple(evolve(price, money=raised(price.key, price.money)) for price in plan.prices))
        for plan in VERSION.plans
    )
    return evolve(VERSION, number=2, plans=plans)


class ShelfContract:
    """Subclass it and give the fixture `shelf`: an empty one."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        raise NotImplementedError("give the shelf that is to be tried")

    async def test_an_empty_shelf_lacks_every_price(self, shelf: Shelf) -> None:
        changes = await shelf.compare(VERSION)

        assert {Deed.CREATE} == {change.deed for change in changes}
        assert set(VERSION.offers) == {change.key for change in changes if change.thing == "price"}

    async def test_comparing_changes_nothing(self, shelf: Shelf) -> None:
        assert await shelf.compare(VERSION) == await shelf.compare(VERSION)

    async def test_what_was_mended_in_order_is_in_step(self, shelf: Shelf) -> None:
        await stock(shelf)

        assert await shelf.compare(VERSION) == ()

    async def test_mending_twice_does_it_once(self, shelf: Shelf) -> None:
        for change in await stock(shelf):
            await shelf.mend(change, VERSION)

        assert await shelf.compare(VERSION) == ()

    async def test_a_run_that_was_cut_off_is_completed_by_the_next(self, shelf: Shelf) -> None:
        changes = await shelf.compare(VERSION)
        for change in changes[: len(changes) // 2]:
            await shelf.mend(change, VERSION)

        assert len(await stock(shelf)) < len(changes)
        assert await shelf.compare(VERSION) == ()

    async def test_another_amount_replaces_the_price(self, shelf: Shelf) -> None:
        await stock(shelf)
        version = dearer("basic_month")

        changes = await stock(shelf, version)

        assert (Deed.REPLACE, "basic_month") in {(change.deed, change.key) for change in changes}
        assert await shelf.compare(version) == ()

    async def test_what_is_sold_no_more_is_archived_and_may_come_back(self, shelf: Shelf) -> None:
        await stock(shelf)
        fewer = evolve(VERSION, number=2, packs=())

        archived = await stock(shelf, fewer)
        again = await stock(shelf)

        assert Deed.ARCHIVE in {change.deed for change in archived}
        assert again
        assert await shelf.compare(VERSION) == ()


class PricesContract:
    """Subclass it; give the fixtures `shelf`, an empty one, and `prices`, which are read from it."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        raise NotImplementedError("give the shelf that is filled")

    @pytest.fixture
    def prices(self, shelf: Shelf) -> Prices:
        raise NotImplementedError("give the prices of that shelf")

    async def test_nothing_can_be_bought_from_an_empty_shelf(self, prices: Prices) -> None:
        assert frozenset() == await prices.on_sale()

    async def test_what_stands_on_the_shelf_can_be_bought(self, shelf: Shelf, prices: Prices) -> None:
        await stock(shelf)

        assert frozenset(VERSION.offers) == await prices.on_sale()

    async def test_what_changed_is_known_once_the_old_is_forgotten(self, shelf: Shelf, prices: Prices) -> None:
        await stock(shelf)
        await prices.on_sale()
        await stock(shelf, evolve(VERSION, number=2, packs=()))
        prices.forget()

        assert {"handful", "refill_month"} == set(VERSION.offers) - await prices.on_sale()
