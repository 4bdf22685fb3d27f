"""What was paid for counts in a slot, or is named."""

from datetime import datetime, timedelta

import pytest

from billing_core.domain.events import SlotOpened
from billing_core.domain.openings import unplaced_spans
from billing_core.domain.payments import Span
from billing_core.domain.slots import Slot, anchor_of, entitlement, is_of_trial
from billing_core.domain.subscription import Status
from billing_core.testing.builders import NEW_YEAR, Life, a_charge, a_payment, a_snapshot, day

TRIAL_ENDS, FEBRUARY = day(2026, 1, 15), day(2026, 2, 1)


def unplaced(life: Life) -> tuple[Span, ...]:
    (sub,) = life.account.subscriptions
    return unplaced_spans(life.account, sub)


def test_a_line_that_ends_on_the_months_of_no_anchor_is_counted_from_none() -> None:
    line = a_charge(end=day(2026, 1, 16))

    assert anchor_of(line, ()) is None
    assert anchor_of(line, (NEW_YEAR, day(2026, 1, 17))) is None
    assert anchor_of(line, (NEW_YEAR, day(2026, 1, 16), day(2026, 2, 16))) == day(2026, 1, 16)


def test_a_line_of_no_length_counts_nowhere_and_is_nothing_to_name() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge(end=NEW_YEAR)), a_snapshot())

    assert unplaced(life) == ()


def test_a_line_within_a_trial_counts_in_it_wherever_months_are_counted_from() -> None:
    life = Life()
    end = day(2026, 1, 15)
    free_of_charge = a_payment(a_charge(end=end), amount_minor=0)
    life.told(NEW_YEAR, free_of_charge, a_snapshot(Status.TRIALING, trial_start=NEW_YEAR, trial_end=end))

    assert unplaced(life) == ()
    assert life.account.book.available == 10 + 200


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (NEW_YEAR, TRIAL_ENDS, True),
        (day(2026, 1, 10), day(2026, 1, 20), True),
        (day(2026, 1, 10), FEBRUARY, False),  # what is paid for would end then
        (TRIAL_ENDS, day(2026, 1, 20), False),
        (day(2025, 12, 31), day(2026, 1, 20), False),
    ],
)
def test_a_line_is_a_trials_own_where_it_begins_in_it_and_does_not_go_on_to_an_anchors_months(
    start: datetime, end: datetime, *, expected: bool
) -> None:
    assert is_of_trial(a_charge("basic", start, end), (NEW_YEAR,), Slot(NEW_YEAR, TRIAL_ENDS)) is expected


@pytest.mark.parametrize(("short_by", "expected"), [(timedelta(0), 1), (timedelta(microseconds=1), 0)])
def test_what_a_slot_is_entitled_to_is_rounded_down(short_by: timedelta, expected: int) -> None:
    assert entitlement(Slot(NEW_YEAR, FEBRUARY), [(a_charge(end=FEBRUARY - short_by), 1, 1)]) == expected


def test_months_that_are_paid_ahead_are_opened_in_order_whichever_was_told_first() -> None:
    march = day(2026, 3, 1)
    life = Life()
    life.told(NEW_YEAR, a_snapshot())
    for start in (march, FEBRUARY):
        life.told(NEW_YEAR, a_payment(a_charge(start=start), paid_at=NEW_YEAR, id=f"in_{start.month}"))
    life.touch(march)

    opened = [(event.at, event.start) for event in life.events if isinstance(event, SlotOpened)]
    assert opened == [(FEBRUARY, FEBRUARY), (march, march)]


def test_a_month_that_begins_as_a_hold_lapses_is_opened_all_the_same() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge(end=day(2027, 1, 1))), a_snapshot(price="basic-year"))
    life.keep(life.at(NEW_YEAR).hold(5, hold_id="h", until=FEBRUARY))
    life.touch(FEBRUARY)

    assert [tally.start for tally in life.account.subscriptions[0].tallies] == [NEW_YEAR, FEBRUARY]
