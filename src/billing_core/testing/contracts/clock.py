"""What every Clock does."""

from datetime import timedelta

import pytest

from billing_core.ports.clock import Clock


class ClockContract:
    """Subclass it and give the fixture `clock`."""

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError("give the clock that is to be tried")

    def test_the_time_is_told_in_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)

    def test_the_time_does_not_run_backwards(self, clock: Clock) -> None:
        told = [clock.now() for _ in range(100)]

        assert told == sorted(told)
