"""The laws of an account, each over drawn histories of what a provider tells and what a customer does between."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from billing_core.domain.account import Account, fold
from billing_core.domain.events import HoldCaptured, HoldLapsed, HoldPlaced, HoldReleased
from billing_core.domain.payments import Payment
from billing_core.testing.builders import Life
from billing_core.testing.histories import History, tell
from billing_core.testing.provider import DAY
from tests.late_facts import Late, compared, late_facts
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
        used = {sub.id for sub in now.account.subscriptions if sub.card_used}
        naive = Naive.billed(history, known, used)
        given_ = {
            (sub.id, tally.start, tally.end): tally.given
            for sub in now.account.subscriptions
            for tally in sub.tallies
            if tally.end is not None and not tally.closed
        }

        assert {slot: naive.entitled.get(slot, 0) for slot in given_} == given_
        assert all(credits_ <= naive.best.get(slot, 0) for slot, credits_ in given_.items())


# Order


@given(late_facts())
def test_the_order_in_which_facts_arrive_does_not_matter(late: Late) -> None:
    assume(compared(late))
