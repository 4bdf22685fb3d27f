"""Callers queue, form groups, and are all answered: by their answer, by an error, or by being sent away."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field

from billing_core.adapters.books.lane import GROUP, Lane
from billing_core.adapters.books.writes import Answered, Call, Outcome
from billing_core.domain.account import Account
from billing_core.ports.commit import Commit
from billing_core.ports.errors import OutcomeUnknown, Unavailable


@define
class Gate:
    """A commit that takes until it is opened, and answers with the account's id."""

    groups: list[list[str]] = field(factory=list)
    opened: asyncio.Event = field(factory=asyncio.Event)

    async def commit(self, calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        self.groups.append([call.account_id for call in calls])
        await self.opened.wait()
        return [Answered(call.account_id) for call in calls]


def a_call(account_id: str) -> Call[str]:
    def decide(account: Account) -> Commit[str]:
        return Commit(account.id)

    return Call(account_id, decide)


async def test_those_who_arrive_during_a_commit_form_the_next_group() -> None:
    gate = Gate()
    lane = Lane(gate.commit)
    first = asyncio.create_task(lane.change(a_call("first")))
    await asyncio.sleep(0.01)
    rest = [asyncio.create_task(lane.change(a_call(str(n)))) for n in range(GROUP + 1)]
    await asyncio.sleep(0)
    gate.opened.set()

    assert await asyncio.gather(first, *rest) == ["first", *map(str, range(GROUP + 1))]
    assert [len(group) for group in gate.groups] == [1, GROUP, 1]
    assert (sum(lane.groups.sizes.counts), lane.groups.sizes.sum) == (3, GROUP + 2)
    assert [lane.groups.sizes.counts[0], lane.groups.sizes.counts[-1]] == [2, 1]
    assert lane.groups.seconds.sum >= 0.01


async def test_those_who_are_on_their_way_come_along() -> None:
    gate = Gate()
    gate.opened.set()
    lane = Lane(gate.commit, turns=2)

    async def late(turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await lane.change(a_call(f"{turns} turns late"))

    await asyncio.gather(late(0), late(1), late(2), late(9))

    assert gate.groups == [["0 turns late", "1 turns late", "2 turns late"], ["9 turns late"]]


async def test_a_full_queue_sends_away() -> None:
    gate = Gate()
    lane = Lane(gate.commit, capacity=2)
    waiting = [asyncio.create_task(lane.change(a_call(str(n)))) for n in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting += [asyncio.create_task(lane.change(a_call(str(n)))) for n in range(2, 4)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await lane.change(a_call("too many"))

    gate.opened.set()
    assert await asyncio.gather(*waiting) == ["0", "1", "2", "3"]


async def test_closing_answers_those_who_wait_and_takes_no_more() -> None:
    gate = Gate()
    lane = Lane(gate.commit)
    waiting = [asyncio.create_task(lane.change(a_call(str(n)))) for n in range(GROUP + 5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(lane.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await lane.change(a_call("late"))
    gate.opened.set()
    await asyncio.wait_for(closing, timeout=5)

    assert all(task.done() for task in waiting)
    assert len(await asyncio.gather(*waiting)) == GROUP + 5


async def test_closing_a_lane_that_nobody_used_returns_at_once() -> None:
    await asyncio.wait_for(Lane(Gate().commit).close(), timeout=1)


async def test_a_caller_who_goes_away_is_committed_all_the_same() -> None:
    gate = Gate()
    lane = Lane(gate.commit)
    leaving = asyncio.create_task(lane.change(a_call("leaving")))
    staying = asyncio.create_task(lane.change(a_call("staying")))
    await asyncio.sleep(0.01)
    leaving.cancel()
    gate.opened.set()

    assert await staying == "staying"
    assert gate.groups == [["leaving", "staying"]]


async def test_a_commit_that_breaks_is_told_to_its_group_and_the_lane_goes_on() -> None:
    broken = [True]

    async def commit(calls: Sequence[Call[Any]]) -> Sequence[Outcome]:
        if broken.pop() if broken else False:
            raise ZeroDivisionError
        return [Answered("fine") for _ in calls]

    lane = Lane(commit)

    with pytest.raises(ZeroDivisionError):
        await lane.change(a_call("a"))
    assert await lane.change(a_call("a")) == "fine"


async def test_nobody_is_left_waiting_when_the_worker_is_canceled() -> None:
    gate = Gate()
    lane = Lane(gate.commit)
    before = asyncio.all_tasks()
    under_way = asyncio.create_task(lane.change(a_call("under way")))
    await asyncio.sleep(0.01)
    (worker,) = asyncio.all_tasks() - before - {under_way}
    queued = asyncio.create_task(lane.change(a_call("queued")))
    await asyncio.sleep(0)
    worker.cancel()

    answers = await asyncio.gather(under_way, queued, return_exceptions=True)
    assert [type(answer) for answer in answers] == [OutcomeUnknown, Unavailable]
