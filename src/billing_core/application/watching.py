"""Watching generations while they are made.

What is watched is what is in the books, so it does not matter which process makes the pictures. Each process asks for
all that is watched in it at once, a few times a second; while nobody watches, it asks nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from attrs import define, field

from billing_core.application.progress import END, Step, steps_after
from billing_core.domain.generation import Generation
from billing_core.ports.errors import Unavailable
from billing_core.ports.generations import Generations

LOOK_EVERY = timedelta(milliseconds=200)


@define(eq=False)
class Watching:
    """Tells those who watch what is new, until they go or it is closed."""

    generations: Generations
    look_every: timedelta = LOOK_EVERY
    _bells: dict[str, set[asyncio.Event]] = field(factory=dict, init=False)
    _looking: "asyncio.Task[None] | None" = field(default=None, init=False)
    _is_closed: bool = field(default=False, init=False)

    async def follow(
        self, account_id: str, generation_id: str, *, after: str | None = None, quiet_for: timedelta
    ) -> AsyncGenerator[tuple[Step, ...], None]:
        """The steps after the one with the id `after`, as they come: at once those that are there, the end last.

        No step at all where nothing came for `quiet_for`, so that one can see whether anybody still listens. It ends
        without the end where the watching is closed, or there is no such generation. Books that are away for a while
        are waited for.
        """
        is_quiet = False
        with self._bell(generation_id) as bell:
            while after != END:
                steps = await self._new(account_id, generation_id, after)
                if steps is None:
                    return
                if steps or is_quiet:
                    yield steps
                after = steps[-1].id if steps else after
                if self._is_closed:
                    return
                is_quiet = after != END and not await _rung(bell, within=quiet_for)

    async def ended(self, generation: Generation, *, within: timedelta) -> Generation:
        """The generation once it has ended, or as it was last seen when the time is up.

        It raises nothing: who waits has had it accepted, and would ask for it again if that sounded like a failure.
        """
        loop = asyncio.get_running_loop()
        deadline, seen = loop.time() + within.total_seconds(), generation
        with self._bell(generation.id) as bell:
            while True:
                with suppress(Unavailable):
                    seen = await self.generations.get(generation.account_id, generation.id) or seen
                left = timedelta(seconds=deadline - loop.time())
                if seen.status.is_terminal or left <= timedelta(0) or self._is_closed:
                    return seen
                await _rung(bell, within=left)

    @property
    def watched(self) -> int:
        """How many generations are watched now."""
        return len(self._bells)

    def close(self) -> None:
        """Lets everybody go who watches, and who comes later, with what there is."""
        self._is_closed = True
        for bell in self._all_bells():
            bell.set()
        if self._looking is not None:
            self._looking.cancel()

    async def _new(self, account_id: str, generation_id: str, after: str | None) -> tuple[Step, ...] | None:
        try:
            progress = await self.generations.progress(account_id, generation_id)
        except Unavailable:
            return ()
        return None if progress is None else steps_after(progress, after)

    @contextmanager
    def _bell(self, generation_id: str) -> Iterator[asyncio.Event]:
        """Rings when the generation may have moved since the bell was taken."""
        bell = asyncio.Event()
        self._bells.setdefault(generation_id, set()).add(bell)
        if not self._is_closed and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        try:
            yield bell
        finally:
            self._bells[generation_id].remove(bell)
            if not self._bells[generation_id]:
                del self._bells[generation_id]

    async def _look(self) -> None:
        """Rings the bells of what has moved. What is looked at for the first time may have moved just before."""
        seen: dict[str, int] = {}
        while self._bells:
            await asyncio.sleep(self.look_every.total_seconds())
            try:
                marks = dict(await self.generations.marks(tuple(self._bells)))
            except Unavailable:
                continue
            for generation_id, bells in self._bells.items():
                if marks.get(generation_id) != seen.get(generation_id):
                    for bell in bells:
                        bell.set()
            seen = marks

    def _all_bells(self) -> tuple[asyncio.Event, ...]:
        return tuple(bell for bells in self._bells.values() for bell in bells)


async def _rung(bell: asyncio.Event, *, within: timedelta) -> bool:
    """Whether it rang in time; then it is ready to ring again."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            await bell.wait()
    except TimeoutError:
        return False
    bell.clear()
    return True
