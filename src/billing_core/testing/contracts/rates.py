"""The contract of Rates: a bucket can be emptied at once, and then fills up evenly."""

import asyncio

import pytest

from billing_core.ports.books import Books
from billing_core.testing.contracts.books import BooksContract


class RatesContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    @pytest.mark.parametrize("per_minute", [1, 5, 7, 20])
    async def test_as_many_pass_at_once_as_a_minute_has_and_then_none(self, books: Books, per_minute: int) -> None:
        waits = [await books.rates.take("a", per_minute=per_minute) for _ in range(per_minute + 1)]

        assert waits[:-1] == [0] * per_minute
        assert 0 < waits[-1] <= 60 / per_minute

    async def test_many_who_ask_at_once_are_counted_one_by_one(self, books: Books) -> None:
        waits = await asyncio.gather(*(books.rates.take("a", per_minute=20) for _ in range(30)))

        assert waits.count(0) == 20

    async def test_each_name_has_its_own_bucket(self, books: Books) -> None:
        assert [await books.rates.take(name, per_minute=1) for name in ("a", "b", "灯台")] == [0, 0, 0]

    async def test_whoever_waits_as_long_as_they_are_told_passes_once(self, books: Books) -> None:
        per_minute = 3_000  # one each 20 ms
        while not (wait_s := await books.rates.take("a", per_minute=per_minute)):
            pass
        await asyncio.sleep(wait_s)

        assert await books.rates.take("a", per_minute=per_minute) == 0
