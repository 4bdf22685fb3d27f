"""Questions are asked together, and each is answered by one that began after it was put."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from billing_core.adapters.books.asking import Asking


class Answering:
    """Answers each key with itself, upper case, but for "nobody"; knows what was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.fails = False

    async def __call__(self, keys: Collection[str]) -> Mapping[str, str]:
        self.asked.append(sorted(keys))
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        return {key: key.upper() for key in keys if key != "nobody"}


async def test_those_who_ask_at_once_are_answered_by_one_question() -> None:
    answering = Answering()
    asking = Asking(answering)

    answers = await asyncio.gather(*(asking(key) for key in ["a", "b", "nobody", "a"]))

    assert answers == ["A", "B", None, "A"]
    assert answering.asked == [["a", "b", "nobody"]]


async def test_who_asks_while_a_question_is_under_way_is_answered_by_the_next() -> None:
    answering = Answering()
    asking = Asking(answering)
    first = asyncio.create_task(asking("nobody"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the first question has left by now
    second = asyncio.create_task(asking("nobody"))

    assert [await first, await second] == [None, None]
    assert answering.asked == [["nobody"], ["nobody"]]


async def test_a_failure_is_told_to_all_who_asked_and_the_next_question_is_asked() -> None:
    answering = Answering()
    asking = Asking(answering)
    answering.fails = True

    told = await asyncio.gather(asking("a"), asking("b"), return_exceptions=True)
    answering.fails = False

    assert [type(error) for error in told] == [ConnectionError, ConnectionError]
    assert await asking("a") == "A"


async def test_one_who_goes_away_takes_no_answer_from_the_others() -> None:
    asking = Asking(Answering())
    gone, waits = asyncio.create_task(asking("a")), asyncio.create_task(asking("a"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await waits == "A"
    with pytest.raises(asyncio.CancelledError):
        await gone
