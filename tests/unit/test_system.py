"""Clocks and ids: the machine's own, and the ones that a test can steer."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from billing_core.adapters.system import CountingIds, FixedClock, MovableClock, SystemClock, SystemIds
from billing_core.domain.errors import InvalidValue
from billing_core.ports.clock import Clock
from billing_core.ports.ids import IdSource
from billing_core.testing.contracts.clock import ClockContract
from billing_core.testing.contracts.ids import IdSourceContract

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
A_MONTH = timedelta(days=31)
A_SECOND = timedelta(seconds=1)


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()


class TestMovableClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return MovableClock(A_MONTH)


class TestFixedClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return FixedClock(NOON)


class TestSystemIds(IdSourceContract):
    @pytest.fixture
    def ids(self) -> IdSource:
        return SystemIds()


class TestCountingIds(IdSourceContract):
    @pytest.fixture
    def ids(self) -> IdSource:
        return CountingIds()


def test_the_system_clock_tells_the_time_of_now() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < A_SECOND


def test_a_movable_clock_runs_ahead_by_all_that_it_was_moved() -> None:
    clock = MovableClock()

    clock.advance(A_MONTH)
    told = clock.advance(A_MONTH)

    assert clock.offset == 2 * A_MONTH
    assert abs(told - datetime.now(UTC) - 2 * A_MONTH) < A_SECOND
    assert clock.now() >= told


def test_a_movable_clock_starts_where_the_last_one_was_left() -> None:
    before = MovableClock()
    before.advance(A_MONTH)

    after = MovableClock(before.offset)

    assert after.offset == A_MONTH


@pytest.mark.parametrize("by", [timedelta(microseconds=-1), timedelta(days=4_000_000)])
def test_a_movable_clock_goes_neither_back_nor_past_the_calendar(by: timedelta) -> None:
    clock = MovableClock(A_MONTH)

    with pytest.raises(InvalidValue):
        clock.advance(by)

    assert clock.offset == A_MONTH


def test_a_movable_clock_does_not_start_in_the_past() -> None:
    with pytest.raises(InvalidValue):
        MovableClock(-A_SECOND)


def test_a_fixed_clock_stands_until_it_is_set() -> None:
    clock = FixedClock(NOON)
    stood = clock.now()
    advanced = clock.advance(A_MONTH)
    clock.set(NOON - A_SECOND)

    assert (stood, advanced, clock.now()) == (NOON, NOON + A_MONTH, NOON - A_SECOND)


def test_a_fixed_clock_tells_utc_whatever_it_was_set_in() -> None:
    clock = FixedClock(NOON.astimezone(timezone(timedelta(hours=5))))

    assert clock.now().tzinfo is UTC


def test_a_fixed_clock_takes_no_naive_time() -> None:
    with pytest.raises(ValueError, match="naive"):
        FixedClock(NOON.replace(tzinfo=None))


def test_a_system_id_is_26_characters_that_nobody_misreads() -> None:
    assert re.fullmatch(r"gen_[0-9a-hjkmnp-tv-z]{26}", SystemIds().new("gen"))


def test_a_system_id_begins_with_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    # The example of the ULID specification: 1469918176385 is written 01ARYZ6S41.
    monkeypatch.setattr(time, "time_ns", lambda: 1_469_918_176_385_000_000)

    assert SystemIds().new("gen")[:14] == "gen_01aryz6s41"


def test_system_ids_grow_although_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = SystemIds()
    before = ids.new("gen")
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    after = [ids.new("gen") for _ in range(100)]

    assert [before, *after] == sorted({before, *after})


def test_threads_share_a_source_and_no_id() -> None:
    ids = SystemIds()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new("gen"), range(5_000)))

    assert len(set(made)) == len(made)


def test_counted_ids_can_be_foretold() -> None:
    ids = CountingIds()

    assert [ids.new("gen"), ids.new("hold"), ids.new("gen")] == ["gen_000001", "hold_000001", "gen_000002"]
