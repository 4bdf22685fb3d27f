"""The audit finds what does not fold, and what does not add up."""

import pytest
from attrs import evolve

from billing_core.adapters.books.encoding import ACCOUNTS, encode_event
from billing_core.adapters.books.writes import EventWrite
from billing_core.application.auditing import Audited, imbalances
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.credits import CreditBook, Take, Totals
from billing_core.testing.builders import NEW_YEAR, a_subscriber
from tests.use_case_shop import Shop


@pytest.fixture
async def shop() -> Shop:
    """Ann has bought, held, captured and released."""
    shop = Shop()
    await shop.subscribed()
    await shop.bought()
    await shop.generated()
    hold = await shop.use.holding()("ann", 205, reason="an essay")
    await shop.use.releasing()("ann", hold.id)
    hold = await shop.use.holding()("ann", 205, reason="an essay")
    await shop.use.capturing()("ann", hold.id, amount=200)
    return shop


async def audited(shop: Shop) -> Audited:
    return await shop.use.auditing()("ann")


def stream(shop: Shop) -> list[EventWrite]:
    return shop.memory.state.events["ann"]


async def put(shop: Shop, account: Account) -> None:
    row = shop.memory.state.accounts["ann"]
    shop.memory.state.accounts["ann"] = evolve(row, snapshot=ACCOUNTS.encode(account))


async def test_sound_books_have_no_problems(shop: Shop) -> None:
    assert await audited(shop) == Audited(account_id="ann", events=len(stream(shop)), problems=())


async def test_an_account_that_was_never_seen_is_sound(shop: Shop) -> None:
    assert await shop.use.auditing()("nobody") == Audited(account_id="nobody", events=0, problems=())


async def test_a_row_that_was_tampered_with_is_found(shop: Shop) -> None:
    account = await shop.kept()
    grants = (*account.book.grants[:-1], evolve(account.book.grants[-1], remaining=1_000_000))
    await put(shop, evolve(account, book=evolve(account.book, grants=grants)))

    assert (await audited(shop)).problems == ("the events do not fold to the row",)


async def test_every_event_that_is_missing_is_found(shop: Shop) -> None:
    """Wherever it is taken from, and whatever the others make without it."""
    whole = list(stream(shop))
    for gone in range(len(whole)):
        shop.memory.state.events["ann"] = whole[:gone] + whole[gone + 1 :]

        problems = (await audited(shop)).problems

        is_last = gone == len(whole) - 1
        expected = "the events do not fold to the row" if is_last else f"event {gone + 1} is missing"
        assert expected in problems


async def test_an_event_that_was_tampered_with_is_found(shop: Shop) -> None:
    place = next(n for n, write in enumerate(stream(shop)) if write.event.type == "HoldCaptured")
    forged = e.HoldCaptured(at=NEW_YEAR, hold_id="gen_000001", amount=0, back=(), images=1)
    stream(shop)[place] = evolve(stream(shop)[place], event=encode_event(forged))

    problems = (await audited(shop)).problems

    assert "the events do not fold to the row" in problems
    assert any("granted" in problem for problem in problems)


async def test_an_event_that_its_past_does_not_bear_is_found(shop: Shop) -> None:
    account = await shop.kept()
    taken = e.CreditsTaken(at=NEW_YEAR, takes=(Take(account.book.grants[0].id, 1_000_000),), reason="")
    place = len(stream(shop)) - 1
    stream(shop)[place] = evolve(stream(shop)[place], event=encode_event(taken))

    problems = (await audited(shop)).problems

    assert problems[0].startswith(f"event {place + 1} cannot be folded: ")
    assert problems[-1] == "the events do not fold to the row"


async def test_an_account_that_moves_on_meanwhile_is_compared_at_the_version_that_was_read(shop: Shop) -> None:
    row = shop.memory.state.accounts["ann"]
    await shop.given(5)
    shop.memory.state.accounts["ann"] = row

    assert (await audited(shop)).problems == ()


@pytest.mark.parametrize(
    ("book", "problem"),
    [
        (CreditBook(totals=Totals(granted=1)), "granted 1 is not 0"),
        (CreditBook(totals=Totals(captured=2)), "granted 0 is not 2"),
        (CreditBook(totals=Totals(incurred=3)), "debt incurred 3 is not 0"),
        (CreditBook(debt=-1, totals=Totals(incurred=-1)), "debt is -1"),
    ],
)
def test_each_law_of_conservation_is_looked_at(book: CreditBook, problem: str) -> None:
    assert imbalances(Account(id="ann", book=book)) == (problem,)


def test_a_subscribers_book_is_balanced() -> None:
    assert imbalances(a_subscriber().account) == ()
