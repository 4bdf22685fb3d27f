"""Memory, SQLite and PostgreSQL give the same answers to the same calls, whatever those are."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.adapters.sqlalchemy.tables import jobs, metadata
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.figures import Figure, Place
from billing_core.domain.fraud import FraudPolicy, RiskLevel, WarningStatus
from billing_core.domain.generation import Failure, GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.recurring import Standing
from billing_core.ports.api_keys import ApiKey, Scope
from billing_core.ports.books import Books
from billing_core.ports.commit import Cause
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.figures import Counted
from billing_core.ports.jobs import JobQueue
from billing_core.ports.overview import AccountWanted
from billing_core.ports.records import (
    AttemptMade,
    CauseFailed,
    CauseStatus,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
    IncidentRaised,
    Job,
    OwnerClaimed,
    PartialMade,
    Record,
    WarningKept,
    WarningNoted,
)
from billing_core.testing.contracts.books import NOW, a_generation, a_partial, an_image, granting, recording, spending

Step = Callable[[Books], Awaitable[object]]
Look = Callable[[Books], Awaitable[list[object]]]
ACCOUNTS = ("a", "b")
KEYS = ("k1", "k2")
LEASE = timedelta(minutes=5)

accounts = st.sampled_from(ACCOUNTS)
keys = st.sampled_from(KEYS)
minutes = st.integers(0, 20).map(lambda n: NOW + timedelta(minutes=n))
ids = st.sampled_from(["1", "2"])
DAYS = [NOW.date() + timedelta(days=n) for n in (-1, 0, 1)]
THERE, NOWHERE = "0", "nowhere"
GENERATIONS = [f"{account_id}{n}" for account_id in ACCOUNTS for n in "012"]
causes = st.none() | st.builds(
    Cause,
    key=keys,
    fingerprint=st.sampled_from("fg"),
    answer_type=st.just(int),
    kind=st.just("spend"),
    body=st.binary(max_size=3),
    intent_type=st.none() | st.just(int),
)


def records_of(account_id: str) -> st.SearchStrategy[Record]:
    """Records build on what an earlier group wrote: within a group, each kind is written for all members at once."""
    mine = f"{account_id}{THERE}"
    known = st.sampled_from([mine, mine, NOWHERE])
    warnings = ids.map(lambda n: f"{account_id}{n}")
    moved = st.builds(
        GenerationMoved,
        generation_id=st.just(mine),
        status=st.sampled_from(GenerationStatus),
        started_at=st.none() | minutes,
        ended_at=st.none() | minutes,
        charged=st.none() | st.integers(0, 9),
        failure=st.none() | st.just(Failure("code", "message")),
    )
    failed = st.builds(
        CauseFailed,
        key=keys,
        fingerprint=st.sampled_from("fg"),
        kind=st.just("spend"),
        body=st.binary(max_size=3),
        error=st.just("boom"),
        at=minutes,
    )
    return st.one_of(
        ids.map(lambda n: GenerationOpened(a_generation(f"{account_id}{n}", account_id=account_id))),
        moved,
        st.builds(
            AttemptMade,
            generation_id=known,
            number=st.integers(1, 2),
            at=minutes,
            outcome=st.sampled_from(AttemptOutcome),
            error=st.none() | st.just("error"),
            provider_request_id=st.none() | st.just("req"),
            input_tokens=st.none() | st.integers(0, 9),
            output_tokens=st.none() | st.integers(0, 9),
        ),
        st.builds(
            lambda of, attempt, number, at: PartialMade(a_partial(number, attempt=attempt, generation_id=of, at=at)),
            known,
            st.integers(1, 2),
            st.integers(1, 3),
            minutes,
        ),
        st.builds(
            lambda n, of, private: ImageAdded(
                an_image(f"{account_id}{n}", account_id=account_id, generation_id=of, private=private)
            ),
            ids,
            known,
            st.booleans(),
        ),
        st.builds(
            ImageChanged,
            image_id=st.just(mine),
            private=st.none() | st.booleans(),
            deleted=st.booleans(),
        ),
        st.builds(
            Job,
            task=ids,
            args=st.just({"id": "1"}),
            priority=st.integers(-1, 2),
            not_before=st.none() | minutes,
            key=st.none() | keys,
        ),
        st.builds(IncidentRaised, key=keys, kind=st.just(IncidentKind.OTHER), detail=ids, at=minutes),
        st.builds(OwnerClaimed, keys, contested=st.booleans()),
        st.builds(
            WarningKept,
            id=warnings,
            payment=keys,
            kind=ids,
            risk=st.sampled_from(RiskLevel),
            policy=st.sampled_from(FraudPolicy),
            actionable=st.booleans(),
            at=minutes,
        ),
        st.builds(
            WarningNoted,
            id=warnings,
            by=ids,
            at=minutes,
            status=st.none() | st.sampled_from(WarningStatus),
            notes=st.none() | ids,
        ),
        failed,
    )


@st.composite
def changes(draw: st.DrawFn) -> Step:
    account_id, cause = draw(accounts), draw(causes)
    amount = draw(st.integers(1, 5))
    records = draw(st.lists(records_of(account_id), max_size=2))
    decide: Any = draw(st.sampled_from([granting(amount), spending(amount, *records), recording(*records)]))
    if decide.__qualname__.startswith("recording"):
        cause = None
    return lambda books: books.accounts.change(account_id, decide, cause=cause)


@st.composite
def groups(draw: st.DrawFn) -> Step:
    members = draw(st.lists(changes(), min_size=1, max_size=6))

    async def together(books: Books) -> object:
        answers = await asyncio.gather(*(member(books) for member in members), return_exceptions=True)
        return [_told(answer) for answer in answers]

    return together


@st.composite
def work(draw: st.DrawFn) -> Step:
    """Claims a job of some tasks, and finishes it, puts it back, renews its lease or leaves it."""
    at, end, later = draw(minutes), draw(st.sampled_from(["finish", "back", "renew", "leave"])), draw(minutes)
    some = st.sets(ids, max_size=2)
    tasks, leaving = draw(st.none() | some), draw(some)

    async def claim(books: Books) -> object:
        queue = books.jobs
        assert isinstance(queue, JobQueue)
        job = await queue.claim(at, lease=LEASE, tasks=tasks, leaving=leaving)
        if job is not None and end == "finish":
            await queue.finish(job)
        if job is not None and end == "back":
            await queue.put_back(job, not_before=later, error="again")
        if job is not None and end == "renew":
            assert await queue.renew(job, until=later)
        return None if job is None else (job.id, job.task, dict(job.args), job.attempt)

    return claim


@st.composite
def parking(draw: st.DrawFn) -> Step:
    event = ParkedEvent(event_id=draw(ids), provider_id=draw(keys), kind="k", body=b"\xff", received_at=draw(minutes))
    if draw(st.booleans()):
        return lambda books: books.directory.park(event)
    return lambda books: books.directory.unpark(event.event_id)


@st.composite
def keying(draw: st.DrawFn) -> Step:
    """Makes, uses or revokes the one key that an account may have."""
    account_id, n, at = draw(accounts), draw(ids), draw(minutes)
    key = ApiKey(
        id=n, account_id=account_id, name=n, scopes=frozenset(Scope), hint="", digest=f"{account_id}{n}", made_at=at
    )
    steps: list[Step] = [
        lambda books: _once(books, key),
        lambda books: books.api_keys.note_use(key, at),
        lambda books: books.api_keys.revoke(account_id, n),
    ]
    return draw(st.sampled_from(steps))


async def _once(books: Books, key: ApiKey) -> object:
    """No secret is made twice."""
    return await books.api_keys.find(key.digest) or await books.api_keys.add(key, most=1)


@st.composite
def figuring(draw: st.DrawFn) -> Step:
    places = st.builds(Place, st.sampled_from(DAYS), st.sampled_from(Figure), st.sampled_from(["", "m"]))
    counted = [
        Counted(
            account_id=account_id,
            before=before,
            version=before + draw(st.integers(1, 2)),
            standing=Standing(
                plan=draw(ids),
                status=draw(ids),
                currency=draw(st.sampled_from(["usd", None])),
                monthly_minor=draw(st.integers(0, 9)),
            ),
            amounts=draw(st.dictionaries(places, st.integers(-5, 5), max_size=3)),
        )
        for account_id in draw(st.lists(accounts, unique=True))
        for before in [draw(st.integers(0, 2))]
    ]
    return lambda books: books.figures.count(counted)


async def overseen(books: Books) -> list[object]:
    """What operators can read."""
    return [
        [await books.history.newest(account_id, limit=2) for account_id in ACCOUNTS],
        [await books.history.newest(account_id, before=3, limit=2) for account_id in ACCOUNTS],
        [await books.overview.accounts(AccountWanted(query=word), limit=2) for word in ("a", "B", None)],
        await books.overview.generations(DAYS[0], DAYS[-1]),
        await books.overview.open_incidents(),
        await books.overview.parked(limit=2),
        await books.overview.count_parked(),
        [(each.row.account_id, each.row.version, each.counted) for each in await books.figures.uncounted(limit=9)],
        sorted(await books.figures.standings(), key=repr),
        await books.figures.days(DAYS[0], DAYS[-1]),
        {figure: amount for figure, amount in (await books.figures.before(DAYS[-1])).items() if amount},
    ]


async def seen(books: Books) -> list[object]:
    """All that can be read."""
    return [
        [await books.accounts.get(account_id) for account_id in ACCOUNTS],
        [[stored async for stored in books.history.of(account_id)] for account_id in ACCOUNTS],
        [account_id async for account_id in books.history.accounts()],
        [await books.inbox.with_status(status) for status in CauseStatus],
        [await books.directory.owner_of(key) for key in KEYS],
        await books.warnings.page(),
        [await books.api_keys.of(account_id) for account_id in ACCOUNTS],
        [await books.directory.parked_for(key) for key in KEYS],
        [await books.generations.page(account_id, limit=1) for account_id in ACCOUNTS],
        [await books.generations.get(account_id, n) for account_id in ACCOUNTS for n in "012"],
        [await books.generations.progress(account_id, n) for account_id in ACCOUNTS for n in GENERATIONS],
        [await books.generations.attempts(account_id, n) for account_id in ACCOUNTS for n in GENERATIONS],
        await books.generations.marks(GENERATIONS),
        [await books.generations.overdue(at, stuck_since=at, limit=3) for at in (NOW, NOW + timedelta(minutes=10))],
        await books.generations.gallery(limit=3),
        await books.incidents.open(),
        await overseen(books),
    ]


async def queued(books: Books) -> list[object]:
    """What can be seen of the jobs, where they wait in the books' own queue."""
    return [await books.jobs.idle(NOW + timedelta(minutes=n)) for n in (0, 10, 30)]


async def played(books: Books, steps: Sequence[Step], looks: Sequence[Look]) -> list[object]:
    for account_id in ACCOUNTS:
        there = f"{account_id}{THERE}"
        opened = GenerationOpened(a_generation(there, account_id=account_id))
        image = an_image(there, account_id=account_id, generation_id=there)
        await books.accounts.change(account_id, recording(opened, ImageAdded(image)))
    told: list[object] = []
    for step in steps:
        told += [await step(books), *[await look(books) for look in looks]]
    return told


def _told(answer: object) -> object:
    return type(answer) if isinstance(answer, Exception) else answer


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "books.sqlite"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.mark.failure("D12")
def test_memory_and_sqlite_cannot_be_told_apart(template: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    # Each example opens a database of its own and waits for its disk.
    @settings(max_examples=settings().max_examples // 4)
    @given(st.lists(groups() | work() | parking() | keying() | figuring(), max_size=8))
    def the_same(steps: list[Step]) -> None:
        path = tmp_path_factory.mktemp("same") / "books.sqlite"
        shutil.copy(template, path)

        async def both() -> None:
            in_memory = await played(MemoryBooks(now=lambda: NOW), steps, [seen, queued])
            async with open_sqlite(f"sqlite:///{path}", now=lambda: NOW, migrate=False) as sqlite:
                assert await played(sqlite, steps, [seen, queued]) == in_memory

        asyncio.run(both())

    the_same()


@pytest.mark.failure("D12")
def test_memory_and_postgresql_cannot_be_told_apart(postgres_url: str) -> None:
    tables = ", ".join(f'"{name}"' for name in metadata.tables if name != jobs.name)  # which Procrastinate has there

    @settings(max_examples=settings().max_examples // 4)
    @given(st.lists(groups() | parking() | keying() | figuring(), max_size=8))
    def the_same(steps: list[Step]) -> None:
        with psycopg.connect(postgres_url) as connection:
            connection.execute(f"TRUNCATE {tables}, procrastinate_jobs CASCADE".encode())

        async def both() -> None:
            in_memory = await played(MemoryBooks(now=lambda: NOW), steps, [seen])
            async with open_postgresql(postgres_url, now=lambda: NOW) as books:
                assert await played(books, steps, [seen]) == in_memory

        asyncio.run(both())

    the_same()
