"""Asking for a payment that went back: refunds, disputes and warnings, and whose they are."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.receiving import NOBODY
from billing_core.domain.catalog import Kind
from billing_core.domain.disputes import DisputeStatus
from billing_core.ports.errors import Unavailable
from billing_core.ports.facts import Charged, FraudWarned, PaymentTouched
from billing_core.ports.gateway import DisputeTold, PaymentState
from billing_core.ports.records import CauseStatus
from billing_core.testing.builders import NEW_YEAR, a_catalog, a_plan, a_snapshot
from tests.shops.truth import (
    A_DAY,
    A_MINUTE,
    CUSTOMER,
    INTENT,
    INVOICE,
    SESSION,
    SUBSCRIPTION,
    ToldShop,
    Truth,
    a_checkout,
    a_payment_of,
    completed,
    paid,
)

TOUCHED = PaymentTouched(payment=INTENT)
INQUIRY, OPEN, WON, LOST, PREVENTED = DisputeStatus


def a_dispute(status: DisputeStatus) -> DisputeTold:
    return DisputeTold(id="dp_1", status=status, amount_minor=1000, reason="fraudulent")


def a_warning(*, actionable: bool = True) -> FraudWarned:
    return FraudWarned(
        warning_id="issfr_1", payment=INTENT, kind="made_with_stolen_card", actionable=actionable, at=NEW_YEAR
    )


@pytest.fixture
async def shop() -> ToldShop:
    """Ann has paid her first month of `basic`."""
    shop = ToldShop()
    await shop.linked()
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    shop.truth.payments[INTENT] = a_payment_of(paid())
    await shop.comes(paid(), "evt_paid")
    await shop.work()
    shop.clock.advance(A_DAY)
    return shop


def refunded(shop: ToldShop, minor: int, *disputes: DisputeTold) -> None:
    """So it is at the gateway from now on."""
    shop.clock.advance(A_MINUTE)
    shop.truth.payments[INTENT] = a_payment_of(paid(), *disputes, refunded_minor=minor)


async def test_a_refund_is_followed_by_what_the_payment_has_become(shop: ToldShop) -> None:
    assert await shop.available() == 210
    refunded(shop, 500)

    received = await shop.comes(TOUCHED)
    await shop.work()

    assert received.outcome == "processed"
    assert await shop.memory.inbox.get(NOBODY, "webhook:evt_1") is not None
    assert await shop.available() == 110


async def test_a_refund_that_failed_gives_the_credits_back(shop: ToldShop) -> None:
    for n, minor in enumerate((500, 1000, 0)):
        refunded(shop, minor)
        await shop.comes(TOUCHED, f"evt_{n}")
        await shop.work()

    assert await shop.available() == 210


async def test_several_events_of_one_payment_ask_once(shop: ToldShop) -> None:
    for n in range(4):
        await shop.comes(TOUCHED, f"evt_{n}")

    assert len(shop.jobs("refresh-payment")) == 1


async def test_asking_again_for_what_has_not_changed_changes_nothing(shop: ToldShop) -> None:
    refunded(shop, 500, a_dispute(OPEN))
    for n in range(3):
        await shop.comes(TOUCHED, f"evt_{n}")
        await shop.work()

    assert await shop.available() == 110
    assert (await shop.held()).account.suspended_for == ("dispute:dp_1",)


async def test_a_payment_that_was_not_booked_yet_is_booked_with_what_went_back_of_it() -> None:
    shop = ToldShop()
    await shop.linked()
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    shop.truth.payments[INTENT] = a_payment_of(paid(), refunded_minor=500)

    await shop.comes(TOUCHED)
    await shop.work()

    assert await shop.available() == 110
    assert (await shop.comes(paid(), "evt_paid")).outcome == "processed"
    await shop.work()
    assert await shop.available() == 110


async def test_a_pack_that_was_not_booked_yet_is_booked_with_what_went_back_of_it() -> None:
    shop = ToldShop()
    await shop.linked()
    await shop.opened(a_checkout(Kind.PACK, "boost"))
    bought = completed(Kind.PACK, "boost")
    shop.truth.payments[INTENT] = a_payment_of(bought, refunded_minor=100)

    await shop.comes(TOUCHED)
    await shop.work()
    await shop.comes(bought, "evt_completed")

    assert await shop.available() == 10 + 80


async def test_a_payment_for_nothing_of_ours_is_left_alone(shop: ToldShop) -> None:
    shop.truth.payments[INTENT] = a_payment_of(None, refunded_minor=700)
    before = (await shop.held()).account

    await shop.comes(TOUCHED)
    await shop.work()

    assert (await shop.held()).account == before


async def test_a_payment_whose_time_is_closed_is_left_alone_without_a_word(shop: ToldShop) -> None:
    elsewhere = ToldShop()
    await elsewhere.linked()
    elsewhere.truth.payments[INTENT] = a_payment_of(paid(), a_dispute(LOST), refunded_minor=1000)
    elsewhere.clock.advance(timedelta(days=31 + 181))

    await elsewhere.comes(TOUCHED)
    await elsewhere.work()

    assert await elsewhere.incidents() == []
    assert (await elsewhere.held()).account.payments == ()


async def test_while_the_gateway_is_down_the_job_waits_and_nothing_is_lost(shop: ToldShop) -> None:
    refunded(shop, 500)
    shop.truth.is_down = True
    await shop.comes(TOUCHED)
    await shop.work()
    assert [type(error) for error in shop.failures] == [Unavailable]

    shop.truth.is_down = False
    await shop.later(A_MINUTE)

    assert await shop.available() == 110


async def test_what_was_asked_for_later_wins_though_the_clock_stood_still(shop: ToldShop) -> None:
    await shop.owns(INTENT)
    refunded(shop, 500, a_dispute(OPEN))
    await shop.use.refreshing_payment()(INTENT)
    shop.truth.payments[INTENT] = a_payment_of(paid(), a_dispute(WON))
    await shop.use.refreshing_payment()(INTENT)

    assert await shop.available() == 210
    assert (await shop.held()).account.suspended_for == ()


async def test_an_answer_that_was_long_under_way_does_not_undo_a_later_one(shop: ToldShop) -> None:
    refunded(shop, 500, a_dispute(OPEN))
    under_way, heard = asyncio.Event(), asyncio.Event()

    class Slow(Truth):
        async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
            told = await super().fetch_payment(payment, now=now)
            under_way.set()
            await heard.wait()
            return told

    gateway: Any = Slow(payments=dict(shop.truth.payments))
    slow = evolve(shop.use.refreshing_payment(), gateway=gateway)
    early = asyncio.create_task(slow(INTENT))
    await under_way.wait()
    refunded(shop, 0, a_dispute(WON))
    await shop.use.refreshing_payment()(INTENT)
    heard.set()
    await early

    assert await shop.available() == 210
    assert (await shop.held()).account.suspended_for == ()


# Disputes


async def test_a_dispute_suspends_and_a_person_is_told(shop: ToldShop) -> None:
    refunded(shop, 0, a_dispute(OPEN))

    await shop.comes(TOUCHED)
    await shop.work()

    assert (await shop.held()).account.suspended_for == ("dispute:dp_1",)
    assert await shop.incidents() == ["dispute_opened"]
    assert await shop.available() == 210


async def test_a_dispute_that_is_lost_takes_the_credits_and_a_person_is_told(shop: ToldShop) -> None:
    refunded(shop, 0, a_dispute(LOST))

    await shop.comes(TOUCHED)
    await shop.work()

    assert (await shop.available(), await shop.incidents()) == (10, ["dispute_lost"])


async def test_an_inquiry_disturbs_nobody(shop: ToldShop) -> None:
    refunded(shop, 0, a_dispute(INQUIRY))

    await shop.comes(TOUCHED)
    await shop.work()

    assert ((await shop.held()).account.suspended_for, await shop.incidents()) == ((), [])


async def test_a_warning_then_a_dispute_then_a_refund_take_the_value_once(shop: ToldShop) -> None:
    refunded(shop, 0)
    await shop.comes(a_warning(), "evt_warning")
    await shop.work()
    refunded(shop, 0, a_dispute(LOST))
    await shop.comes(TOUCHED, "evt_dispute")
    await shop.work()
    refunded(shop, 1000, a_dispute(LOST))
    await shop.comes(TOUCHED, "evt_refund")
    await shop.work()

    account = (await shop.held()).account
    assert (account.book.available, account.book.debt) == (10, 0)
    assert await shop.incidents() == ["dispute_lost", "fraud_warning"]


async def test_a_warning_is_shown_once_with_whose_it_is(shop: ToldShop) -> None:
    for n in range(2):
        await shop.comes(a_warning(actionable=n == 0), f"evt_{n}")
    await shop.comes(TOUCHED, "evt_refund")
    await shop.work()

    (incident,) = await shop.memory.incidents.open()
    assert (incident.kind.value, incident.account_id) == ("fraud_warning", "ann")
    assert "made_with_stolen_card" in incident.detail
    assert "can still be refunded" in incident.detail


# Whose it is


@pytest.mark.parametrize("known", [INTENT, INVOICE, SUBSCRIPTION])
async def test_its_owner_is_found_by_any_of_its_names(known: str) -> None:
    shop = ToldShop()
    await shop.owns(known)
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    shop.truth.payments[INTENT] = a_payment_of(paid(), customer_id=None, refunded_minor=500)

    await shop.comes(TOUCHED)
    await shop.work()

    assert await shop.available() == 110


async def test_a_guests_pack_is_found_by_its_checkout() -> None:
    shop = ToldShop()
    await shop.owns(SESSION)
    bought = completed(Kind.PACK, "boost", customer_id=None)
    shop.truth.payments[INTENT] = a_payment_of(bought, customer_id=None)

    await shop.comes(TOUCHED)
    await shop.work()

    assert await shop.available() == 110


async def test_what_is_nobodys_waits_for_its_customer() -> None:
    shop = ToldShop()
    shop.truth.payments[INTENT] = a_payment_of(paid(), a_dispute(OPEN), refunded_minor=500)
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    await shop.comes(TOUCHED)
    await shop.comes(a_warning(), "evt_warning")
    await shop.work()
    assert len(await shop.memory.directory.parked_for(CUSTOMER)) == 2
    assert await shop.incidents() == []

    await shop.linked()
    await shop.use.receiving().receive_parked({"provider_id": CUSTOMER})
    await shop.work()

    assert await shop.memory.directory.parked_for(CUSTOMER) == ()
    assert await shop.available() == 110
    assert await shop.incidents() == ["dispute_opened", "fraud_warning"]


async def test_what_is_claimed_while_it_is_being_parked_is_not_left_behind() -> None:
    shop = ToldShop()
    shop.truth.payments[INTENT] = a_payment_of(paid(), refunded_minor=500)
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    await shop.comes(TOUCHED)
    refreshing, directory = shop.use.refreshing_payment(), shop.memory.directory

    class Hasty:
        owner_of, parked_for, unpark = directory.owner_of, directory.parked_for, directory.unpark

        async def park(self, event: object) -> None:
            await shop.linked()
            await directory.park(event)  # type: ignore[arg-type]

    await evolve(refreshing, directory=Hasty()).run(shop.jobs("refresh-payment")[0].args)

    assert await directory.parked_for(CUSTOMER) == ()
    assert await shop.available() == 110


async def test_money_of_nobody_that_no_customer_can_claim_is_shown_once() -> None:
    shop = ToldShop()
    shop.truth.payments[INTENT] = a_payment_of(None, customer_id=None, refunded_minor=700)

    for n in range(2):
        await shop.comes(TOUCHED, f"evt_{n}")
        await shop.work()

    assert await shop.incidents() == ["orphan_payment"]


async def test_without_an_event_money_of_nobody_is_only_said_to_be_nobodys() -> None:
    shop = ToldShop()
    shop.truth.payments[INTENT] = a_payment_of(None, customer_id=None)

    assert await shop.use.refreshing_payment()(INTENT) is None
    assert await shop.incidents() == []


async def test_a_charge_tells_whose_the_payment_is(shop: ToldShop) -> None:
    await shop.comes(Charged(payment=INTENT, customer_id=CUSTOMER))

    assert await shop.memory.directory.owner_of(INTENT) == "ann"


# A price that nobody knows


async def test_a_payment_for_a_price_that_nobody_knows_is_shown_and_waits_for_the_price(shop: ToldShop) -> None:
    catalog = a_catalog(a_plan("gold", rank=7, allotment=300))
    later = paid("gold-month", invoice_id="in_gold", subscription_id=None)
    shop.truth.payments["pi_gold"] = a_payment_of(later, a_dispute(OPEN), id="in_gold", refunded_minor=500)
    await shop.comes(PaymentTouched(payment="pi_gold"))
    await shop.work()
    assert await shop.incidents() == ["dispute_opened", "unknown_price"]
    assert (await shop.held()).account.suspended_for == ("dispute:dp_1",)

    shop.wire(catalog)
    await shop.later(A_MINUTE)

    assert (await shop.held()).account.payment("in_gold") is not None
    assert [p.refunded_minor for p in (await shop.held()).account.payments] == [0, 500]
    assert shop.jobs("refresh-payment") == []


async def test_a_job_whose_event_was_never_kept_asks_all_the_same(shop: ToldShop) -> None:
    refunded(shop, 500)

    await shop.use.refreshing_payment().run({"payment": INTENT, "kept_by": NOBODY, "key": "webhook:evt_unknown"})

    assert await shop.available() == 110
    assert await shop.memory.inbox.with_status(CauseStatus.FAILED) == ()
