"""Bringing an account to a moment: everything that is due by then, in the order of its instants.

At one instant: lapse of holds, then ends of subscriptions, then openings of slots, then expiry, then grants; debt is
settled after each. Touching an account at any set of moments ends in the same state as touching it at every moment, so
no decision depends on a cron job.

Every decision asks what is due, and mostly nothing is. So what is due is found as plain tuples, of each kind only the
first is kept, and its events are made when its turn comes.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple, assert_never

from billing_core.domain import events as e
from billing_core.domain.account import DUE_AT, Account
from billing_core.domain.calendar import stamp
from billing_core.domain.catalog import Catalog
from billing_core.domain.credits import Grant, Hold, Source
from billing_core.domain.following import Ledger, refill
from billing_core.domain.openings import unopened_slots
from billing_core.domain.plan_in_force import access_ends_at, plan_key, plan_subscription
from billing_core.domain.slots import Slot, is_of_trial, slot_at
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.values import memo


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


class FreeOpening(NamedTuple):
    """A slot of the free plan that is to be opened: when the account was, and what the plan gives for it."""

    opened_at: datetime
    gives: int


LAPSE, END, OPENING, EXPIRY, GRANT = Rank
_order = itemgetter(0, 1)
What = Hold | Subscription | Opening | Tally | Grant | FreeOpening
Found = tuple[datetime, str, What]


class Due(NamedTuple):
    """Something that is due: when it happens, in which order among what happens then, and to what."""

    at: datetime
    rank: Rank
    what: What


def accrue(
    account: Account, now: datetime, catalog: Catalog, *, unsettled: frozenset[str] | None = None
) -> tuple[Account, tuple[e.Event, ...]]:
    """The account with all that is due by `now`, and the events of it.

    `unsettled` is given where facts have changed: it names the tallies whose entitlement must be looked at again, and
    slots of the past may have to be opened. Where none have, all slots that began before `as_of` are open.
    """
    if unsettled is None and not _is_due(account, now, catalog):
        return account, ()
    happened: list[e.Event] = []
    changed, pending = unsettled is not None, set(unsettled or ())
    while True:
        floor = account.as_of or now
        due = _first(account, floor, catalog, changed=changed)
        if pending and (due is None or due.at > floor):
            at, changed = floor, False
            events = _corrections(account, at, catalog, pending)
        elif due is not None and due.at <= now:
            at, changed = due.at, changed and due.rank <= OPENING  # all openings of the past came before
            events = _happening(account, at, due.what, catalog)
        else:
            return account, tuple(happened)
        for event in events:
            account = account.evolve(event)
            happened.append(event)
            if isinstance(event, e.SlotOpened):
                pending.add(event.tally)
        for event in settlement(account, at):
            account = account.evolve(event)
            happened.append(event)


def settlement(account: Account, at: datetime) -> Iterator[e.Event]:
    """At once, what came back to a slot that is short fills it, and debt is paid from whatever is available."""
    for event in refill(account, at):
        account = account.evolve(event)
        yield event
    if account.book.debt and (takes := account.book.burn(account.book.debt)):
        yield e.DebtSettled(at=at, takes=takes)


def next_due_at(account: Account, catalog: Catalog) -> datetime | None:
    """When the account next needs to be touched, as far as is known; None if never.

    All but the lapses of holds is noted, and handed on by the events of holds: they move nothing else, since whoever
    decides them has first done what was due.
    """
    floor, noted = account.as_of, memo(account)
    if floor is None:
        return None
    known: tuple[Catalog, datetime | None] | None = noted.get(DUE_AT)
    if known is None or known[0] is not catalog:
        due = _first_but_lapses(account, floor, catalog, changed=False)
        noted[DUE_AT] = known = catalog, due.at if due is not None else None
    dates = [hold.until for hold in account.book.holds if hold.until is not None]
    if known[1] is not None:
        dates.append(known[1])
    return max(min(dates), floor) if dates else None


def _is_due(account: Account, now: datetime, catalog: Catalog) -> bool:
    at = next_due_at(account, catalog)
    return at is not None and at <= now


def _first(account: Account, floor: datetime, catalog: Catalog, *, changed: bool) -> Due | None:
    """What is due first."""
    lapses = _lapses(account)
    if not lapses:
        return _first_but_lapses(account, floor, catalog, changed=changed)
    at, _, hold = min(lapses, key=_order)
    if at > floor:
        due = _first_but_lapses(account, floor, catalog, changed=changed)
        if due is not None and due.at < at:
            return due
    return Due(max(at, floor), LAPSE, hold)


def _first_but_lapses(account: Account, floor: datetime, catalog: Catalog, *, changed: bool) -> Due | None:
    """Where nothing of it is due by now, that is noted: a step later somebody asks again."""
    noted = memo(account)
    known: tuple[Catalog, Due | None] | None = noted.get("due")
    if known is not None and known[0] is catalog:
        return known[1]
    first: Due | None = None
    for rank, found in _found(account, floor, catalog, changed=changed):
        if found:
            at, _, what = min(found, key=_order)
            if at <= floor:  # nothing of an earlier rank is due by now, and of its own rank it is the first
                return Due(floor, rank, what)
            if first is None or at < first.at:
                first = Due(at, rank, what)
    noted["due"] = catalog, first
    return first


def _found(account: Account, floor: datetime, catalog: Catalog, *, changed: bool) -> Iterator[tuple[Rank, list[Found]]]:
    """Rank by rank, and looked for only as far as is asked."""
    if account.subscriptions:
        yield END, _ends(account)
        yield OPENING, _openings(account, None if changed else floor)
    yield EXPIRY, _expiries(account, catalog)
    yield GRANT, _free_slots(account, floor, catalog)


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
        if account.paid_for(sub.id).slots(sub).keys() <= {(tally.start, tally.end) for tally in sub.tallies}:
            continue  # all are open, as they nearly always are
        for key, slot in unopened_slots(account, sub, since):
            if sub.ended_at is None or slot.start < sub.ended_at:
                found.append((slot.start, key, Opening(sub.id, key, slot)))
    return found


def _expiries(account: Account, catalog: Catalog) -> list[Found]:
    found: list[Found] = [
        (ends, grant.id, grant)
        for grant in account.book.grants
        if (ends := drops_at(account, grant, catalog)) is not None
    ]
    found += [
        (tally.end, f"{tally.key}:shortfall", tally)
        for sub in account.subscriptions
        for tally in sub.tallies
        if tally.shortfall and tally.end is not None
    ]
    return found


def _free_slots(account: Account, floor: datetime, catalog: Catalog) -> list[Found]:
    """The next slot of the free plan: due at its start, or at the end of the paid plan, once."""
    gives, opened, last = catalog.current.free.allotment, account.opened_at, account.free_slot
    if opened is None or not isinstance(gives, int) or gives == 0:
        return []
    at = max(last.end if last else opened, floor)
    paying = plan_subscription(account, catalog)
    if paying is not None and plan_key(account, paying, at, catalog) is not None:
        ends = access_ends_at(account, paying, catalog)
        if ends is None:
            return []
        at = max(at, ends)
    return [(at, "free", FreeOpening(opened, gives))]


def drops_at(account: Account, grant: Grant, catalog: Catalog) -> datetime | None:
    """When what remains of the grant is lost.

    A period grant stays past its slot's end until the next slot is granted, at the latest until grace is over, since
    a renewal takes a while; it ends with its subscription, and a trial's with the trial.
    """
    ends, start = grant.expires_at, grant.period_start
    if ends is None or start is None:  # it is no period grant
        return ends
    sub = account.subscription(grant.subscription_id) if grant.subscription_id else None
    if sub is None:
        return ends
    if sub.ended_at is not None:
        return sub.ended_at
    if (trial := sub.trial) is not None and (ends == trial.end or _began_in(trial, account, sub, Slot(start, ends))):
        return min(ends, trial.end)
    following = [tally for tally in sub.tallies if tally.start > start]
    if following:
        return ends
    return ends + catalog.version(sub.version).grace


def _began_in(trial: Slot, account: Account, sub: Subscription, slot: Slot) -> bool:
    """Whether the slot is one of the trial's, also of one that was cut short."""
    paid = account.paid_for(sub.id)
    return any(is_of_trial(span, paid.anchors(sub), trial) for span in paid.slots(sub).get(slot, ()))


def _corrections(account: Account, at: datetime, catalog: Catalog, pending: set[str]) -> tuple[e.Event, ...]:
    """Those of the first pending tally that needs some. What needs none is pending no more."""
    ledger = Ledger(account, catalog, at)
    for key in sorted(pending):
        if events := ledger.corrections(key):
            return events
        pending.discard(key)
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
        case FreeOpening():
            return _free_slot(what, at, catalog)
        case _:
            assert_never(what)


def _free_slot(opening: FreeOpening, at: datetime, catalog: Catalog) -> tuple[e.Event, ...]:
    start, end = slot_at(opening.opened_at, at)
    grant = Grant(
        id=f"free:{stamp(start)}",
        source=Source.PERIOD,
        amount=opening.gives,
        remaining=opening.gives,
        granted_at=at,
        expires_at=end,
        period_start=start,
        version=catalog.current.number,
        reason=catalog.current.free.name,
    )
    return (e.FreeSlotGranted(at=at, start=start, end=end, grant=grant),)
