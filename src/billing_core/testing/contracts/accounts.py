"""The contract of AccountRepository: all or nothing, once per cause, and never more than there is."""

import asyncio

import pytest

from billing_core.domain.account import Account, fold
from billing_core.domain.errors import InsufficientCredits, InvalidValue
from billing_core.domain.events import ProfileNoted
from billing_core.ports.books import Books
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.ports.records import (
    AttemptMade,
    CauseFailed,
    CauseStatus,
    GenerationOpened,
    ImageAdded,
    Job,
    OwnerClaimed,
)
from billing_core.testing.contracts.books import (
    NOW,
    BooksContract,
    Rows,
    a_cause,
    a_generation,
    an_image,
    granting,
    recording,
    spending,
)

TABLES = ("accounts", "events", "inbox", "jobs", "owners", "generations", "images")


class AccountRepositoryContract(BooksContract):
    """Subclass it; give the fixtures `books` and `rows` of BooksContract."""

    async def test_an_account_that_was_never_seen_is_empty(self, books: Books) -> None:
        assert await books.accounts.get("a") == Account(id="a")

    async def test_reading_writes_nothing(self, books: Books, rows: Rows) -> None:
        await books.accounts.get("a")

        assert [rows(table) for table in TABLES] == [0] * len(TABLES)

    async def test_a_change_answers_and_is_kept(self, books: Books, rows: Rows) -> None:
        assert await books.accounts.change("a", granting(5)) == 5

        account = await books.accounts.get("a")
        assert (account.book.available, account.version) == (5, 2)
        assert (rows("accounts"), rows("events")) == (1, 2)

    async def test_the_kept_account_is_the_fold_of_its_events(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        await books.accounts.change("a", spending(2))

        events = [stored.event async for stored in books.history.of("a")]
        assert await books.accounts.get("a") == fold("a", events)

    async def test_what_a_decision_raises_is_its_callers_answer_and_writes_nothing(
        self, books: Books, rows: Rows
    ) -> None:
        with pytest.raises(InsufficientCredits):
            await books.accounts.change("a", spending(1), cause=a_cause())

        assert [rows(table) for table in TABLES] == [0] * len(TABLES)

    async def test_one_who_fails_disturbs_nobody_else(self, books: Books) -> None:
        answers = await asyncio.gather(
            books.accounts.change("a", granting(5)),
            books.accounts.change("a", spending(9)),
            books.accounts.change("b", spending(1)),
            books.accounts.change("a", spending(2)),
            return_exceptions=True,
        )

        assert [type(answer) for answer in answers] == [int, InsufficientCredits, InsufficientCredits, int]
        assert (await books.accounts.get("a")).book.available == 3

    async def test_one_that_the_store_refuses_disturbs_nobody_else(self, books: Books, rows: Rows) -> None:
        taken = recording(GenerationOpened(a_generation()))
        await books.accounts.change("a", taken)

        welcome = [books.accounts.change(f"b{n}", granting(n)) for n in range(1, 6)]
        refused = books.accounts.change("a", taken)
        answers = await asyncio.gather(*welcome, refused, return_exceptions=True)

        assert answers[:-1] == [1, 2, 3, 4, 5]
        assert isinstance(answers[-1], InvalidValue)
        assert (rows("generations"), rows("accounts")) == (1, 5)

    async def test_of_fifty_at_once_exactly_one_gets_the_last_credit(self, books: Books) -> None:
        await books.accounts.change("a", granting(1))

        answers = await asyncio.gather(
            *(books.accounts.change("a", spending(1)) for _ in range(50)), return_exceptions=True
        )

        assert sorted(type(answer).__name__ for answer in answers) == ["InsufficientCredits"] * 49 + ["int"]
        assert (await books.accounts.get("a")).book.held == 1

    async def test_a_hot_account_chains_in_the_order_of_arrival(self, books: Books) -> None:
        await books.accounts.change("a", granting(200))

        answers = await asyncio.gather(*(books.accounts.change("a", spending(1)) for _ in range(200)))

        assert answers == list(range(199, -1, -1))
        assert [stored.number async for stored in books.history.of("a")] == list(range(1, 203))

    async def test_the_same_cause_changes_nothing_again(self, books: Books, rows: Rows) -> None:
        await books.accounts.change("a", granting(5))

        first = await books.accounts.change("a", spending(2), cause=a_cause())
        again = await books.accounts.change("a", spending(2), cause=a_cause())

        assert (first, again) == (3, 3)
        assert rows("events") == 3

    async def test_the_same_cause_twice_at_once_gets_the_first_ones_answer(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))

        answers = await asyncio.gather(*(books.accounts.change("a", spending(2), cause=a_cause()) for _ in range(5)))

        assert answers == [3] * 5
        assert (await books.accounts.get("a")).book.available == 3

    async def test_one_key_on_two_accounts_is_two_causes(self, books: Books) -> None:
        answers = [await books.accounts.change(who, granting(1), cause=a_cause()) for who in ("a", "b")]

        assert answers == [1, 1]

    async def test_a_key_with_another_request_is_refused(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause())

        with pytest.raises(IdempotencyKeyReused):
            await books.accounts.change("a", granting(6), cause=a_cause(fingerprint="g"))

    async def test_a_key_with_another_request_at_once_is_refused(self, books: Books) -> None:
        answers = await asyncio.gather(
            books.accounts.change("a", granting(5), cause=a_cause()),
            books.accounts.change("a", granting(6), cause=a_cause(fingerprint="g")),
            return_exceptions=True,
        )

        assert [type(answer) for answer in answers] == [int, IdempotencyKeyReused]

    async def test_a_cause_whose_decision_raised_runs_again(self, books: Books) -> None:
        with pytest.raises(InsufficientCredits):
            await books.accounts.change("a", spending(1), cause=a_cause())
        await books.accounts.change("a", granting(5))

        assert await books.accounts.change("a", spending(1), cause=a_cause()) == 4

    async def test_a_failed_cause_runs_again_and_counts_its_failures(self, books: Books) -> None:
        failed = CauseFailed(
            key="http:spend:1", fingerprint="f", kind="spend", body=b"raw", error="KeyError: 'x'", at=NOW
        )
        for _ in range(2):
            await books.accounts.change("a", recording(failed))

        kept = await books.inbox.get("a", failed.key)
        assert kept is not None
        assert (kept.status, kept.attempts, kept.error) == (CauseStatus.FAILED, 2, "KeyError: 'x'")
        assert (kept.body, kept.received_at) == (b"raw", NOW)

        assert await books.accounts.change("a", granting(5), cause=a_cause()) == 5
        kept = await books.inbox.get("a", failed.key)
        assert kept is not None
        assert (kept.status, kept.attempts, kept.error) == (CauseStatus.PROCESSED, 2, None)

    async def test_a_processed_cause_cannot_fail_any_more(self, books: Books) -> None:
        await books.accounts.change("a", granting(5), cause=a_cause())
        late = CauseFailed(key="http:spend:1", fingerprint="f", kind="", body=b"", error="late", at=NOW)

        await books.accounts.change("a", recording(late))

        assert await books.accounts.change("a", granting(5), cause=a_cause()) == 5
        assert (await books.accounts.get("a")).book.available == 5

    async def test_a_started_cause_keeps_its_intent_until_its_final_commit(self, books: Books) -> None:
        started, final = a_cause(final=False), a_cause()
        answers = [
            await books.accounts.change("a", granting(1), cause=cause)
            for cause in (started, started, final, final, started)
        ]

        assert answers == [1, 1, 2, 2, 2]

    async def test_an_answer_that_could_not_be_read_back_is_refused_before_it_is_written(
        self, books: Books, rows: Rows
    ) -> None:
        with pytest.raises(InvalidValue):
            await books.accounts.change("a", lambda _: Commit("\ud800"), cause=a_cause())  # type: ignore[arg-type]

        assert rows("inbox") == 0

    @pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 140_000])
    async def test_text_that_no_store_keeps_is_refused(self, books: Books, rows: Rows, name: str) -> None:
        event = ProfileNoted(at=NOW, email="e", name=name)
        with pytest.raises(InvalidValue):
            await books.accounts.change("a", lambda _: Commit(None, (event,)))

        assert rows("events") == 0

    @pytest.mark.parametrize("account_id", ["", "\0", "\ud800", "x" * 1100])
    async def test_an_account_needs_an_id_that_can_be_kept(self, books: Books, account_id: str) -> None:
        with pytest.raises(InvalidValue):
            await books.accounts.change(account_id, granting(1))

    async def test_all_of_a_commit_is_written_or_nothing(self, books: Books, rows: Rows) -> None:
        await books.accounts.change("a", granting(5))
        orphan = spending(
            1,
            Job(task="t", args={}),
            OwnerClaimed("sub_1"),
            ImageAdded(an_image(generation_id="nowhere")),
        )

        with pytest.raises(InvalidValue):
            await books.accounts.change("a", orphan, cause=a_cause())

        assert {table: rows(table) for table in TABLES} == {
            "accounts": 1,
            "events": 2,
            "inbox": 0,
            "jobs": 0,
            "owners": 0,
            "generations": 0,
            "images": 0,
        }

    async def test_an_attempt_needs_its_generation(self, books: Books) -> None:
        with pytest.raises(InvalidValue):
            await books.accounts.change("a", recording(AttemptMade(generation_id="no", number=1, at=NOW)))

    async def test_no_decision_writes_for_another_account(self, books: Books, rows: Rows) -> None:
        with pytest.raises(InvalidValue):
            await books.accounts.change("b", recording(GenerationOpened(a_generation(account_id="a"))))

        assert rows("generations") == 0

    async def test_a_caller_who_goes_away_undoes_nothing(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        leaving = asyncio.create_task(books.accounts.change("a", spending(2), cause=a_cause()))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

        assert await books.accounts.change("a", spending(2), cause=a_cause()) == 3
        assert (await books.accounts.get("a")).book.available == 3
