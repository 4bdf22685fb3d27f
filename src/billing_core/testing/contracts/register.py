"""The contract of Register: every row as it is kept, and who is due."""

import asyncio
from datetime import datetime, timedelta

from attrs import asdict

from billing_core.adapters.books.columns import AccountColumns, columns_of
from billing_core.domain.account import Account
from billing_core.domain.credits import Hold
from billing_core.domain.events import HoldPlaced, HoldReleased
from billing_core.ports.books import Books
from billing_core.ports.commit import Commit, Decide
from billing_core.testing.contracts.books import NOW, BooksContract, granting, recording

A_DAY = timedelta(days=1)


def due_with_its_holds(account: Account) -> AccountColumns:
    """The plain columns: an account is due when the first of its holds is."""
    return columns_of(
        account,
        plan="basic",
        status="active",
        next_due_at=min((hold.until for hold in account.book.holds if hold.until), default=None),
    )


class RegisterContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract, opened with `due_with_its_holds`."""

    async def test_a_row_is_the_snapshot_its_version_and_the_columns_beside_it(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        await books.accounts.change("a", _holding(until=NOW + A_DAY))

        row = await books.register.row("a")

        account = await books.accounts.get("a")
        assert row is not None
        assert ("a", 3, account) == (row.account_id, row.version, row.account)
        assert asdict(due_with_its_holds(account)) == row.columns
        assert (row.columns["next_due_at"], row.columns["opened_at"]) == (NOW + A_DAY, NOW)
        assert await books.register.row("nobody") is None

    async def test_pages_come_in_the_order_of_the_ids_and_none_comes_twice(self, books: Books) -> None:
        for account_id in ("b", "C", "a", "d"):
            await books.accounts.change(account_id, granting(1))
        await books.accounts.change("without-events", recording())

        pages, after = [], ""
        while page := await books.register.page(after=after, limit=3):
            pages.append([row.account_id for row in page])
            after = page[-1].account_id

        assert pages == [["C", "a", "b"], ["d"]]
        assert (await books.register.count(), await books.register.count(after="a")) == (4, 2)

    async def test_who_is_due_comes_the_longest_due_first(self, books: Books) -> None:
        days = {"never": None, "now": 0, "long": -5, "also-now": 0, "tomorrow": 1}
        for account_id, n in days.items():
            await books.accounts.change(account_id, granting(5))
            until = None if n is None else NOW + n * A_DAY
            await books.accounts.change(account_id, _holding(until=until))

        assert [account_id async for account_id in books.register.due(NOW)] == ["long", "also-now", "now"]
        assert await books.register.count(due_by=NOW) == 3
        assert await books.register.count(due_by=NOW, after="b") == 2
        assert [account_id async for account_id in books.register.due(NOW - 6 * A_DAY)] == []

    async def test_whoever_stays_due_is_met_once(self, books: Books) -> None:
        ids = [f"{n:04}" for n in range(1_010)]  # more than any page
        for decide in (granting(1), _holding(until=NOW)):
            await asyncio.gather(*(books.accounts.change(account_id, decide) for account_id in ids))

        met = []
        async for account_id in books.register.due(NOW):
            met.append(account_id)
            if int(account_id) % 100 == 99:
                await books.accounts.change(account_id, _releasing())

        assert ids == met
        assert len(ids) - 10 == await books.register.count(due_by=NOW)

    async def test_a_row_is_renewed_without_an_event(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        before = await books.register.row("a")

        await books.accounts.change("a", lambda _: Commit(None, renews=True))
        await books.accounts.change("nobody", lambda _: Commit(None, renews=True))

        assert await books.register.row("a") == before
        assert await books.register.row("nobody") is None
        assert [stored.number async for stored in books.history.of("a")] == [1, 2]


def _holding(*, until: datetime | None) -> Decide[None]:
    def decide(account: Account) -> Commit[None]:
        hold = Hold(id="hold", amount=1, takes=account.book.burn(1), placed_at=NOW - 9 * A_DAY, until=until)
        return Commit(None, (HoldPlaced(at=NOW, hold=hold),))

    return decide


def _releasing() -> Decide[None]:
    def decide(account: Account) -> Commit[None]:
        (hold,) = account.book.holds
        back, expired = account.book.returns(hold.takes)
        return Commit(None, (HoldReleased(at=NOW, hold_id=hold.id, back=back, expired=expired),))

    return decide
