"""Bringing an account to a moment: everything that is due by then, in the order of its instants.

At one instant: lapse of holds, then ends of subscriptions, then openings of slots, then expiry, then grants; debt is
settled after each. Touching an account at any set of moments ends in the same state as touching it at every moment, so
no decision depends on a cron job.

Every decision asks what is due, and mostly nothing is. So what is due is found as plain tuples, of each kind only the
first is kept, and its events are made when its turn comes.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple, assert_never

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Plan
from billing_core.domain.credits import Grant, Hold, Source
from billing_core.domain.following import Ledger, tally_key, unopened_slots
from billing_core.domain.plan_in_force import access_ends_at, plan_in_force
from billing_core.domain.slots import Slot, slot_at
from billing_core.domain.subscription import Subscription, Tally


class Rank(IntEnum):
    """The order of what falls on one instant."""

    LAPSE = 0
    END = 1
    OPENING = 2
    EXPIRY = 3
    GRANT = 4


class Opening(NamedTuple):
    """A slot of a subscription that is to be opened, and the key of its tally."""

    subscription_id: str
    key: str
    slot: Slot


PERIOD = Source.PERIOD
_order = itemgetter(0, 1)
What = Hold | Subscription | Opening | Tally | Grant | Plan
Found = tuple[datetime, str, What]


class Due(NamedTuple):
    """Something that is due: when it happens, in which order among what happens then, and to what.

    `what` None stands for the tallies whose entitlement must be looked at again.
    """

    at: datetime
    rank: Rank
    nominal: datetime
    key: str
    what: What | None


def accrue(
    account: Account, now: datetime, catalog: Catalog, *, unsettled: frozenset[str] | None = None
) -> tuple[Account, tuple[e.Event, ...]]:
    """The account with all that is due by `now`, and the events of it.

    `unsettled` is given where facts have changed: it names the tallies whose entitlement must be looked at again, and
    slots of the past may have to be opened. Where none have, all slots that began before `as_of` are open.
    """
    happened: list[e.Event] = []
    changed, pending = unsettled is not None, set(unsettled or ())
    while (due := _first(account, catalog, pending, changed=changed)) is not None and due.at <= now:
        changed = changed and due.rank <= Rank.OPENING  # all openings of the past came before
        if due.what is None:
            events = _corrections(account, due.at, catalog, pending)
        else:
            events = _happening(account, due.at, due.what, catalog)
        for event in events:
            account = account.evolve(event)
            happened.append(event)
            if isinstance(event, e.SlotOpened):
                pending.add(event.tally)
        for event in settlement(account, due.at):
            account = account.evolve(event)
            happened.append(event)
    return account, tuple(happened)


def settlement(account: Account, at: datetime) -> Iterator[e.DebtSettled]:
    """Debt is paid at once from whatever is available."""
    if account.book.debt and (takes := account.book.burn(account.book.debt)):
        yield e.DebtSettled(at=at, takes=takes)


def next_due_at(account: Account, catalog: Catalog) -> datetime | None:
    """When the account next needs to be touched, as far as is known; None if never."""
    due = _first(account, catalog)
    return due.at if due is not None else None


def _first(account: Account, catalog: Catalog, pending: Iterable[str] = (), *, changed: bool = False) -> Due | None:
    floor = account.as_of
    if floor is None:
        return None
    dues = []
    for rank, found in _found(account, floor, catalog, changed=changed):
        if found:
            nominal, key, what = min(found, key=_order)
            if nominal <= floor:  # nothing of an earlier rank is due by now, and of its own rank it is the first
                return Due(floor, rank, nominal, key, what)
            dues.append(Due(nominal, rank, nominal, key, what))
    if pending:
        return Due(floor, Rank.GRANT, floor, min(pending), None)
    return min(dues, default=None)


def _found(account: Account, floor: datetime, catalog: Catalog, *, changed: bool) -> Iterator[tuple[Rank, list[Found]]]:
    """Rank by rank, and looked for only as far as is asked."""
    yield Rank.LAPSE, _lapses(account)
    yield Rank.END, _ends(account)
    yield Rank.OPENING, _openings(account, None if changed else floor)
    yield Rank.EXPIRY, _expiries(account, catalog)
    yield Rank.GRANT, _free_slots(account, floor, catalog)


def _lapses(account: Account) -> list[Found]:
    return [(hold.until, hold.id, hold) for hold in account.book.holds if hold.until is not None]


def _ends(account: Account) -> list[Found]:
    return [
        (ends, sub.id, sub)
        for sub in account.subscriptions
        if sub.ended_at is None and sub.snapshot is not None and (ends := sub.snapshot.ends_at) is not None
    ]


def _openings(account: Account, since: datetime | None) -> list[Found]:
    found: list[Found] = []
    for sub in account.subscriptions:
        for slot in unopened_slots(account, sub, since):
            if sub.ended_at is None or slot.start < sub.ended_at:
                key = tally_key(sub, slot)
                found.append((slot.start, key, Opening(sub.id, key, slot)))
    return found


def _expiries(account: Account, catalog: Catalog) -> list[Found]:
    found: list[Found] = [
        (tally.end, f"{tally.key}:shortfall", tally)
        for sub in account.subscriptions
        for tally in sub.tallies
        if tally.shortfall and tally.end is not None
    ]
    found.extend(
        (ends, grant.id, grant)
        for grant in account.book.grants
        if (ends := drops_at(account, grant, catalog)) is not None
    )
    return found


def _free_slots(account: Account, floor: datetime, catalog: Catalog) -> list[Found]:
    """The next slot of the free plan: due at its start, or at the end of the paid plan, once."""
    plan, opened, last = catalog.current.free, account.opened_at, account.free_slot
    if opened is None or not isinstance(plan.allotment, int) or plan.allotment == 0:
        return []
    at = max(last.end if last else opened, floor)
    paying = plan_in_force(account, at, catalog).subscription
    if paying is not None:
        ends = access_ends_at(account, paying, catalog)
        if ends is None:
            return []
        at = max(at, ends)
    return [(at, "free", plan)]


def drops_at(account: Account, grant: Grant, catalog: Catalog) -> datetime | None:
    """When what remains of the grant is lost.

    A period grant stays past its slot's end until the next slot is granted, at the latest until grace is over, since
    a renewal takes a while; it ends with its subscription, and a trial's with the trial.
    """
    sub = account.subscription(grant.subscription_id) if grant.subscription_id else None
    if sub is None or grant.source is not PERIOD or grant.expires_at is None or grant.period_start is None:
        return grant.expires_at
    if sub.ended_at is not None:
        return sub.ended_at
    follows = any(tally.start > grant.period_start for tally in sub.tallies)
    if follows or (sub.trial is not None and grant.expires_at == sub.trial.end):
        return grant.expires_at
    return grant.expires_at + catalog.version(sub.version).grace


def _corrections(account: Account, at: datetime, catalog: Catalog, pending: set[str]) -> tuple[e.Event, ...]:
    """Those of the first pending tally that needs some. What was looked at is pending no more."""
    ledger = Ledger(account, catalog, at)
    for key in sorted(pending):
        pending.discard(key)
        if events := ledger.corrections(key):
            return events
    return ()


def _happening(account: Account, at: datetime, what: What, catalog: Catalog) -> tuple[e.Event, ...]:
    match what:
        case Hold():
            back, expired = account.book.returns(what.takes)
            return (e.HoldLapsed(at=at, hold_id=what.id, back=back, expired=expired),)
        case Subscription():
            return (e.SubscriptionEnded(at=at, subscription_id=what.id),)
        case Opening():
            start, end = what.slot
            return (e.SlotOpened(at=at, subscription_id=what.subscription_id, tally=what.key, start=start, end=end),)
        case Tally():
            return (e.ShortfallWrittenOff(at=at, tally=what.key, amount=what.shortfall),)
        case Grant():
            return (e.GrantExpired(at=at, grant_id=what.id, amount=what.remaining),)
        case Plan():
            return _free_slot(account, at, what, catalog)
        case _:
            assert_never(what)


def _free_slot(account: Account, at: datetime, plan: Plan, catalog: Catalog) -> tuple[e.Event, ...]:
    gives = plan.allotment if isinstance(plan.allotment, int) else 0
    start, end = slot_at(account.opened_at or at, at)
    grant = Grant(
        id=f"free:{start:%Y%m%dT%H%M%SZ}",
        source=Source.PERIOD,
        amount=gives,
        remaining=gives,
        granted_at=at,
        expires_at=end,
        period_start=start,
        version=catalog.current.number,
        reason=plan.name,
    )
    return (e.FreeSlotGranted(at=at, start=start, end=end, grant=grant),)
