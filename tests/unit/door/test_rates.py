"""How often one may ask."""

import pytest

from billing_core.entrypoints.http.rates import SlidingMinute
from billing_core.entrypoints.http.refusals import RateLimited


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_passes_so_often_within_any_minute() -> None:
    time = Time()
    window = SlidingMinute(2, monotonic=time)
    window.take("ann")
    time.now += 30
    window.take("ann")
    with pytest.raises(RateLimited) as refused:
        window.take("ann")
    window.take("bob")
    time.now += 30
    window.take("ann")
    with pytest.raises(RateLimited):
        window.take("ann")

    assert refused.value.retry_after_s == 30


def test_no_more_keys_are_remembered_than_fit() -> None:
    window = SlidingMinute(1, most_keys=3)
    for n in range(100):
        window.take(str(n))

    assert len(window) == 3
    with pytest.raises(RateLimited):
        window.take("99")


def test_nobody_passes_where_none_may() -> None:
    with pytest.raises(RateLimited):
        SlidingMinute(0).take("ann")
