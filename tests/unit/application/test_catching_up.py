"""What came to pass at the gateway and was never told is found, and taken in once."""

import json

import pytest
from attrs import evolve

from billing_core.application.receiving import NOBODY
from billing_core.application.results import Outcome
from billing_core.domain.disputes import DisputeStatus
from billing_core.ports.facts import NothingToDo, SubscriptionTouched
from billing_core.ports.gateway import DisputeTold
from billing_core.ports.records import CauseStatus
from billing_core.testing.builders import day
from tests.shops.archive import JULY, a_paid_invoice
from tests.shops.told import A_DAY, FREE_CREDITS, NOW, Shop, a_line_of_old, kinds


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.brought_in()
    return shop


# Events


@pytest.mark.failure("D15")
async def test_an_event_that_never_came_is_taken_in_once(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))

    (first,) = await shop.reconciled()

    assert ("event", "evt_1", Outcome.NEW, "cus_1") == (first.kind, first.id, first.outcome, first.account_id)
    assert ["sub_1"] == [job.args["subscription_id"] for job in shop.jobs("refresh-subscription")]
    assert [] == await shop.reconciled()


async def test_an_event_of_nobody_is_parked_once(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_2", customer_id="cus_2"))

    assert {"event new": 1} == kinds(await shop.reconciled())
    assert [] == await shop.reconciled()
    assert ["evt_1"] == [parked.event_id for parked in await shop.memory.directory.parked_for("cus_2")]


async def test_an_event_that_says_nothing_is_not_kept(shop: Shop) -> None:
    shop.happened("evt_1", NothingToDo("balance.available"))

    assert [] == await shop.reconciled()
    assert () == await shop.memory.inbox.with_status(CauseStatus.PROCESSED)


async def test_an_event_that_came_and_failed_is_left_to_its_own_retries(shop: Shop) -> None:
    unknown = evolve(a_paid_invoice(start=JULY), invoice_id="in_odd", lines=(a_line_of_old(),))
    shop.happened("evt_1", unknown)
    assert {"event failed": 1} == kinds(await shop.reconciled())
    kept = await shop.memory.inbox.get("cus_1", "webhook:evt_1")

    assert [] == await shop.reconciled()
    assert kept == await shop.memory.inbox.get("cus_1", "webhook:evt_1")


async def test_an_event_that_cannot_be_read_is_shown(shop: Shop) -> None:
    shop.archive.kept_events.append(b'"evt_odd"')

    assert {"event unreadable": 1} == kinds(await shop.reconciled())
    assert ["reconcile_unreadable"] == await shop.incidents()


async def test_the_inbox_of_nobody_is_looked_at_too(shop: Shop) -> None:
    """An event may have come when nobody was known to own it."""
    body = json.dumps("evt_1").encode()
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    quiet = evolve(shop.told.retranslate(body), fact=NothingToDo("told"))
    await shop.reconciling.events.receiving.take(quiet, now=shop.clock.now())

    assert None is not await shop.memory.inbox.get(NOBODY, "webhook:evt_1")
    assert [] == await shop.reconciled()


# Invoices


async def test_an_invoice_that_was_paid_unheard_is_booked(shop: Shop) -> None:
    shop.is_told(period_start=day(2026, 8, 1), period_end=day(2026, 9, 1))
    shop.clock.advance(20 * A_DAY)
    shop.archive.kept_invoices.insert(0, a_paid_invoice(start=day(2026, 8, 1)))

    assert {"subscription changed": 1, "invoice new": 1} == kinds(await shop.reconciled())

    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    assert [] == await shop.reconciled()
    await shop.proven("cus_1")


async def test_an_invoice_of_before_the_import_gives_nothing(shop: Shop) -> None:
    shop.archive.kept_invoices.append(a_paid_invoice(start=day(2026, 6, 1)))

    assert {"invoice new": 1} == kinds(await shop.reconciled(since=day(2026, 5, 1)))

    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    assert [] == await shop.reconciled(since=day(2026, 5, 1))


async def test_an_invoice_with_a_price_that_nobody_knows_is_told(shop: Shop) -> None:
    odd = evolve(a_paid_invoice(start=day(2026, 7, 2)), lines=(a_line_of_old(),))
    shop.archive.kept_invoices.insert(0, odd)

    assert {"invoice unknown_price": 1} == kinds(await shop.reconciled())
    assert None is await shop.cursor()


async def test_one_without_a_subscription_and_one_of_nobody_are_left_alone(shop: Shop) -> None:
    shop.archive.kept_invoices += [
        evolve(a_paid_invoice(start=NOW), invoice_id="in_x", subscription_id=None),
        a_paid_invoice(9, start=NOW),
    ]

    assert [] == await shop.reconciled()


# Payments


async def test_a_refund_that_was_never_told_is_followed(shop: Shop) -> None:
    shop.went_back(500)

    (result,) = await shop.reconciled()

    assert ("payment", Outcome.CHANGED, "refunded 0 -> 500") == (result.kind, result.outcome, result.detail)
    assert FREE_CREDITS + 100 == await shop.available("cus_1")
    assert [] == await shop.reconciled()


async def test_a_dispute_that_was_never_told_suspends(shop: Shop) -> None:
    shop.went_back(0, DisputeTold(id="du_1", status=DisputeStatus.OPEN, amount_minor=1000, reason="fraudulent"))

    (result,) = await shop.reconciled()

    assert "dispute du_1 open" == result.detail
    assert ("dispute:du_1",) == (await shop.kept("cus_1")).suspended_for
    assert [] == await shop.reconciled()


async def test_a_payment_that_the_gateway_does_not_know_is_told(shop: Shop) -> None:
    shop.archive.touched = ["pi_nowhere"]

    assert {"payment failed": 1} == kinds(await shop.reconciled())


async def test_a_payment_of_nobody_is_left_alone(shop: Shop) -> None:
    shop.went_back(500)
    shop.told.payments["pi_1"] = evolve(shop.told.payments["pi_1"], id="in_9", customer_id="cus_9")

    assert [] == await shop.reconciled()
