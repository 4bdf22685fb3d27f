"""A denial offers the ways out that are open to this account, and no others."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain.catalog import Plan
from billing_core.domain.errors import InsufficientCredits
from billing_core.domain.options import Action, Option
from billing_core.domain.subscription import Status
from billing_core.testing.builders import (
    BASIC,
    FREE,
    NEW_YEAR,
    Life,
    a_catalog,
    a_plan,
    a_snapshot,
    a_subscriber,
    a_version,
    day,
)

SOON, FEBRUARY = NEW_YEAR + timedelta(hours=1), day(2026, 2, 1)


def ways_out(life: Life, at: datetime = SOON) -> tuple[Option, ...]:
    """What somebody is offered who asks for more credits than anybody has."""
    with pytest.raises(InsufficientCredits) as refusal:
        life.at(at).hold(9_999, hold_id="h", until=None)
    return refusal.value.options


def upgrades(life: Life) -> list[str | None]:
    return [option.tier for option in ways_out(life) if option.action is Action.UPGRADE]


@pytest.mark.parametrize(
    ("pro", "offered"),
    [
        (a_plan("pro", rank=2, allotment=201), ["pro", "premium"]),
        (a_plan("pro", rank=2, allotment=200), ["premium"]),
        (a_plan("pro", rank=2, allotment=199), ["premium"]),
    ],
    ids=["more", "as many", "fewer"],
)
def test_a_higher_plan_is_a_way_to_more_credits_where_it_gives_more(pro: Plan, offered: list[str]) -> None:
    assert upgrades(a_subscriber("basic", catalog=a_catalog(pro))) == offered


def test_the_plan_that_one_has_is_no_upgrade_also_where_it_gives_more_today() -> None:
    today = a_version(number=2, since=NEW_YEAR + timedelta(minutes=1), plans=(FREE, evolve(BASIC, allotment=300)))
    life = a_subscriber("basic")
    life.catalog = evolve(life.catalog, versions=(*life.catalog.versions, today))

    assert upgrades(life) == []


def test_who_has_no_slot_in_progress_has_nothing_to_wait_for() -> None:
    life = a_subscriber("basic")
    assert Option(Action.WAIT, available_at=FEBRUARY) in ways_out(life)

    life.told(FEBRUARY, a_snapshot(Status.PAST_DUE, seen_at=FEBRUARY, period_start=FEBRUARY))
    for unpaid in (FEBRUARY, FEBRUARY + timedelta(days=1)):
        assert Action.WAIT not in {option.action for option in ways_out(life, at=unpaid)}
