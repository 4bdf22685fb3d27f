"""What is asked again and again is found by an index, however many rows there are."""

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from billing_core.adapters.sqlalchemy.books import SqliteBooks, open_sqlite
from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.ports.generations import Progress
from billing_core.ports.records import AttemptMade, GenerationOpened, Job, PartialMade
from billing_core.testing.contracts.api_keys import KEY
from billing_core.testing.contracts.books import NOW, a_generation, a_partial, granting, recording
from billing_core.testing.contracts.jobs import LEASE

Asked = list[tuple[str, Any]]


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[SqliteBooks]:
    async with open_sqlite(f"sqlite:///{tmp_path}/books.sqlite", now=lambda: NOW) as books:
        begun = AttemptMade(generation_id="gen_1", number=1, at=NOW)
        opened = GenerationOpened(a_generation())
        await books.accounts.change("a", recording(opened, begun, PartialMade(a_partial()), Job(task="t", args={})))
        yield books


@pytest.fixture
def plan_of(tmp_path: Path, books: SqliteBooks) -> Iterator[Callable[[str, Any], list[str]]]:
    """How SQLite would look for the rows."""
    connection = sqlite3.connect(tmp_path / "books.sqlite")

    def explain(statement: str, parameters: Any) -> list[str]:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]

    yield explain
    connection.close()


@contextmanager
def listening(books: SqliteBooks) -> Iterator[Asked]:
    """The statements that are sent meanwhile."""
    asked: Asked = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            asked.append((statement, parameters))

    engines = [thread.engine for thread in (books.jobs.database.reader, books.jobs.database.writer.thread)]  # type: ignore[attr-defined]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def walks(asked: Asked, plan_of: Callable[[str, Any], list[str]]) -> list[str]:
    """Where a whole table would be looked through; `kinds` holds one row for each task."""
    steps = [step for statement, parameters in asked for step in plan_of(statement, parameters)]
    return [step for step in steps if re.match(r"SCAN (?!kinds|CONSTANT|\()", step)]


async def test_marks_are_one_statement_that_finds_each_by_its_key(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    with listening(books) as asked:
        assert len(await books.generations.marks([f"gen_{n}" for n in range(500)])) == 1

    assert len(asked) == 1
    assert walks(asked, plan_of) == []


async def test_the_key_of_a_secret_is_one_statement_that_finds_it_by_its_digest(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    await books.api_keys.add(KEY, most=1)
    with listening(books) as asked:
        assert await books.api_keys.find(KEY.digest) == KEY

    assert len(asked) == 1
    assert walks(asked, plan_of) == []


async def test_progress_is_few_statements_that_find_each_by_its_key(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    with listening(books) as asked:
        progress = await books.generations.progress("a", "gen_1")

    begun = Attempt(number=1, outcome=AttemptOutcome.STARTED, started_at=NOW)
    assert progress == Progress(a_generation(), (begun,), (a_partial(),))
    assert len(asked) == 4
    assert walks(asked, plan_of) == []


async def test_what_is_overdue_is_found_without_a_walk_over_what_has_ended(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    with listening(books) as asked:
        assert len(await books.generations.overdue(NOW, stuck_since=NOW, limit=9)) == 1

    assert walks(asked, plan_of) == []


@pytest.mark.parametrize("choice", [{}, {"tasks": {"t", "u"}}, {"leaving": {"u"}}])
async def test_a_claim_walks_over_nothing_that_waits_of_other_tasks(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]], choice: dict[str, set[str]]
) -> None:
    with listening(books) as asked:
        assert await books.jobs.claim(NOW, lease=LEASE, **choice) is not None

    assert len(asked) == 2
    assert walks(asked, plan_of) == []


async def test_the_newest_events_and_the_generations_of_some_days_are_found_by_an_index(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    with listening(books) as asked:
        await books.history.newest("a", before=9, limit=9)
        assert len(await books.overview.generations(NOW.date(), NOW.date())) == 1

    assert len(asked) == 2
    assert walks(asked, plan_of) == []


async def test_who_is_to_be_counted_is_found_in_the_order_of_ids_without_sorting(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    await books.accounts.change("a", granting(1))
    with listening(books) as asked:
        assert len(await books.figures.uncounted(limit=9)) == 1

    (steps,) = [plan_of(*each) for each in asked]
    assert [step.split()[0] for step in steps] == ["SEARCH", "SEARCH"]  # no sorting of what is found


async def test_answered_requests_are_found_by_their_age_without_a_walk_over_webhooks(
    books: SqliteBooks, plan_of: Callable[[str, Any], list[str]]
) -> None:
    with listening(books) as asked:
        assert await books.inbox.forget_requests("http:", before=NOW, limit=9) == 0

    (steps,) = [plan_of(*each) for each in asked]
    assert walks(asked, plan_of) == []
    assert any("ix_inbox_requests" in step for step in steps), steps
