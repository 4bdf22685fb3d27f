"""The story of a customer's year is true, chapter by chapter."""

import asyncio
from itertools import pairwise

import pytest

from billing_core.domain.credits import Totals
from billing_core.domain.options import Action, Option
from billing_core.entrypoints.container import standing_clock
from billing_core.entrypoints.demo import SCENES, START, Chapter, Year, expect, way_out
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.testing.builders import NEW_YEAR


@pytest.fixture(scope="module")
def chapters() -> list[Chapter]:
    return asyncio.run(told())


async def told() -> list[Chapter]:
    settings = with_secrets(Settings(database_url=MEMORY))
    async with running(settings, Parts(clock=standing_clock(START))) as use_cases:
        assert use_cases.simulation is not None
        year = Year(use_cases, use_cases.simulation)
        return [chapter async for chapter in year.tell()]


def test_every_chapter_is_told_and_adds_up(chapters: list[Chapter]) -> None:
    assert len(chapters) == len(SCENES)
    assert [chapter.text for chapter in chapters if not chapter.adds_up] == []
    assert all(later.at >= earlier.at for earlier, later in pairwise(chapters))
    assert chapters[-1].at >= START.replace(year=START.year + 1)


def test_the_plans_follow_the_story(chapters: list[Chapter]) -> None:
    plans = [chapter.plan for chapter in chapters]

    assert plans == [
        "free",
        "basic",
        "basic",
        "basic",
        "basic",
        "premium",
        "premium",
        "basic",
        "basic",
        "free",
        "basic",
        "free",
        "free",
    ]


def test_a_chapter_that_does_not_add_up_says_so() -> None:
    chapter = Chapter(
        at=NEW_YEAR, text="", plan="free", moved=Totals(granted=10, captured=3), held=1, available=6, debt=0
    )

    assert chapter.adds_up
    assert not Chapter(at=NEW_YEAR, text="", plan="free", moved=Totals(granted=10), held=1, available=6, debt=0).adds_up


def test_a_story_that_is_not_true_stops() -> None:
    expect(True, "all is well")
    with pytest.raises(AssertionError, match="says that pigs fly"):
        expect(False, "pigs fly")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (Option(Action.UPGRADE, tier="pro"), "upgrade pro"),
        (Option(Action.BUY_PACK, pack="boost"), "buy pack boost"),
        (Option(Action.WAIT, available_at=NEW_YEAR), "wait until 01 January"),
        (Option(Action.REDUCE), "reduce"),
    ],
)
def test_a_way_out_is_told_in_words(option: Option, said: str) -> None:
    assert way_out(option) == said
