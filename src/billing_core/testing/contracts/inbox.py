"""The contract of Inbox: every cause, as it was kept."""

from datetime import timedelta

from attrs import evolve

from billing_core.ports.books import Books
from billing_core.ports.commit import Cause
from billing_core.ports.inbox import REQUEST, StoredCause
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

    async def test_answered_requests_are_forgotten_by_age_and_by_how_their_keys_begin(self, books: Books) -> None:
        for key in ("http:POST /a:1", "http:POST /b:2", "http:POST%:3", "http:import:4"):
            await books.accounts.change("a", granting(5), cause=a_request(key))
        received_at = (await self.kept(books, "http:POST /b:2")).received_at
        later = received_at + timedelta(days=1)

        assert await books.inbox.forget_requests("http:POST ", before=received_at - timedelta(days=1), limit=9) == 0
        assert await books.inbox.forget_requests("http:POST ", before=later, limit=9) == 2
        assert await books.inbox.forget_requests("http:POST ", before=later, limit=9) == 0
        left = await books.inbox.with_status(CauseStatus.PROCESSED)
        assert sorted(cause.key for cause in left) == ["http:POST%:3", "http:import:4"]

    async def test_a_request_that_was_received_at_that_instant_is_not_forgotten_yet(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_request("http:1"))
        received_at = (await self.kept(books, "http:1")).received_at

        assert await books.inbox.forget_requests("http:", before=received_at, limit=9) == 0
        assert await books.inbox.forget_requests("http:", before=received_at + timedelta(microseconds=1), limit=9) == 1

    async def test_so_many_are_forgotten_at_once(self, books: Books) -> None:
        for n in range(3):
            await books.accounts.change(f"account-{n}", granting(5), cause=a_request("http:1"))
        later = (await self.kept(books, "http:1", "account-2")).received_at + timedelta(days=1)

        assert [await books.inbox.forget_requests("http:", before=later, limit=2) for _ in range(3)] == [2, 1, 0]

    async def test_what_is_no_request_or_is_not_answered_is_not_forgotten(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause("k:webhook"))
        await books.accounts.change("a", granting(5), cause=a_request("k:started", final=False))
        for key, dead in (("k:failed", False), ("k:dead", True)):
            await books.accounts.change("a", recording(evolve(failing(key), kind=REQUEST, dead=dead)))
        later = (await self.kept(books, "k:started")).received_at + timedelta(days=1)

        assert await books.inbox.forget_requests("k:", before=later, limit=9) == 0
        assert [cause.key for cause in await books.inbox.with_status(CauseStatus.STARTED)] == ["k:started"]

    async def test_a_forgotten_key_is_a_new_one(self, books: Books) -> None:
        first = await books.accounts.change("a", granting(5), cause=a_request("http:1"))
        later = (await self.kept(books, "http:1")).received_at + timedelta(days=1)
        await books.inbox.forget_requests("http:", before=later, limit=9)

        again = await books.accounts.change("a", granting(5), cause=a_request("http:1", fingerprint="another"))

        assert (first, again) == (5, 10)
        assert (await self.kept(books, "http:1")).fingerprint == "another"

    async def kept(self, books: Books, key: str, account_id: str = "a") -> StoredCause:
        cause = await books.inbox.get(account_id, key)
        assert cause is not None
        return cause


def a_request(key: str, *, fingerprint: str = "f", final: bool = True) -> Cause[int]:
    return evolve(a_cause(key, fingerprint=fingerprint, final=final), kind=REQUEST)


def failing(key: str) -> CauseFailed:
    return CauseFailed(key=key, fingerprint="f", kind="", body=b"", error="e", at=NOW)
