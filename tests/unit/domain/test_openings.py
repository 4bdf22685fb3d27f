"""What was paid for counts in a slot, or is named."""

from datetime import datetime

import pytest

from billing_core.domain.openings import unplaced_spans
from billing_core.domain.payments import Span
from billing_core.domain.slots import Slot, anchor_of, is_of_trial
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


def test_a_month_that_begins_as_a_hold_lapses_is_opened_all_the_same() -> None:
    life = Life()
    life.told(NEW_YEAR, a_payment(a_charge(end=day(2027, 1, 1))), a_snapshot(price="basic-year"))
    february = day(2026, 2, 1)
    life.keep(life.at(NEW_YEAR).hold(5, hold_id="h", until=february))
    life.touch(february)

    assert [tally.start for tally in life.account.subscriptions[0].tallies] == [NEW_YEAR, february]
