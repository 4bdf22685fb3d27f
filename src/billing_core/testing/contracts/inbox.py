"""The contract of Inbox: every cause, as it was kept."""

from billing_core.ports.books import Books
from billing_core.ports.records import CauseFailed, CauseStatus
from billing_core.testing.contracts.books import NOW, BooksContract, a_cause, granting, recording


class InboxContract(BooksContract):
    """Fill `books`."""

    async def test_a_processed_cause_is_kept_whole(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause())

        kept = await books.inbox.get("a", "http:spend:1")
        assert kept is not None
        assert (kept.account_id, kept.key, kept.kind) == ("a", "http:spend:1", "spend")
        assert (kept.status, kept.fingerprint) == (CauseStatus.PROCESSED, "f")
        assert (kept.answer, kept.body) == (b"5", b'{"n": 1}')
        assert (kept.error, kept.attempts) == (None, 0)

    async def test_a_cause_is_its_accounts_own(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause())

        assert await books.inbox.get("b", "http:spend:1") is None

    async def test_causes_are_listed_by_status_newest_first(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause("k1"))
        await books.accounts.change("a", granting(5), cause=a_cause("k2", final=False))
        for key in ("k3", "k4"):
            failed = CauseFailed(key=key, fingerprint="f", kind="", body=b"", error="e", at=NOW)
            await books.accounts.change("a", recording(failed))

        listed = {status: [cause.key for cause in await books.inbox.with_status(status)] for status in CauseStatus}
        assert listed == {
            CauseStatus.STARTED: ["k2"],
            CauseStatus.PROCESSED: ["k1"],
            CauseStatus.FAILED: ["k4", "k3"],
        }
        assert [c.key for c in await books.inbox.with_status(CauseStatus.FAILED, limit=1)] == ["k4"]
