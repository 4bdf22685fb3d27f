"""Buckets that one process counts."""

from billing_core.adapters.books.rates import ProcessRates


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_bucket_fills_up_evenly() -> None:
    time = Time()
    rates = ProcessRates(time)
    assert [await rates.take("ann", per_minute=2) for _ in range(3)] == [0, 0, 30]
    time.now += 29
    assert await rates.take("ann", per_minute=2) == 1
    time.now += 1
    assert [await rates.take("ann", per_minute=2) for _ in range(2)] == [0, 30]
    time.now += 3_600

    assert [await rates.take("ann", per_minute=2) for _ in range(3)] == [0, 0, 30]


async def test_no_more_names_are_remembered_than_fit() -> None:
    rates = ProcessRates(Time(), most=3)
    for n in range(100):
        await rates.take(str(n), per_minute=1)

    assert await rates.take("99", per_minute=1) == 60
    assert await rates.take("0", per_minute=1) == 0
