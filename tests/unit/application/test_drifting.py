"""A subscription that is not what the gateway says it is, is noticed, told, and followed."""

import pytest

from billing_core.application.results import Outcome
from billing_core.domain.subscription import Status
from billing_core.ports.archive import Unreadable
from billing_core.testing.builders import a_snapshot, day
from tests.shops.told import A_DAY, NOW, Shop, kinds


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.brought_in()
    return shop


# Following


async def test_a_subscription_that_drifted_is_fetched_and_followed(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    (result,) = await shop.reconciled()

    assert ("subscription", "sub_1", Outcome.CHANGED, "cus_1", "status active -> past_due") == (
        result.kind,
        result.id,
        result.outcome,
        result.account_id,
        result.detail,
    )
    assert Status.PAST_DUE is await shop.status()
    assert [] == await shop.reconciled()


async def test_one_that_ended_unheard_ends(shop: Shop) -> None:
    shop.is_told(status=Status.CANCELED, ended_at=NOW)

    assert {"subscription changed": 1} == kinds(await shop.reconciled())
    assert "free" == await shop.plan("cus_1")


async def test_one_of_a_known_customer_that_was_never_told_comes_in(shop: Shop) -> None:
    shop.archive.kept_subscriptions.append(a_snapshot(id="sub_2", customer_id="cus_1", price="drip-price", anchor=NOW))

    assert {"subscription changed": 1} == kinds(await shop.reconciled())
    assert "cus_1" == await shop.memory.directory.owner_of("sub_2")


async def test_one_that_the_gateway_does_not_know_stays_and_a_person_is_told(shop: Shop) -> None:
    shop.archive.kept_subscriptions = []

    assert {"subscription gone": 1} == kinds(await shop.reconciled())

    assert Status.ACTIVE is await shop.status()
    assert ["reconcile_gone"] == await shop.incidents()
    assert None is not await shop.cursor()


async def test_those_of_nobody_and_those_that_cannot_be_read_stand_in_nobodys_way(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)
    shop.archive.kept_subscriptions += [
        a_snapshot(id="sub_9", customer_id="cus_9"),
        Unreadable(id="sub_odd", customer_id="cus_1", problem="has no item"),
    ]

    assert {"subscription changed": 1, "subscription unreadable": 1} == kinds(await shop.reconciled())


# Checking


async def test_a_subscription_in_step_is_told_as_it_stands(shop: Shop) -> None:
    (checked,) = await shop.checked()

    assert (Status.ACTIVE, False, False) == (checked.status, checked.is_due, checked.is_overdue)
    assert Outcome.UNCHANGED is checked.result.outcome


async def test_one_whose_period_is_over_is_due_until_the_renewal_comes(shop: Shop) -> None:
    shop.clock.advance(20 * A_DAY)
    (checked,) = await shop.checked()
    assert checked.is_due

    shop.is_told(period_start=day(2026, 8, 1), period_end=day(2026, 9, 1))
    (told,) = await shop.checked()
    (after,) = await shop.checked()

    assert (True, Outcome.CHANGED) == (told.is_due, told.result.outcome)
    assert (False, Outcome.UNCHANGED) == (after.is_due, after.result.outcome)


async def test_one_that_is_not_paid_is_overdue(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    (dry,) = await shop.checked(dry_run=True)
    assert Status.ACTIVE is await shop.status()
    (checked,) = await shop.checked()

    assert dry == checked
    assert (Status.PAST_DUE, True) == (checked.status, checked.is_overdue)
    assert Status.PAST_DUE is await shop.status()


async def test_those_of_nobody_are_not_told(shop: Shop) -> None:
    shop.archive.kept_subscriptions = [a_snapshot(id="sub_9", customer_id="cus_9")]

    assert ["sub_1"] == [checked.result.id for checked in await shop.checked()]
