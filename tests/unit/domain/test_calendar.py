"""Months counted from an anchor, clamped where a month is short, never chained."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from billing_core.domain.calendar import month_index, nth_month, on_grid, overlap, utc
from billing_core.domain.payments import Payment
from billing_core.testing.builders import day


@pytest.mark.parametrize(
    ("anchor", "n", "expected"),
    [
        (day(2026, 1, 31), 1, day(2026, 2, 28)),
        (day(2026, 1, 31), 2, day(2026, 3, 31)),
        (day(2028, 1, 31), 1, day(2028, 2, 29)),
        (day(2028, 1, 28), 1, day(2028, 2, 28)),
        (day(2024, 2, 29), 12, day(2025, 2, 28)),
        (day(2024, 2, 29), 48, day(2028, 2, 29)),
        (day(2026, 3, 31), 1, day(2026, 4, 30)),
        (day(2026, 1, 31), -1, day(2025, 12, 31)),
        (day(2026, 12, 30, 23), 2, day(2027, 2, 28, 23)),
    ],
)
def test_a_month_is_counted_from_the_anchor_and_clamped(anchor: datetime, n: int, expected: datetime) -> None:
    assert expected == nth_month(anchor, n)


def test_an_instant_belongs_to_the_month_that_it_starts() -> None:
    anchor = day(2026, 1, 31, 12)

    assert month_index(anchor, anchor) == 0
    assert month_index(anchor, day(2026, 2, 28, 12)) == 1
    assert month_index(anchor, day(2026, 2, 28, 11)) == 0
    assert month_index(anchor, day(2026, 1, 31, 11)) == -1


def test_only_the_very_instant_is_on_the_grid() -> None:
    assert on_grid(day(2026, 1, 31), day(2026, 2, 28))
    assert not on_grid(day(2026, 1, 31), day(2026, 2, 28, 1))


def test_intervals_that_only_touch_share_nothing() -> None:
    assert overlap(day(2026, 1, 1), day(2026, 1, 2), day(2026, 1, 2), day(2026, 1, 3)) == 0
    assert overlap(day(2026, 1, 1), day(2026, 1, 3), day(2026, 1, 2), day(2026, 1, 9)) == 86_400_000_000


def test_an_instant_is_told_in_utc_and_a_naive_one_is_refused() -> None:
    in_tokyo = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))

    assert day(2026, 1, 1) == utc(in_tokyo)
    with pytest.raises(ValueError, match="naive"):
        utc(in_tokyo.replace(tzinfo=None))


def test_utc_is_not_the_time_of_the_machines_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        told = utc(day(2026, 1, 1)).isoformat()
    time.tzset()

    assert told == "2026-01-01T00:00:00+00:00"


def test_a_value_keeps_no_instant_that_is_not_utc() -> None:
    in_tokyo = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))

    with pytest.raises(ValueError, match="paid_at must be an aware UTC datetime"):
        Payment(id="in_1", subscription_id=None, amount_minor=1, currency="usd", paid_at=in_tokyo)
