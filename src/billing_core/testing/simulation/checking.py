"""The laws that hold at every moment, whatever is under way: checked on the stream of each account as it grows."""

from datetime import datetime

from attrs import define, field

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.credits import Hold
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.books import Books


class Violation(AssertionError):
    """A law is broken."""


def ensure(holds: bool, law: str) -> None:
    """Raises Violation."""
    if not holds:
        raise Violation(law)


@define
class Follower:
    """One account, folded beside the books from what was appended. Nothing that was read is read again."""

    account_id: str
    account: Account = field(init=False)
    seen: int = 0
    last_at: datetime | None = None
    granted: dict[str, int] = field(factory=dict)
    free_starts: list[datetime] = field(factory=list)
    open_holds: dict[str, Hold] = field(factory=dict)
    settled: dict[str, e.HoldCaptured | e.HoldReleased | e.HoldLapsed] = field(factory=dict)
    snapshots: dict[str, SubscriptionSnapshot] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.account = Account(id=self.account_id)

    async def follow(self, books: Books) -> int:
        """What was appended since; how many events that was."""
        before = self.seen
        async for stored in books.history.of(self.account_id, after=self.seen):
            ensure(stored.number == self.seen + 1, f"event {stored.number} follows event {self.seen}")
            self.seen = stored.number
            self._take(stored.event)
        if self.seen == before:
            return 0
        kept = await books.accounts.get(self.account_id)
        ensure(kept == self.account, "the row is what its events fold to")
        book = kept.book
        ensure(not book.debt or not book.available, f"owes {book.debt} and has {book.available} at once")
        return self.seen - before

    def _take(self, event: e.Event) -> None:
        ensure(self.last_at is None or event.at >= self.last_at, f"time runs backwards at {event}")
        self.last_at = event.at
        match event:
            case e.CreditsGranted(grant=grant) | e.FreeSlotGranted(grant=grant) | e.DebtReturned(grant=grant):
                ensure(grant.id not in self.granted, f"{grant.id} was granted twice")
                self.granted[grant.id] = grant.amount
                if isinstance(event, e.FreeSlotGranted):
                    self.free_starts.append(event.start)
            case e.HoldPlaced(hold=hold):
                known = hold.id in self.open_holds or hold.id in self.settled
                ensure(not known, f"hold {hold.id} was placed twice")
                self.open_holds[hold.id] = hold
            case e.HoldCaptured() | e.HoldReleased() | e.HoldLapsed():
                self._settle(event)
            case e.SubscriptionSeen(snapshot=snapshot):
                self._believe(snapshot)
            case _:
                pass
        self.account = self.account.evolve(event)
        conserved(self.account)

    def _settle(self, event: e.HoldCaptured | e.HoldReleased | e.HoldLapsed) -> None:
        ensure(event.hold_id not in self.settled, f"hold {event.hold_id} was settled twice, at last by {event}")
        ensure(event.hold_id in self.open_holds, f"hold {event.hold_id} was settled before it was placed")
        hold = self.open_holds.pop(event.hold_id)
        self.settled[event.hold_id] = event
        if isinstance(event, e.HoldCaptured):
            ensure(0 <= event.amount <= hold.amount, f"{event.amount} of the {hold.amount} of {hold.id} were captured")
            ensure(event.images <= max(hold.images, 0), f"{hold.id} paid for more images than it was placed for")
        if not isinstance(event, e.HoldLapsed):
            late = hold.until is not None and event.at >= hold.until
            ensure(not late, f"hold {hold.id} was settled at {event.at}, after its deadline {hold.until}")

    def _believe(self, told: SubscriptionSnapshot) -> None:
        before = self.snapshots.get(told.id)
        if before is not None:
            absorbed = before.status.value in {"canceled", "incomplete_expired"}
            stays = told.status.value in {"canceled", "incomplete_expired"}
            ensure(stays or not absorbed, f"{told.id} came back to life")
            newer = told.seen_at >= before.seen_at or (stays and not absorbed)
            ensure(newer, f"{told.id}: what was seen at {told.seen_at} was believed over {before.seen_at}")
        self.snapshots[told.id] = told


def conserved(account: Account) -> None:
    """Every granted credit is somewhere, and every credit of debt came from somewhere."""
    book, totals = account.book, account.book.totals
    there = book.available + book.held + totals.captured + totals.expired + totals.revoked + totals.settled
    # What a covered hold captured was taken from no grant: it is not among the granted ones.
    ensure(totals.granted == there, f"{totals.granted} were granted, but {there} are accounted for")
    owed = book.debt + totals.settled + totals.forgiven + totals.written_off
    ensure(totals.incurred == owed, f"{totals.incurred} were owed, but {owed} are accounted for")
    ensure(book.available >= 0 and book.held >= 0 and book.debt >= 0, "nothing is negative")
    ensure(all(grant.remaining <= grant.amount for grant in book.grants), "a grant has more left than it gave")
