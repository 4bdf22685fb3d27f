"""The contract of Inbox: every cause, as it was kept."""

from attrs import evolve

from billing_core.ports.books import Books
from billing_core.ports.records import CauseFailed, CauseStatus
from billing_core.testing.contracts.books import NOW, BooksContract, a_cause, granting, recording


class InboxContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

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
            await books.accounts.change("a", recording(failing(key)))

        listed = {status: [cause.key for cause in await books.inbox.with_status(status)] for status in CauseStatus}
        assert listed == {
            CauseStatus.STARTED: ["k2"],
            CauseStatus.PROCESSED: ["k1"],
            CauseStatus.FAILED: ["k4", "k3"],
            CauseStatus.DEAD: [],
        }
        assert [c.key for c in await books.inbox.with_status(CauseStatus.FAILED, limit=1)] == ["k4"]

    async def test_causes_are_listed_page_by_page_and_by_how_their_keys_begin(self, books: Books) -> None:
        for account_id, key in (("a", "w:1"), ("b", "w:1"), ("b", "w:2"), ("a", "w%:3"), ("a", "x:4")):
            await books.accounts.change(account_id, recording(failing(key)))

        pages, last = [], None
        while page := await books.inbox.with_status(CauseStatus.FAILED, prefix="w:", before=last, limit=2):
            pages.append([(cause.account_id, cause.key) for cause in page])
            last = page[-1]
        assert pages == [[("b", "w:2"), ("b", "w:1")], [("a", "w:1")]]
        assert await books.inbox.count(CauseStatus.FAILED) == 5
        assert await books.inbox.count(CauseStatus.FAILED, prefix="w:") == 3
        assert await books.inbox.count(CauseStatus.PROCESSED) == 0

    async def test_a_cause_is_found_by_its_key_whosever_it_is(self, books: Books) -> None:
        for account_id in ("b", "a"):
            await books.accounts.change(account_id, granting(5), cause=a_cause("k1"))
        await books.accounts.change("a", granting(5), cause=a_cause("k2"))

        assert [(c.account_id, c.key) for c in await books.inbox.find("k1")] == [("a", "k1"), ("b", "k1")]
        assert await books.inbox.find("k3") == ()

    async def test_a_dead_cause_is_kept_as_such_and_runs_again_when_it_comes_again(self, books: Books) -> None:
        await books.accounts.change("a", recording(failing("k1")))
        await books.accounts.change("a", recording(evolve(failing("k1"), dead=True, error="at last")))
        (dead,) = await books.inbox.with_status(CauseStatus.DEAD)
        assert (dead.key, dead.attempts, dead.error) == ("k1", 2, "at last")

        await books.accounts.change("a", granting(5), cause=a_cause("k1"))

        (kept,) = await books.inbox.find("k1")
        assert (kept.status, kept.error) == (CauseStatus.PROCESSED, None)


def failing(key: str) -> CauseFailed:
    return CauseFailed(key=key, fingerprint="f", kind="", body=b"", error="e", at=NOW)
