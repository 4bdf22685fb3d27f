"""The list of what happened to a customer's credits adds up to the balance, at every row and on every page."""

import pytest

from billing_core.application.changing import ChangeWish
from billing_core.application.transactions import Transaction, TransactionPage, describe, reference
from billing_core.domain import events as e
from billing_core.domain.admission import Wish
from billing_core.ports.gateway import When
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_DAY, A_MINUTE, Shop

ALL = 10_000


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def listed(shop: Shop, *, limit: int = ALL, cursor: str | None = None) -> TransactionPage:
    return await shop.use.transactions()("ann", limit=limit, cursor=cursor)


def ensure_adds_up(newest_first: tuple[Transaction, ...]) -> None:
    balance = 0
    for movement in reversed(newest_first):
        balance += movement.amount
        assert (movement.id, movement.balance_after) == (movement.id, balance)


async def told(shop: Shop) -> list[tuple[str, int, str]]:
    """Type, amount and description, oldest first."""
    return [(m.type, m.amount, m.description) for m in reversed((await listed(shop)).items)]


async def a_busy_half_year(shop: Shop) -> None:
    """Something of everything that can happen to credits."""
    await shop.subscribed("pro")
    await shop.generated(Wish(n=2))
    await shop.given(40)
    await shop.use.adjusting()("ann", -15, reason="a mistake")
    placed = await shop.use.holding()("ann", 7, reason="an essay")
    await shop.use.releasing()("ann", placed.id)
    await shop.use.holding()("ann", 3, reason="forgotten", ttl=A_MINUTE)
    placed = await shop.use.holding()("ann", 530, reason="an archive")
    await shop.use.capturing()("ann", placed.id, amount=520)
    await shop.later(10 * A_DAY)
    await shop.changed(ChangeWish(tier="basic", when=When.NOW))
    await shop.bought()
    await shop.later(10 * A_DAY)
    await shop.changed(ChangeWish(tier="premium"))
    for _ in range(4):
        await shop.later(30 * A_DAY)


async def test_an_account_that_was_never_seen_lists_what_opening_it_would_give(shop: Shop) -> None:
    page = await listed(shop)

    assert page == TransactionPage(
        (
            Transaction(
                id="tx_2",
                at=NEW_YEAR,
                type="grant",
                amount=10,
                balance_after=10,
                description="10 monthly credits (Free)",
                reference="free:20260101T000000Z",
                event=page.items[0].event,
            ),
        ),
        None,
    )
    assert (await shop.kept()).version == 0


async def test_the_amounts_sum_to_the_balance_at_every_row(shop: Shop) -> None:
    await a_busy_half_year(shop)

    movements = (await listed(shop)).items

    ensure_adds_up(movements)
    assert movements[0].balance_after == await shop.available()
    kinds = {"grant", "hold", "capture", "release", "lapse", "expire", "revoke", "adjust", "debt", "settle"}
    assert {movement.type for movement in movements} == kinds
    assert all(movement.description for movement in movements)
    await shop.proven()


async def test_each_movement_says_what_it_was(shop: Shop) -> None:
    hold = await shop.use.holding()("ann", 4, reason="an essay")
    await shop.use.capturing()("ann", hold.id, amount=3)
    await shop.use.adjusting()("ann", 5, reason="sorry")
    await shop.use.adjusting()("ann", -2, reason="a mistake")

    assert await told(shop) == [
        ("grant", 10, "10 monthly credits (Free)"),
        ("hold", -4, "4 set aside for an essay"),
        ("capture", 1, "3 paid"),
        ("adjust", 5, "5 adjustment credits (sorry)"),
        ("adjust", -2, "a mistake"),
    ]
    captured = [movement.captured for movement in (await listed(shop)).items]
    assert captured == [None, None, 3, None, None]


async def test_under_an_unlimited_plan_a_hold_is_covered(shop: Shop) -> None:
    await shop.subscribed("premium")
    done = await shop.generated()

    last = (await listed(shop)).items[:2]
    assert [(m.type, m.amount, m.description) for m in last] == [
        ("capture", 0, "1 paid"),
        ("hold", 0, "1 set aside for small, covered by the plan"),
    ]
    assert [m.reference for m in last] == [done.id, done.id]


async def test_what_is_due_but_not_written_is_listed_under_the_id_that_it_will_have(shop: Shop) -> None:
    await shop.given(1)
    shop.clock.advance(31 * A_DAY)

    before = (await listed(shop)).items
    assert [(m.type, m.amount) for m in before[:2]] == [("grant", 10), ("expire", -10)]
    await shop.given(1)

    assert (await listed(shop)).items[1:] == before


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
async def test_the_pages_hold_everything_once(shop: Shop, limit: int) -> None:
    await a_busy_half_year(shop)
    whole = (await listed(shop)).items

    pages, cursor = list[Transaction](), None
    while True:
        page = await listed(shop, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        pages.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break

    assert tuple(pages) == whole


async def test_a_page_goes_on_where_the_last_one_ended_though_more_has_happened(shop: Shop) -> None:
    await a_busy_half_year(shop)
    whole = (await listed(shop)).items
    first = await listed(shop, limit=5)

    await shop.given(1)

    assert (await listed(shop, cursor=first.next_cursor)).items == whole[5:]


async def test_an_unknown_cursor_begins_anew(shop: Shop) -> None:
    await shop.given(1)

    assert await listed(shop, cursor="tx_nowhere") == await listed(shop)


async def test_after_the_last_page_there_is_nothing(shop: Shop) -> None:
    await shop.given(1)
    whole = (await listed(shop)).items

    assert await listed(shop, cursor=whole[-1].id) == TransactionPage((), None)


def test_what_moves_no_credits_has_no_words() -> None:
    event = e.AccountOpened(NEW_YEAR)

    assert (describe(event), reference(event)) == ("", None)
