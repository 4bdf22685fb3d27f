"""Bringing an account to a moment: everything that is due by then, in the order of its instants.

At one instant: lapse of holds, then ends of subscriptions, then openings of slots, then expiry, then grants; debt is
settled after each. Touching an account at any set of moments ends in the same state as touching it at every moment, so
no decision depends on a cron job.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import IntEnum

from attrs import frozen

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.calendar import month_index, nth_month
from billing_core.domain.catalog import Catalog
from billing_core.domain.credits import Grant, Hold, Source
from billing_core.domain.following import Ledger, counted_spans, tally_key
from billing_core.domain.plan_in_force import access_ends_at, plan_in_force
from billing_core.domain.slots import Slot
from billing_core.domain.subscription import Subscription


class Rank(IntEnum):
    """The order of what falls on one instant."""

    LAPSE = 0
    END = 1
    OPENING = 2
    EXPIRY = 3
    GRANT = 4


@frozen(order=True)
class Due:
    """Something that is due: when it happens, and in which order among what happens then."""

    at: datetime
    rank: Rank
    nominal: datetime
    key: str


Make = Callable[[datetime], tuple[e.Event, ...]]
Step = tuple[Due, Make]


def accrue(
    account: Account, now: datetime, catalog: Catalog, *, unsettled: frozenset[str] = frozenset()
) -> tuple[Account, tuple[e.Event, ...]]:
    """The account with all that is due by `now`, and the events of it.

    `unsettled` names the tallies whose facts have changed, so that their entitlement must be looked at again.
    """
    happened: list[e.Event] = []
    pending = set(unsettled)

    def apply(event: e.Event) -> None:
        nonlocal account
        account = account.evolve(event)
        happened.append(event)
        if isinstance(event, e.SlotOpened):
            pending.add(event.tally)

    while (step := min(_steps(account, catalog, pending), key=lambda step: step[0], default=None)) is not None:
        due, make = step
        if due.at > now:
            break
        pending.discard(due.key)
        for event in make(due.at):
            apply(event)
        for event in settlement(account, due.at):
            apply(event)
    return account, tuple(happened)


def settlement(account: Account, at: datetime) -> Iterator[e.DebtSettled]:
    """Debt is paid at once from whatever is available."""
    if account.book.debt and (takes := account.book.burn(account.book.debt)):
        yield e.DebtSettled(at=at, takes=takes)


def next_due_at(account: Account, catalog: Catalog) -> datetime | None:
    """When the account next needs to be touched, as far as is known; None if never."""
    return min((due.at for due, _ in _steps(account, catalog, set())), default=None)


def _steps(account: Account, catalog: Catalog, pending: set[str]) -> Iterator[Step]:
    if account.as_of is None:
        return
    floor = account.as_of

    def due(nominal: datetime, rank: Rank, key: str) -> Due:
        return Due(max(nominal, floor), rank, nominal, key)

    for hold in account.book.holds:
        if hold.until is not None:
            yield due(hold.until, Rank.LAPSE, hold.id), _lapse(account, hold)
    for sub in account.subscriptions:
        if sub.ended_at is None and sub.snapshot is not None and (ends := sub.snapshot.ends_at) is not None:
            yield due(ends, Rank.END, sub.id), _end(sub)
        yield from _openings(account, sub, due)
        for tally in sub.tallies:
            if tally.shortfall and tally.end is not None:
                yield (
                    due(tally.end, Rank.EXPIRY, f"{tally.key}:shortfall"),
                    _write_off(tally.key, tally.shortfall),
                )
    for grant in account.book.grants:
        if (ends := drops_at(account, grant, catalog)) is not None:
            yield due(ends, Rank.EXPIRY, grant.id), _expire(grant)
    for key in pending:
        yield due(floor, Rank.GRANT, key), _correct(account, catalog, key)
    yield from _free_slot(account, catalog, due)


Placed = Callable[[datetime, Rank, str], Due]


def _openings(account: Account, sub: Subscription, due: Placed) -> Iterator[Step]:
    opened = {tally.key for tally in sub.tallies}
    for slot in counted_spans(account, sub):
        key = tally_key(sub, slot)
        if key not in opened and (sub.ended_at is None or slot.start < sub.ended_at):
            yield due(slot.start, Rank.OPENING, key), _open(sub, key, slot)


def drops_at(account: Account, grant: Grant, catalog: Catalog) -> datetime | None:
    """When what remains of the grant is lost.

    A period grant stays past its slot's end until the next slot is granted, at the latest until grace is over, since
    a renewal takes a while; it ends with its subscription, and a trial's with the trial.
    """
    sub = account.subscription(grant.subscription_id) if grant.subscription_id else None
    if grant.source is not Source.PERIOD or sub is None or grant.expires_at is None or grant.period_start is None:
        return grant.expires_at
    if sub.ended_at is not None:
        return sub.ended_at
    follows = any(tally.start > grant.period_start for tally in sub.tallies)
    if follows or (sub.trial is not None and grant.expires_at == sub.trial.end):
        return grant.expires_at
    return grant.expires_at + catalog.version(sub.version).grace


def _free_slot(account: Account, catalog: Catalog, due: Placed) -> Iterator[Step]:
    """The next slot of the free plan: due at its start, or at the end of the paid plan, once."""
    plan, opened, last = catalog.current.free, account.opened_at, account.free_slot
    if opened is None or account.as_of is None or not isinstance(plan.allotment, int) or plan.allotment == 0:
        return
    start = nth_month(opened, month_index(opened, last.start) + 1) if last else opened
    at = max(start, account.as_of)
    paying = plan_in_force(account, at, catalog).subscription
    if paying is not None:
        ends = access_ends_at(account, paying, catalog)
        if ends is None:
            return
        at = max(at, ends)
    n = month_index(opened, at)
    start, end = nth_month(opened, n), nth_month(opened, n + 1)

    def make(now: datetime) -> tuple[e.Event, ...]:
        grant = Grant(
            id=f"free:{start:%Y%m%dT%H%M%SZ}",
            source=Source.PERIOD,
            amount=plan.allotment if isinstance(plan.allotment, int) else 0,
            remaining=plan.allotment if isinstance(plan.allotment, int) else 0,
            granted_at=now,
            expires_at=end,
            period_start=start,
            version=catalog.current.number,
            reason=plan.name,
        )
        return (e.FreeSlotGranted(at=now, start=start, end=end, grant=grant),)

    yield due(at, Rank.GRANT, f"free:{start:%Y%m%dT%H%M%SZ}"), make


def _open(sub: Subscription, key: str, slot: Slot) -> Make:
    return lambda now: (e.SlotOpened(at=now, subscription_id=sub.id, tally=key, start=slot.start, end=slot.end),)


def _lapse(account: Account, hold: Hold) -> Make:
    def make(now: datetime) -> tuple[e.Event, ...]:
        back, expired = account.book.returns(hold.takes)
        return (e.HoldLapsed(at=now, hold_id=hold.id, back=back, expired=expired),)

    return make


def _end(sub: Subscription) -> Make:
    return lambda now: (e.SubscriptionEnded(at=now, subscription_id=sub.id),)


def _expire(grant: Grant) -> Make:
    return lambda now: (e.GrantExpired(at=now, grant_id=grant.id, amount=grant.remaining),)


def _write_off(key: str, amount: int) -> Make:
    return lambda now: (e.ShortfallWrittenOff(at=now, tally=key, amount=amount),)


def _correct(account: Account, catalog: Catalog, key: str) -> Make:
    return lambda now: Ledger(account, catalog, now).corrections(key)
