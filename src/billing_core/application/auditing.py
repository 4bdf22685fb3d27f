"""Proving that every stream of events folds to its account's row, that no credit is lost or made, and that what must
hold of every account does."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import AttrsInstance, asdict, define, field, frozen

from billing_core.application.matching import Matching
from billing_core.application.results import FEW, at_once
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.invariants import Breach, Invariant, breaches
from billing_core.ports.clock import Clock
from billing_core.ports.history import History, StoredEvent, UnreadableEvent
from billing_core.ports.register import AccountRow, Register

PAGE = 100
Describe = Callable[[Account], AttrsInstance]
"""Tells the columns of an account, one attribute for each."""


@frozen(kw_only=True)
class Audited:
    """One account's result: how many events its row counts, and what is wrong with it."""

    account_id: str
    events: int
    breaches: tuple[Breach, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in words."""
        return tuple([breach.text for breach in self.breaches])


@frozen
class Auditing:
    """Replays streams and compares: events with snapshot, snapshot with columns; then looks at the other invariants.

    Events are only ever appended, with the row that counts them. So a row and the events up to its version are of one
    moment, though they are read one after the other, and an account that moves on meanwhile is compared as it was read.
    The columns follow from a catalog: from today's, or from an earlier one where the account was not touched since.
    `describe` tells them by each, today's first. What else must hold is not asked of an account that does not fold.
    """

    register: Register
    history: History
    describe: Sequence[Describe]
    catalog: Catalog
    clock: Clock
    matching: Matching | None = None
    """Where the gateway is to be asked too."""

    async def __call__(self, account_id: str) -> Audited:
        """One account. One that was never seen is sound."""
        row = await self.register.row(account_id)
        if row is None:
            return Audited(account_id=account_id, events=0)
        (audited,) = [audited async for audited in self._audited((row,))]
        return audited

    async def all(self, *, after: str = "") -> AsyncIterator[Audited]:
        """Every account whose id comes after that one, in the order of the ids, in bounded memory."""
        while page := await self.register.page(after=after, limit=PAGE):
            async for audited in self._audited(page):
                yield audited
            after = page[-1].account_id

    async def _audited(self, page: Sequence[AccountRow]) -> AsyncIterator[Audited]:
        replays = {row.account_id: _Replay(row) for row in page}
        async for stored in self.history.between(page[0].account_id, page[-1].account_id):
            if (replay := replays.get(stored.account_id)) is not None:
                replay.take(stored)
        read = tuple(replays.values())
        for first in range(0, len(read), FEW):
            for audited in await at_once(self._of(replay) for replay in read[first : first + FEW]):
                yield audited

    async def _of(self, replay: "_Replay") -> Audited:
        found = tuple([breach async for breach in self._breaches(replay)])
        return Audited(account_id=replay.row.account_id, events=replay.row.version, breaches=found)

    async def _breaches(self, replay: "_Replay") -> AsyncIterator[Breach]:
        row, folding = replay.row, tuple(replay.breaches())
        for breach in (*folding, *self._misplaced(row), *await self._not_counted(replay)):
            yield breach
        if row.account is not None and not folding:
            for breach in broken(row.account, self.clock.now(), self.catalog):
                yield breach
            for breach in await self.matching(row.account_id) if self.matching is not None else ():
                yield breach

    def _misplaced(self, row: AccountRow) -> tuple[Breach, ...]:
        """What the columns tell wrongly of the snapshot."""
        if row.account is None:
            return ()
        by_each = (wrong_columns(row.columns, row.account, describe) for describe in self.describe)
        newest = next(by_each)
        wrong = newest if newest and all(by_each) else ()
        unseen = unseen_deadlines(row.columns.get("next_due_at"), row.account)
        return tuple([Breach(invariant=Invariant.COLUMNS, text=text) for text in (*wrong, *unseen)])

    async def _not_counted(self, replay: "_Replay") -> tuple[Breach, ...]:
        """An event beyond the row's version was written with a newer row, unless no row counts it."""
        row = replay.row if replay.last <= replay.row.version else await self.register.row(replay.row.account_id)
        counted = 0 if row is None else row.version
        return (of_stream(f"event {replay.last} is not counted by the row"),) if replay.last > counted else ()


@define
class _Replay:
    """One stream as far as it was read. What follows from the first thing that is wrong with it is not told."""

    row: AccountRow
    folded: Account = field(init=False)
    last: int = field(default=0, init=False)
    problem: Breach | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.folded = Account(id=self.row.account_id)

    def take(self, stored: StoredEvent | UnreadableEvent) -> None:
        """The next event. One that is newer than the row is only noticed."""
        expected, self.last = self.last + 1, stored.number
        if self.problem is None and expected <= self.row.version:
            self.problem = missing(expected) if stored.number != expected else self._folds(stored)

    def breaches(self) -> Iterator[Breach]:
        """What is wrong with the stream, once it has been read."""
        problem = self.problem or (missing(self.last + 1) if self.last < self.row.version else None)
        if problem is not None:
            yield problem
        if self.row.account is None:
            yield of_stream("the snapshot cannot be read")
            return
        version = self.row.account.version
        if problem is None and self.folded != self.row.account:
            yield of_stream("the events do not fold to the row")
        if self.row.version != version:
            yield of_stream(f"the row is of version {self.row.version}, its snapshot of version {version}")

    def _folds(self, stored: StoredEvent | UnreadableEvent) -> Breach | None:
        if isinstance(stored, UnreadableEvent):
            return of_stream(f"event {stored.number} cannot be read: {stored.problem}")
        try:
            self.folded = self.folded.evolve(stored.event)
        except Exception as error:  # noqa: BLE001 - an event that its own past does not bear is a finding
            return of_stream(f"event {stored.number} cannot be folded: {error}")
        wrong = imbalances(self.folded)
        text = f"after event {stored.number}: {'; '.join(wrong)}"
        return Breach(invariant=Invariant.CONSERVATION, text=text) if wrong else None


def of_stream(text: str) -> Breach:
    """Something is wrong with the stream, or with what its row says of it."""
    return Breach(invariant=Invariant.STREAM, text=text)


def missing(number: int) -> Breach:
    """An event that is not there."""
    return of_stream(f"event {number} is missing")


def broken(account: Account, now: datetime, catalog: Catalog) -> tuple[Breach, ...]:
    """What the account breaks of all that must hold beyond its fold."""
    try:
        return tuple(breaches(account, now, catalog))
    except Exception as error:  # noqa: BLE001 - an account that does not come to now is a finding
        return (of_stream(f"it cannot be brought to now: {error}"),)


def wrong_columns(kept: Mapping[str, object], account: Account, describe: Describe) -> tuple[str, ...]:
    """Every column that is not as the account has it."""
    try:
        told = asdict(describe(account))
    except Exception as error:  # noqa: BLE001 - an account of which nothing can be told is a finding
        return (f"the columns cannot be told: {error}",)
    return tuple(
        f"column {name} is {kept.get(name)!r}, not {value!r}" for name, value in told.items() if kept.get(name) != value
    )


def unseen_deadlines(next_due_at: object, account: Account) -> Iterator[str]:
    """Every hold whose deadline comes before the account is looked at: it would stay open."""
    for hold in account.book.holds:
        if hold.until is not None and not (isinstance(next_due_at, datetime) and next_due_at <= hold.until):
            yield f"hold {hold.id} is due at {hold.until}, but the account is not"


def imbalances(account: Account) -> tuple[str, ...]:
    """Every law of conservation that the account breaks."""
    book, totals = account.book, account.book.totals
    spent = book.available + book.held + totals.captured + totals.expired + totals.revoked + totals.settled
    owed = book.debt + totals.settled + totals.forgiven + totals.written_off
    overdrawn = any(grant.remaining < 0 for grant in book.grants)
    if totals.granted == spent and totals.incurred == owed and not overdrawn and book.debt >= 0:
        return ()
    broken = {
        f"granted {totals.granted} is not {spent}": totals.granted != spent,
        f"debt incurred {totals.incurred} is not {owed}": totals.incurred != owed,
        f"available is {book.available}": overdrawn,
        f"debt is {book.debt}": book.debt < 0,
    }
    return tuple(problem for problem, is_broken in broken.items() if is_broken)
