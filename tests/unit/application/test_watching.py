"""Watching generations while they are made."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import aclosing
from datetime import timedelta

import pytest
from attrs import field, frozen

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.generations import MemoryGenerations
from billing_core.application.progress import END
from billing_core.application.watching import Watching
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import Unavailable
from billing_core.ports.generations import Progress
from billing_core.ports.records import AttemptMade, GenerationMoved, GenerationOpened, PartialMade, Record
from billing_core.testing.contracts.books import NOW, a_generation, a_partial, recording

LONG, SOON, AT_ONCE = timedelta(seconds=20), timedelta(milliseconds=5), timedelta(0)
RUNNING = GenerationMoved(generation_id="gen_1", status=GenerationStatus.RUNNING, started_at=NOW)
ATTEMPT = AttemptMade(generation_id="gen_1", number=1, at=NOW)
CANCELED = GenerationMoved(generation_id="gen_1", status=GenerationStatus.CANCELED, ended_at=NOW)


@frozen
class Asked(MemoryGenerations):
    """Remembers for which generations it was asked, and is away for each of the `outages` once."""

    marked: list[set[str]] = field(factory=list)
    read: list[str] = field(factory=list)
    outages: list[str] = field(factory=list)

    async def get(self, account_id: str, generation_id: str) -> Generation | None:
        self._answer()
        return await super().get(account_id, generation_id)

    async def progress(self, account_id: str, generation_id: str) -> Progress | None:
        self.read.append(generation_id)
        self._answer()
        return await super().progress(account_id, generation_id)

    async def marks(self, generation_ids: Collection[str]) -> Mapping[str, int]:
        self.marked.append(set(generation_ids))
        self._answer()
        return await super().marks(generation_ids)

    def _answer(self) -> None:
        if self.outages:
            raise Unavailable(self.outages.pop())


@frozen
class Scene:
    """Books in memory, and who watches."""

    books: MemoryBooks
    asked: Asked
    watching: Watching

    async def write(self, *records: Record, account_id: str = "a") -> None:
        await self.books.accounts.change(account_id, recording(*records))

    async def steps(
        self, *, generation_id: str = "gen_1", after: str | None = None, quiet_for: timedelta = LONG
    ) -> AsyncIterator[list[str]]:
        """The ids of the steps, as they come."""
        following = self.watching.follow("a", generation_id, after=after, quiet_for=quiet_for)
        async with aclosing(following):
            async for steps in following:
                yield [step.id for step in steps]

    async def told(self, *, generation_id: str = "gen_1", after: str | None = None) -> list[str]:
        """The ids of all steps, once it is over."""
        return [step_id async for steps in self.steps(generation_id=generation_id, after=after) for step_id in steps]


@pytest.fixture
async def scene() -> Scene:
    books = MemoryBooks()
    asked = Asked(books.state)
    scene = Scene(books, asked, Watching(asked, look_every=SOON))
    await scene.write(GenerationOpened(a_generation()))
    return scene


async def test_what_is_new_is_told_as_it_comes(scene: Scene) -> None:
    steps = scene.steps()
    told = [await anext(steps)]
    for records in ((RUNNING, ATTEMPT), (PartialMade(a_partial(1)),), (PartialMade(a_partial(2)),), (CANCELED,)):
        await scene.write(*records)
        told.append(await anext(steps))

    assert [["0.0"], ["1.0"], ["1.1"], ["1.2"], [END]] == told
    assert [] == [step async for step in steps]


async def test_who_was_cut_off_is_told_what_came_meanwhile(scene: Scene) -> None:
    await scene.write(RUNNING, ATTEMPT, PartialMade(a_partial(1)))
    assert ["0.0", "1.0", "1.1"] == await anext(scene.steps())

    await scene.write(PartialMade(a_partial(2)))
    assert ["1.2"] == await anext(scene.steps(after="1.1"))

    await scene.write(CANCELED)
    assert [END] == await scene.told(after="1.1")
    assert [] == await scene.told(after=END)


async def test_nothing_is_followed_that_is_not_there(scene: Scene) -> None:
    assert [] == await scene.told(generation_id="gen_2")


async def test_who_listens_is_told_that_nothing_came(scene: Scene) -> None:
    steps = scene.steps(quiet_for=timedelta(milliseconds=30))
    async with asyncio.timeout(10):
        told = [await anext(steps) for _ in range(3)]

    assert [["0.0"], [], []] == told


async def test_a_process_asks_for_all_that_is_watched_at_once_and_else_for_nothing(scene: Scene) -> None:
    await scene.write(GenerationOpened(a_generation("gen_2")))
    readers = [scene.steps(), scene.steps(), scene.steps(generation_id="gen_2")]
    for reader in readers:
        await anext(reader)
    watched = scene.watching.watched
    scene.asked.marked.clear()
    await asyncio.sleep(0.05)
    while_watched = list(scene.asked.marked)
    for reader in readers:
        await reader.aclose()  # type: ignore[attr-defined]  # it is a generator
    await asyncio.sleep(0.02)
    scene.asked.marked.clear()
    await asyncio.sleep(0.03)

    assert 2 == watched
    assert while_watched
    assert all(asked == {"gen_1", "gen_2"} for asked in while_watched)
    assert ([], 0) == (scene.asked.marked, scene.watching.watched)


async def test_a_watcher_is_woken_by_its_own_news_alone(scene: Scene) -> None:
    await scene.write(GenerationOpened(a_generation("gen_2")))
    waiting = asyncio.create_task(scene.told())
    other = asyncio.create_task(scene.told(generation_id="gen_2"))
    await asyncio.sleep(0.05)
    scene.asked.read.clear()
    await asyncio.sleep(0.05)
    in_peace = list(scene.asked.read)
    await scene.write(CANCELED)
    await waiting
    scene.watching.close()
    await other

    assert [] == in_peace
    assert ["gen_1", "gen_2"] == scene.asked.read  # the other one's is its last look, as it goes


async def test_it_watches_again_after_a_time_without_watchers(scene: Scene) -> None:
    await scene.watching.ended(a_generation(), within=AT_ONCE)
    await asyncio.sleep(0.02)
    waiting = asyncio.create_task(scene.told())
    await asyncio.sleep(0.01)
    await scene.write(CANCELED)

    assert ["0.0", END] == await waiting


async def test_books_that_are_away_are_waited_for(scene: Scene) -> None:
    scene.asked.outages.append("the first look at what there is")
    steps = scene.steps(quiet_for=timedelta(milliseconds=50))
    told = [step_id for _ in range(2) for step_id in await anext(steps)]
    scene.asked.outages.append("a look at what is new")
    await asyncio.sleep(0.01)
    await scene.write(CANCELED)

    assert ["0.0"] == told
    assert [END] == [step_id async for steps in steps for step_id in steps]


async def test_the_end_is_waited_for(scene: Scene) -> None:
    waiting = asyncio.create_task(scene.watching.ended(a_generation(), within=LONG))
    await asyncio.sleep(0.01)
    await scene.write(RUNNING, ATTEMPT)
    await asyncio.sleep(0.01)
    is_waiting = not waiting.done()
    await scene.write(CANCELED)

    assert is_waiting
    assert GenerationStatus.CANCELED is (await waiting).status


async def test_who_waits_too_briefly_gets_it_as_it_is(scene: Scene) -> None:
    await scene.write(RUNNING, ATTEMPT)

    assert GenerationStatus.RUNNING is (await scene.watching.ended(a_generation(), within=SOON)).status


async def test_waiting_does_not_fail(scene: Scene) -> None:
    scene.asked.outages.append("the only look")

    assert a_generation() == await scene.watching.ended(a_generation(), within=AT_ONCE)
    assert a_generation("gen_9") == await scene.watching.ended(a_generation("gen_9"), within=AT_ONCE)


async def test_a_close_lets_everybody_go_and_keeps_nobody_who_comes_later(scene: Scene) -> None:
    following = asyncio.create_task(scene.told())
    waiting = asyncio.create_task(scene.watching.ended(a_generation(), within=LONG))
    await asyncio.sleep(0.01)
    scene.watching.close()

    assert ["0.0"] == await following
    assert GenerationStatus.QUEUED is (await waiting).status
    assert ["0.0"] == await scene.told()
    assert 0 == scene.watching.watched
