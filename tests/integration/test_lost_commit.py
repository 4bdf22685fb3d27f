"""A connection to PostgreSQL that is lost, at the worst moments too: each caller is told what is true, in time."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from attrs import define

from billing_core.adapters.sqlalchemy.postgresql import PostgresqlBooks, Timeouts, committing, open_postgresql
from billing_core.domain.account import Account, fold
from billing_core.ports.commit import Commit
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.testing.contracts.books import a_cause, granting
from tests.faulty_link import Fault, FaultyLink, faulty_link
from tests.local_postgres import LocalPostgres

pytestmark = pytest.mark.postgres

IMPATIENT = Timeouts(connect_s=1, answer_s=0.5)
IN_TIME_S = 20


@define
class Granting:
    """Grants, and counts how often it was decided."""

    amount: int = 5
    decided: int = 0

    def __call__(self, account: Account) -> Commit[int]:
        self.decided += 1
        return granting(self.amount)(account)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "ASK_AGAIN_AFTER_S", (0.1, 0.2, 0.3))


@pytest.fixture
async def link_and_books(postgres_url: str) -> AsyncIterator[tuple[FaultyLink, PostgresqlBooks]]:
    async with faulty_link(postgres_url) as (link, url), open_postgresql(url, timeouts=IMPATIENT) as books:
        await books.accounts.change("a", granting(100))  # the connection is there
        yield link, books
        link.heal()


async def available(url: str, account_id: str = "a") -> int:
    """What the account has, seen without the link; its events say the same."""
    async with open_postgresql(url) as books:
        account = await books.accounts.get(account_id)
        assert account == fold(account_id, [stored.event async for stored in books.history.of(account_id)])
        return account.book.available


@pytest.mark.failure("D8")
@pytest.mark.parametrize("with_cause", [True, False])
async def test_a_commit_that_landed_is_answered_and_not_done_again(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str, *, with_cause: bool
) -> None:
    link, books = link_and_books
    link.fault, decide = Fault.CUT_AFTER, Granting()
    cause = a_cause() if with_cause else None

    assert await books.accounts.change("a", decide, cause=cause) == 105
    assert (link.was_cut.is_set(), decide.decided) == (True, 1)
    assert await available(postgres_url) == 105
    if with_cause:
        assert await books.accounts.change("a", decide, cause=cause) == 105
        assert decide.decided == 1


@pytest.mark.failure("D8")
@pytest.mark.parametrize("with_cause", [True, False])
async def test_a_commit_that_never_arrived_is_done_once(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str, *, with_cause: bool
) -> None:
    link, books = link_and_books
    link.fault, decide = Fault.CUT_BEFORE, Granting()

    assert await books.accounts.change("a", decide, cause=a_cause() if with_cause else None) == 105
    assert (link.was_cut.is_set(), decide.decided) == (True, 2)
    assert await available(postgres_url) == 105


@pytest.mark.failure("D8")
@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_everybody_in_a_group_is_told_what_is_true(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str, fault: Fault
) -> None:
    link, books = link_and_books
    link.fault = fault

    told = await asyncio.gather(
        *(books.accounts.change(f"b{n % 3}", granting(1), cause=a_cause(f"k{n}")) for n in range(90))
    )

    assert link.was_cut.is_set()
    assert sorted(told) == sorted(n for n in range(1, 31) for _ in range(3))
    assert [await available(postgres_url, f"b{n}") for n in range(3)] == [30, 30, 30]


async def test_an_outage_after_the_commit_is_sat_out(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str
) -> None:
    link, books = link_and_books
    link.fault, decide = Fault.CUT_AFTER, Granting()

    asked = asyncio.create_task(books.accounts.change("a", decide))
    await link.was_cut.wait()
    link.cut()
    await asyncio.sleep(0.2)
    link.heal()

    assert await asked == 105
    assert decide.decided == 1
    assert await available(postgres_url) == 105


@pytest.mark.failure("D8")
@pytest.mark.parametrize(
    ("fault", "decisions"),
    [
        (Fault.CUT_AFTER, {1}),
        (Fault.CUT_BEFORE, {2}),
        (Fault.STALL_AFTER, {1}),
        (Fault.STALL_BEFORE, {1, 2}),  # a commit that is late arrives before the retry, or not at all
    ],
)
async def test_where_nobody_can_know_it_is_said_so_and_a_retry_is_right(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str, fault: Fault, decisions: set[int]
) -> None:
    link, books = link_and_books
    link.fault, decide = fault, Granting()
    began = time.monotonic()

    asked = asyncio.create_task(books.accounts.change("a", decide, cause=a_cause()))
    if fault in {Fault.CUT_AFTER, Fault.CUT_BEFORE}:
        await link.was_cut.wait()
        link.cut()
    with pytest.raises(OutcomeUnknown):
        await asked
    assert time.monotonic() - began < IN_TIME_S
    link.heal()

    assert await books.accounts.change("a", decide, cause=a_cause()) == 105
    assert decide.decided in decisions
    assert await available(postgres_url) == 105


@pytest.mark.failure("D9")
async def test_a_database_that_falls_silent_is_unavailable_in_time_and_then_works_by_itself(
    link_and_books: tuple[FaultyLink, PostgresqlBooks], postgres_url: str
) -> None:
    link, books = link_and_books
    link.stall()
    began = time.monotonic()

    with pytest.raises(Unavailable):
        await books.accounts.change("a", granting(5))
    with pytest.raises(Unavailable):
        await books.accounts.get("a")
    assert time.monotonic() - began < IN_TIME_S
    link.heal()

    assert await books.accounts.change("a", granting(5)) == 105
    assert (await books.accounts.get("a")).book.available == 105
    assert await available(postgres_url) == 105


async def test_a_database_that_was_restarted_is_used_again_at_once(postgres: LocalPostgres, postgres_url: str) -> None:
    async with open_postgresql(postgres_url) as books:
        for crash in (False, True):
            await asyncio.gather(*(books.accounts.change("a", granting(1)) for _ in range(3)))
            await asyncio.gather(*(books.accounts.get("a") for _ in range(3)))
            before = (await books.accounts.get("a")).book.available
            await asyncio.to_thread(postgres.stop, crash=crash)
            await asyncio.to_thread(postgres.start)

            assert await books.accounts.change("a", granting(1)) == before + 1
            assert (await books.accounts.get("a")).book.available == before + 1


@pytest.mark.failure("D7", "D9")
async def test_while_the_database_is_down_callers_are_told_so_in_time(
    postgres: LocalPostgres, postgres_url: str
) -> None:
    async with open_postgresql(postgres_url) as books:
        await books.accounts.change("a", granting(1))
        await asyncio.to_thread(postgres.stop, crash=True)
        try:
            began = time.monotonic()
            told = await asyncio.gather(
                *(books.accounts.change("a", granting(1)) for _ in range(100)), return_exceptions=True
            )
            assert {type(answer) for answer in told} == {Unavailable}
            assert time.monotonic() - began < IN_TIME_S
        finally:
            await asyncio.to_thread(postgres.start)

        assert await books.accounts.change("a", granting(1)) == 2
