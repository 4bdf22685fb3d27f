"""Playing a seed to its end, and what came of it."""

import gc
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from time import process_time

from attrs import asdict, field, frozen

from billing_core.testing.simulation.operating import reconciled
from billing_core.testing.simulation.oracle import compare
from billing_core.testing.simulation.playing import Playing
from billing_core.testing.simulation.totals import ensure_totals
from billing_core.testing.simulation.world import World, let_go

LATEST_WEBHOOK_DAYS = 4
LAST_DAYS = 4


@frozen(kw_only=True)
class Played:
    """One seed: how it ended, and what happened in it."""

    seed: int
    days: int
    seconds: float
    problem: str = ""
    where: str = ""
    last_steps: tuple[str, ...] = ()
    events: int = 0
    struck: dict[str, int] = field(factory=dict)
    passed: dict[str, int] = field(factory=dict)
    on_sqlite: bool = False

    @property
    def is_well(self) -> bool:
        return not self.problem


def run_seed(seed: int, *, days: int = 90, told: Callable[[str], None] | None = None) -> Played:
    """Plays the world of that seed. The same seed, the same world."""
    logging.disable(logging.CRITICAL)
    was_collecting = gc.isenabled()
    gc.disable()  # a world is soon over
    began = process_time()
    world = World(seed, days, told)
    problem = where = ""
    try:
        world.loop.run_until_complete(_played(world))
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the result
        problem = f"{type(error).__name__}: {error}"
        where = "".join(traceback.format_exception(error)[-4:])
    finally:
        let_go(world.loop)
        logging.disable(logging.NOTSET)
        if was_collecting:
            gc.enable()
        gc.collect()
    return Played(
        seed=seed,
        days=days,
        seconds=process_time() - began,
        problem=problem,
        where=where,
        last_steps=tuple(world.steps) if problem else (),
        events=world.events,
        struck=dict(world.chances.struck),
        passed=dict(world.chances.passed),
        on_sqlite=world.is_on_sqlite,
    )


async def _played(world: World) -> None:
    await world.open()
    try:
        playing = Playing.of(world)
        playing.begin()
        await world.pass_days(world.days)
        await _come_to_rest(world)
        await compare(world)
        await ensure_totals(world)
    finally:
        await world.close()


async def _come_to_rest(world: World) -> None:
    """The faults stop. Everything is delivered and done, the books are reconciled, and some days pass."""
    world.step("the faults stop")
    world.is_at_work = False
    world.chances.are_faults_on = False
    world.clock.offset = world.clock.offset * 0
    await world.pass_days(LATEST_WEBHOOK_DAYS)
    await world.within(reconciled)
    await world.pass_days(LAST_DAYS)
    await world.within(lambda use: use.accruing().run({}))
    await world.get_on()
    await world.pass_days(1 / 24)
    await world.check()


def merged(counts: list[dict[str, int]]) -> Counter[str]:
    """All of them together."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


__all__ = ["Played", "asdict", "merged", "run_seed"]
