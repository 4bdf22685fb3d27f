"""The laws of an account, each over drawn histories of what a provider tells and what a customer does between."""

from datetime import datetime

from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from billing_core.domain import account_at
from billing_core.domain.account import Account, fold
from billing_core.domain.disputes import Dispute
from billing_core.domain.entitlements import entitlements
from billing_core.domain.events import HoldCaptured, HoldLapsed, HoldPlaced, HoldReleased
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.testing.builders import Life
from billing_core.testing.histories import Fact, History, Refund, tell
from billing_core.testing.provider import DAY
from tests.lives import Doing, do, ended, lived, lives
from tests.naive_slots import Naive, is_ambiguous

# A history is many decisions: half as many of them as of other examples, and fewer where each is lived three times.
some = settings(max_examples=settings().max_examples // 2)
few = settings(max_examples=settings().max_examples // 4)


# Conservation


def is_conserved(account: Account) -> bool:
    book, total = account.book, account.book.totals
    spent = book.available + book.held + total.captured + total.expired + total.revoked + total.settled
    owed = book.debt + total.settled + total.forgiven + total.written_off
    return total.granted == spent and total.incurred == owed


@some
@given(lives())
def test_every_credit_and_every_debt_is_somewhere_after_every_event(life: tuple[History, tuple[Doing, ...]]) -> None:
    account = Account(id="ann")
    for event in ended(lived(*life)).events:
        account = account.evolve(event)

        assert is_conserved(account)


@some
@given(lives())
def test_what_is_available_is_never_negative_and_nothing_is_while_there_is_debt(
    life: tuple[History, tuple[Doing, ...]],
) -> None:
    for now in lived(*life):
        book = now.account.book

        assert all(grant.remaining >= 0 for grant in book.grants)
        assert book.debt >= 0
        assert book.debt == 0 or book.available == 0


# Time


@few
@given(lives(), st.data())
def test_being_touched_now_and_then_is_the_same_as_being_touched_at_every_moment(
    life: tuple[History, tuple[Doing, ...]], data: st.DataObject
) -> None:
    history, doings = life
    lazy = ended(lived(history, doings))
    days = (history.ends_at + 45 * DAY - history.opened_at) // DAY
    daily = {history.opened_at + n * DAY for n in range(0, days, max(1, days // 60))}
    eager = ended(lived(history, doings, touched=frozenset({e.at for e in lazy.events} | daily)))
    some = data.draw(st.sets(st.sampled_from(sorted(daily)), max_size=5))

    assert lazy.account == eager.account
    assert lazy.account == ended(lived(history, doings, touched=frozenset(some))).account


@some
@given(lives())
def test_time_never_runs_backwards(life: tuple[History, tuple[Doing, ...]]) -> None:
    ends = ended(lived(*life))
    instants = [event.at for event in ends.events]
    early = ends.at(ends.events[0].at - DAY)

    assert sorted(instants) == instants
    assert ends.account.as_of == early.now == instants[-1]


# The fold


@some
@given(lives())
def test_the_events_fold_to_the_state_and_deciding_changes_nothing(life: tuple[History, tuple[Doing, ...]]) -> None:
    history, doings = life
    later = history.ends_at + 60 * DAY
    ends = ended(lived(history, doings))
    unopened, held = Life(history.catalog).at(later), ends.at(later)
    before = repr(held.account)
    for n, doing in enumerate(doings):
        do(held, doing, n)
    for fact in history.facts:
        tell(held, fact.told)

    assert before == repr(held.account)
    assert fold("ann", [*ends.events, *held.due]) == held.account
    assert fold("ann", unopened.due) == unopened.account


@some
@given(lives())
def test_a_hold_ends_once_and_never_costs_more_than_it_held(life: tuple[History, tuple[Doing, ...]]) -> None:
    held: dict[str, int] = {}
    for event in ended(lived(*life)).events:
        match event:
            case HoldPlaced():
                assert event.hold.id not in held
                held[event.hold.id] = event.hold.amount
            case HoldCaptured():
                assert 0 <= event.amount <= held.pop(event.hold_id)
            case HoldReleased() | HoldLapsed():
                assert held.pop(event.hold_id) >= sum(take.amount for take in event.back) + event.expired
            case _:
                pass


# Entitlement, against a computation of its own


@some
@given(lives())
def test_every_slot_has_been_given_what_it_is_entitled_to_and_never_more_than_the_best_plan_in_it(
    life: tuple[History, tuple[Doing, ...]],
) -> None:
    history, doings = life
    assume(not is_ambiguous(history))
    known: dict[str, Payment] = {}
    for now in lived(history, doings):
        for payment in now.account.payments:
            known[payment.id] = payment
        naive = Naive.billed(history, known)
        given_ = {
            (sub.id, tally.start, tally.end): tally.given
            for sub in now.account.subscriptions
            for tally in sub.tallies
            if tally.end is not None and not tally.closed
        }

        assert {slot: naive.entitled.get(slot, 0) for slot in given_} == given_
        assert all(credits_ <= naive.best.get(slot, 0) for slot, credits_ in given_.items())


# Order


def booked(history: History, facts: tuple[Fact, ...], doings: tuple[Doing, ...], at: datetime) -> Account:
    """The account that was told everything before `at` in time, and these facts at that instant, in this order."""
    before = evolve(history, ends_at=at - 45 * DAY)
    life = ended(lived(before, tuple(doing for doing in doings if doing.at < at)))
    parked: list[Fact] = []
    for fact in facts:
        if isinstance(fact.told, (Refund, Dispute)) and life.account.payment(fact.told.payment_id) is None:
            parked.append(fact)
        else:
            life.keep(tell(life.at(at), fact.told))
    for fact in parked:
        life.keep(tell(life.at(at), fact.told))
    return life.account


def ends_by(fact: Fact, at: datetime) -> bool:
    told = fact.told
    return isinstance(told, SubscriptionSnapshot) and told.ends_at is not None and told.ends_at <= at


def told(account: Account, history: History, at: datetime) -> dict[str, object]:
    held = account_at.at(account, at, history.catalog)
    return {
        "subscriptions": {s.id: (s.snapshot, s.version, s.ended_at) for s in account.subscriptions},
        "payments": {p.id: evolve(p, spans=tuple(sorted(p.spans, key=lambda s: s.key))) for p in account.payments},
        "entitlements": entitlements(held),
        "available": account.book.available,
        "debt": account.book.debt,
        "suspended": set(account.suspended_for),
        "disputes": {dispute.id: dispute for dispute in account.disputes},
    }


@given(lives(), st.data())
def test_the_order_in_which_facts_arrive_does_not_matter(
    life: tuple[History, tuple[Doing, ...]], data: st.DataObject
) -> None:
    history, doings = life
    cut = data.draw(st.integers(0, len(history.facts) - 1), label="cut")
    since = history.facts[cut].at
    at = history.ends_at + data.draw(st.sampled_from([0, 1, 10]), label="later") * DAY
    late = [fact for fact in history.facts if fact.at >= since]
    final = history.payments
    history = evolve(history, facts=tuple(f for f in history.facts if f.at < since))
    # An end is due as soon as it is told, and initial credits outlive it: which grants are initial may differ.
    initials = any(plan.initial_credits for version in history.catalog.versions for plan in version.plans)
    late = [fact for fact in late if not (initials and ends_by(fact, at))]
    again = data.draw(st.lists(st.sampled_from(late), max_size=3) if late else st.just([]), label="again")
    shuffled = data.draw(st.permutations(late + again), label="order")

    # What is told after its time is closed is not booked, and each payment that is booked closes what is over by then.
    assume(not any(is_closed(payment, at) for payment in final.values()))

    # An end that was named before and is taken back only after it has come is a due instant between facts.
    until_now = account_at.at(booked(history, (), doings, at), at, history.catalog).account
    assume(not any(sub.ended_at and sub.status and not sub.status.is_terminal for sub in until_now.subscriptions))

    in_order = booked(history, tuple(late), doings, at)
    in_disorder = booked(history, tuple(shuffled), doings, at)
    # So is one that is named and taken back among the late facts.
    named = {fact.told.id for fact in late if isinstance(fact.told, SubscriptionSnapshot) and ends_by(fact, at)}
    assume(named <= {sub.id for sub in in_order.subscriptions if sub.ended_at})

    # A state that is told so late that a free slot, or the end of a slot, was due in it is a due instant between facts.
    assume(in_order.free_slot == in_disorder.free_slot)
    assume(in_order.book.totals.written_off == in_disorder.book.totals.written_off)
    # So is an end: debt may have been paid before it by credits that it takes, or be left to those that outlive it.
    settled = in_order.book.totals.settled or in_disorder.book.totals.settled
    assume(not (settled and any(ends_by(fact, at) for fact in late)))
    assert told(in_order, history, at) == told(in_disorder, history, at)
