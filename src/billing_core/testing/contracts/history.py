"""The contract of History: every event, once, in order."""

from billing_core.domain.events import AccountOpened, CreditsGranted, ProfileNoted
from billing_core.ports.books import Books
from billing_core.ports.commit import Commit
from billing_core.testing.contracts.books import NOW, BooksContract, a_cause, granting


class HistoryContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_a_stream_is_numbered_from_one_and_names_its_cause(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause())
        await books.accounts.change("b", granting(5))
        await books.accounts.change("a", granting(5))

        stream = [stored async for stored in books.history.of("a")]
        assert [stored.number for stored in stream] == [1, 2, 3]
        assert [type(stored.event) for stored in stream] == [AccountOpened, CreditsGranted, CreditsGranted]
        assert [stored.cause for stored in stream] == ["http:spend:1", "http:spend:1", None]
        assert {stored.account_id for stored in stream} == {"a"}

    async def test_a_stream_can_be_read_from_the_middle(self, books: Books) -> None:
        for _ in range(3):
            await books.accounts.change("a", granting(1))

        assert [stored.number async for stored in books.history.of("a", after=2)] == [3, 4]
        assert [stored.number async for stored in books.history.of("nobody")] == []

    async def test_accounts_come_in_key_order(self, books: Books) -> None:
        for account_id in ("b", "C", "a"):
            await books.accounts.change(account_id, granting(1))

        assert [account_id async for account_id in books.history.accounts()] == ["C", "a", "b"]

    async def test_the_streams_of_several_accounts_come_one_after_the_other(self, books: Books) -> None:
        for account_id in ("b", "C", "a", "d"):
            await books.accounts.change(account_id, granting(1))
        await books.accounts.change("a", granting(1))
        noted = tuple(ProfileNoted(at=NOW, email="", name=str(n)) for n in range(1_010))  # more than any page
        await books.accounts.change("b", lambda _: Commit(None, noted))

        between = [(stored.account_id, stored.number) async for stored in books.history.between("a", "b")]
        assert [("a", 1), ("a", 2), ("a", 3), *(("b", n) for n in range(1, 1_013))] == between
        assert [stored async for stored in books.history.of("d")] == [
            stored async for stored in books.history.between("c", "e")
        ]
        assert [stored async for stored in books.history.between("e", "f")] == []

    async def test_the_newest_events_come_first_page_by_page(self, books: Books) -> None:
        for _ in range(3):
            await books.accounts.change("a", granting(1))
        await books.accounts.change("b", granting(1))
        stream = [stored async for stored in books.history.of("a")]

        first = await books.history.newest("a", limit=3)
        assert first == tuple(reversed(stream[1:]))
        assert await books.history.newest("a", before=first[-1].number, limit=3) == (stream[0],)
        assert await books.history.newest("a", before=1, limit=3) == ()
        assert await books.history.newest("a", before=99, limit=1) == (stream[3],)
        assert await books.history.newest("nobody", limit=3) == ()
