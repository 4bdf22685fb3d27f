"""What an account hears late, all at one instant: in turn, and in any other order, twice or not until the end."""

from datetime import datetime

from attrs import evolve, frozen
from hypothesis import assume
from hypothesis import strategies as st

from billing_core.domain import account_at
from billing_core.domain.account import Account
from billing_core.domain.disputes import Dispute
from billing_core.domain.entitlements import entitlements
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.testing.builders import Life
from billing_core.testing.histories import Fact, History, Refund, Warned, tell
from billing_core.testing.provider import DAY
from tests.lives import Doing, ended, lived, lives

TIMES = (1, 1, 1, 2, 0)


@frozen
class Late:
    """What was told in time and done by `at`, the facts that come then, and orders in which they may do so."""

    history: History
    doings: tuple[Doing, ...]
    at: datetime
    facts: tuple[Fact, ...]
    orders: tuple[tuple[Fact, ...], ...]


@st.composite
def late_facts(draw: st.DrawFn, *, max_steps: int = 7, orders: int = 1) -> Late:
    """A history, and where it is cut: what comes later is late."""
    history, doings = draw(lives(max_steps=max_steps))
    since = draw(st.sampled_from(history.facts)).at
    at = history.ends_at + draw(st.sampled_from([0, 1, 10])) * DAY
    # What is told after its time is closed is not booked, and each payment that is booked closes what is over by then.
    assume(not any(is_closed(payment, at) for payment in history.payments.values()))

    in_time = tuple(fact for fact in history.facts if fact.at < since)
    # An end is due as soon as it is told, and initial credits outlive it: which grants are initial may differ.
    initials = any(plan.initial_credits for version in history.catalog.versions for plan in version.plans)
    late = tuple(fact for fact in history.facts if fact.at >= since and not (initials and ends_by(fact, at)))
    drawn = tuple(draw(_orders(in_time, late)) for _ in range(orders))
    return Late(evolve(history, facts=in_time), doings, at, late, drawn)


@st.composite
def _orders(draw: st.DrawFn, in_time: tuple[Fact, ...], late: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Some come twice; where some are lost, the provider tells in the end how everything stands."""
    times = [draw(st.sampled_from(TIMES)) for _ in late]
    heard = [fact for fact, n in zip(late, times, strict=True) for _ in range(n)]
    reconciled = last_told((*in_time, *late)) if 0 in times else ()
    known = {fact for fact in in_time if isinstance(fact.told, Warned)}  # their cases are opened already
    reconciled = tuple(fact for fact in reconciled if fact not in known)
    return (*draw(st.permutations(heard)), *draw(st.permutations(reconciled)))


def last_told(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """What a provider would answer in the end: the last that it told of each thing."""
    last = {
        (type(fact.told), fact.told.payment_id if isinstance(fact.told, Refund) else fact.told.id): fact
        for fact in facts
    }
    return tuple(last.values())


def ends_by(fact: Fact, at: datetime) -> bool:
    told = fact.told
    return isinstance(told, SubscriptionSnapshot) and told.ends_at is not None and told.ends_at <= at


def before(late: Late) -> Account:
    """The account that was told everything else in time."""
    in_time = evolve(late.history, ends_at=late.at - 45 * DAY)
    return ended(lived(in_time, tuple(doing for doing in late.doings if doing.at < late.at))).account


def booked(account: Account, late: Late, facts: tuple[Fact, ...]) -> Account:
    """The account once it is told these facts at the last instant, in this order.

    What went back of a payment that nobody has heard of brings the payment with it, as who asks is told both.
    """
    life = Life(late.history.catalog, account)
    payments = {fact.told.id: fact.told for fact in late.facts if isinstance(fact.told, Payment)}
    for fact in facts:
        told = fact.told
        if isinstance(told, (Refund, Dispute)) and life.account.payment(told.payment_id) is None:
            life.keep(tell(life.at(late.at), payments[told.payment_id]))
        life.keep(tell(life.at(late.at), told))
    return life.account


def standing(account: Account, late: Late) -> dict[str, object]:
    """What must not depend on the order."""
    held = account_at.at(account, late.at, late.history.catalog)
    return {
        "subscriptions": {s.id: (s.snapshot, s.version, s.ended_at, s.card_used) for s in account.subscriptions},
        "payments": {p.id: evolve(p, spans=tuple(sorted(p.spans, key=lambda s: s.key))) for p in account.payments},
        "entitlements": entitlements(held),
        "available": account.book.available,
        "debt": account.book.debt,
        "suspended": set(account.suspended_for),
        "disputes": {dispute.id: dispute for dispute in account.disputes},
    }


def compared(late: Late) -> list[tuple[Fact, ...]]:
    """The orders that end as the facts do in turn. Those are left out in which something falls due on the way."""
    # An end that was named before and is taken back only after it has come is a due instant between facts.
    account = before(late)
    until_now = account_at.at(account, late.at, late.history.catalog).account
    assume(not any(sub.ended_at and sub.status and not sub.status.is_terminal for sub in until_now.subscriptions))
    in_turn = booked(account, late, late.facts)
    # So is one that is named and taken back among the late facts.
    ends = [fact.told for fact in late.facts if ends_by(fact, late.at)]
    named = {told.id for told in ends if isinstance(told, SubscriptionSnapshot)}
    assume(named <= {sub.id for sub in in_turn.subscriptions if sub.ended_at})

    alike = []
    for order in late.orders:
        otherwise = booked(account, late, order)
        if not fell_due(in_turn, otherwise, ends=bool(ends)):
            assert standing(in_turn, late) == standing(otherwise, late), order
            alike.append(order)
    return alike


def fell_due(in_turn: Account, otherwise: Account, *, ends: bool) -> bool:
    """Whether something did on the way in only one of them, or an end did beside a debt.

    A state that is told so late that a free slot, or the end of a slot, was due in it is a due instant between facts.
    So is an end: debt may have been paid before it by credits that it takes, or be left to those that outlive it.
    """
    here, there = in_turn.book.totals, otherwise.book.totals
    is_one_sided = in_turn.free_slot != otherwise.free_slot or here.written_off != there.written_off
    return is_one_sided or (ends and bool(here.settled or there.settled))
