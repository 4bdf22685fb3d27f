"""What was never told, or told wrongly, is found from where the last run that went well began."""

from datetime import timedelta

import pytest

from billing_core.domain.subscription import Status
from billing_core.ports.errors import Unavailable
from billing_core.ports.facts import SubscriptionTouched
from tests.shops.archive import a_paid_invoice
from tests.shops.told import A_DAY, NOW, Shop, kinds


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.brought_in()
    return shop


async def test_where_all_is_in_step_nothing_is_done(shop: Shop) -> None:
    before = await shop.written()

    assert [] == await shop.reconciled()

    assert before == await shop.written()
    assert [] == shop.told.asked


async def test_a_dry_run_tells_the_same_and_writes_nothing(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    shop.is_told(status=Status.PAST_DUE)
    shop.archive.kept_invoices.insert(0, a_paid_invoice(start=NOW))
    shop.went_back(500)
    before, jobs = await shop.written(), shop.jobs()

    dry = await shop.reconciled(dry_run=True)

    assert before == await shop.written()
    assert jobs == shop.jobs()
    assert None is await shop.cursor()
    assert dry == await shop.reconciled()


async def test_the_cursor_moves_only_when_all_went_well(shop: Shop) -> None:
    shop.archive.touched = ["pi_nowhere"]
    await shop.reconciled()
    assert None is await shop.cursor()

    shop.archive.touched = []
    await shop.reconciled()

    assert shop.clock.now().isoformat() == await shop.cursor()


async def test_the_cursor_does_not_move_over_what_was_not_looked_at(shop: Shop) -> None:
    await shop.reconciled(since=shop.clock.now() - A_DAY)
    assert None is await shop.cursor()

    await shop.reconciled(since=shop.clock.now() - 40 * A_DAY)
    assert None is not await shop.cursor()


async def test_where_the_gateway_is_down_the_cursor_stays(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    shop.archive.breaks_after = 1
    with pytest.raises(Unavailable):
        await shop.reconciled()

    assert None is await shop.cursor()
    assert {} == kinds(await shop.reconciled())


async def test_it_looks_back_to_the_last_run_and_no_further_than_events_are_kept(shop: Shop) -> None:
    first = shop.clock.now()
    await shop.reconciled()
    shop.clock.advance(A_DAY)
    await shop.reconciled()
    shop.clock.advance(60 * A_DAY)
    await shop.reconciled()

    assert [first - 30 * A_DAY, first - timedelta(hours=1), shop.clock.now() - 30 * A_DAY] == shop.archive.events_since


async def test_the_job_does_the_same(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    await shop.reconciling.run({})

    assert Status.PAST_DUE is await shop.status()
