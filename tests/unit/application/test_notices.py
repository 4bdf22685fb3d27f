"""Which notices follow from what has happened, and which do not."""

import json
from datetime import timedelta

import pytest

from billing_core.application.notices import of_events
from billing_core.application.noticing import NoticingAccounts
from billing_core.domain.account import Account
from billing_core.domain.events import Event
from billing_core.ports.records import Job
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_plan, a_subscriber, day
from tests.shops.use_case import Shop

NOON = NEW_YEAR + timedelta(hours=12)


def told(before: Account, events: tuple[Event, ...], life: Life) -> list[Job]:
    return list(of_events(before, events, life.catalog))


def after_holding(life: Life, *amounts: int) -> list[list[Job]]:
    """What is told as one hold after the other is placed."""
    found = []
    for n, amount in enumerate(amounts):
        before, events = life.account, life.at(NOON).hold(amount, hold_id=f"h{n}", until=None)
        found.append(told(before, events, life))
        for event in events:
            life.account = life.account.evolve(event)
    return found


def having(allotment: int) -> Life:
    """Somebody with exactly that many credits, all of this month's."""
    free = a_plan("free", rank=0, allotment=0)
    return a_subscriber(catalog=a_catalog(free, a_plan(allotment=allotment)))


def test_credits_are_low_below_a_tenth_and_not_at_it() -> None:
    at_it, below, further = after_holding(having(200), 180, 1, 1)

    (job,) = below
    assert ([], []) == (at_it, further)
    assert ("credits_low", "ann") == (job.args["topic"], job.args["account_id"])
    assert {"left": 19, "allotment": 200, "plan": "Basic"} == json.loads(job.args["facts"])
    assert "credits-low:2026-01-01T00:00:00+00:00" == job.args["cause"]


@pytest.mark.parametrize("allotment", [1, 9, 10])
def test_a_small_allotment_is_low_when_nothing_is_left(allotment: int) -> None:
    *earlier, last = after_holding(having(allotment), *[1] * allotment)

    assert ([[]] * (allotment - 1), 1) == (earlier, len(last))


def test_an_unlimited_plan_is_never_low() -> None:
    assert [[], []] == after_holding(a_subscriber("premium"), 500, 500)


def test_what_was_low_before_is_not_told_for_each_hold() -> None:
    life = having(200)
    first, *others = after_holding(life, 195, 1, 1, 1, 1, 1)

    assert (1, [[]] * 5) == (len(first), others)


def test_a_job_is_of_its_slot() -> None:
    life = having(200)
    life.touch(day(2026, 1, 20))
    before, events = life.account, life.at(day(2026, 1, 20)).hold(190, hold_id="h", until=None)

    (job,) = told(before, events, life)
    assert "credits-low:2026-01-01T00:00:00+00:00" == job.args["cause"]


def test_the_free_plan_is_low_by_its_own_slot() -> None:
    life = Life(a_catalog(a_plan("free", rank=0, allotment=100)))
    life.touch(NEW_YEAR)
    before, events = life.account, life.at(NOON).hold(95, hold_id="h", until=None)

    (job,) = told(before, events, life)
    assert {"left": 5, "allotment": 100, "plan": "Free"} == json.loads(job.args["facts"])


async def test_nothing_is_added_where_nothing_is_to_be_told() -> None:
    shop = Shop()
    await shop.subscribed()

    await shop.use.holding()("ann", 1, reason="a print")

    assert isinstance(shop.use.accounts(), NoticingAccounts)
    assert [] == shop.jobs("notify")
