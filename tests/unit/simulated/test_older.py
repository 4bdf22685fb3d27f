"""The simulated Stripe's events in older shapes: the old fields are there, the new ones are not."""

import json
from typing import Any

import pytest
import stripe

from billing_core.adapters.simulated import Settings, thin
from billing_core.adapters.simulated.older import Known, rendered
from billing_core.adapters.stripe.events import READERS
from billing_core.ports.facts import Announced, NothingToDo, NotUnderstood
from tests.shops.simulated import Shop
from tests.stripe.samples import (
    BEFORE_BASIL,
    ENDIVE,
    SINCE_BASIL,
    Json,
    a_charge,
    a_credit_note,
    a_dispute,
    a_line,
    a_one_off,
    a_proration,
    a_refund,
    a_review,
    a_session,
    a_subscription,
    a_warning,
    an_event,
    an_invoice,
    received,
)

START, END, EARLIER = 1_790_000_000, 1_792_592_000, 1_787_400_000
PRICE: Json = {
    "id": "price_1",
    "object": "price",
    "active": True,
    "billing_scheme": "per_unit",
    "created": 1_780_000_000,
    "currency": "usd",
    "livemode": False,
    "lookup_key": "pro_month_usd",
    "metadata": {},
    "nickname": None,
    "product": "prod_1",
    "recurring": {"interval": "month", "interval_count": 1, "meter": None, "usage_type": "licensed"},
    "unit_amount": 2000,
}
MUG: Json = PRICE | {"id": "price_3", "lookup_key": "pack_100_usd", "recurring": None}
KNOWN = Known(
    price={"price_1": PRICE, "price_3": MUG}.get,
    payment_of={"in_1": ("pi_1", "ch_1")}.__getitem__,
    invoice_of={"pi_1": "in_1", "ch_1": "in_1"}.get,
)


def an_item(**more: Any) -> Json:
    period = {"current_period_start": START, "current_period_end": END}
    return {"id": "si_1", "object": "subscription_item", "price": PRICE, "quantity": 1} | period | more


def items(*listed: Json) -> Json:
    return {"object": "list", "data": list(listed), "has_more": False}


def told(version: str, event: Json) -> Json:
    """The object, as an endpoint of that version gets it."""
    found: Json = rendered(event, version, KNOWN)["data"]["object"]
    return found


def an_update(**before: object) -> Json:
    sub = a_subscription(items=items(an_item()), billing_mode={"type": "flexible"}, customer_account=None)
    return an_event("customer.subscription.updated", sub, data={"object": sub, "previous_attributes": before})


def test_in_its_own_version_an_event_stays_as_it_is() -> None:
    event = an_update(status="trialing", cancel_at=None)
    event["data"]["previous_attributes"] = {"status": "past_due"}
    assert event == rendered(event, ENDIVE, KNOWN)


@pytest.mark.parametrize("version", [*SINCE_BASIL, *BEFORE_BASIL])
def test_the_version_is_told_and_the_event_stays_untouched(version: str) -> None:
    event = an_update()
    as_it_was = an_update()
    assert version == rendered(event, version, KNOWN)["api_version"]
    assert as_it_was == event


@pytest.mark.parametrize("version", BEFORE_BASIL)
def test_before_basil_a_subscription_had_one_period(version: str) -> None:
    sub = told(version, an_update())
    (item,) = sub["items"]["data"]

    assert (START, END) == (sub["current_period_start"], sub["current_period_end"])
    assert {"current_period_start", "current_period_end"}.isdisjoint(item)
    assert ("price_1", "plan", 2000, "month") == tuple(
        item["plan"][name] for name in ("id", "object", "amount", "interval")
    )


def test_what_changed_is_told_in_the_old_places_too() -> None:
    event = an_update(status="active", items=items(an_item(current_period_start=EARLIER, current_period_end=START)))
    older = rendered(event, "2024-06-20", KNOWN)["data"]["previous_attributes"]

    assert {"status": "active", "current_period_start": EARLIER, "current_period_end": START} == older


def test_before_clover_no_subscription_told_how_it_is_billed() -> None:
    assert {"billing_mode", "customer_account"}.isdisjoint(told("2025-03-31.basil", an_update()))
    assert {"billing_mode", "customer_account"} <= told("2025-09-30.clover", an_update()).keys()


@pytest.mark.parametrize("version", BEFORE_BASIL)
def test_before_basil_an_invoice_had_one_payment_and_one_subscription(version: str) -> None:
    invoice = told(version, an_event("invoice.paid", an_invoice(amount_overpaid=0)))

    assert {"parent", "amount_overpaid", "amount_paid_off_stripe"}.isdisjoint(invoice)
    assert ("sub_1", "pi_1", "ch_1", True) == tuple(
        invoice[name] for name in ("subscription", "payment_intent", "charge", "paid")
    )


def test_an_invoice_that_was_prorated_told_so_itself() -> None:
    details = {"subscription": "sub_1", "metadata": {"a": "b"}, "subscription_proration_date": START}
    parent = {"type": "subscription_details", "subscription_details": details}
    invoice = told("2024-06-20", an_event("invoice.created", an_invoice(parent=parent, status="draft")))

    assert (START, {"metadata": {"a": "b"}}) == (
        invoice["subscription_proration_date"],
        invoice["subscription_details"],
    )
    assert invoice["paid"] is False


def test_an_invoice_of_no_subscription_names_none() -> None:
    invoice = told("2024-06-20", an_event("invoice.paid", an_invoice(parent=None)))
    assert invoice["subscription"] is None


@pytest.mark.parametrize("version", BEFORE_BASIL)
def test_before_basil_a_line_told_its_price_and_its_origin_itself(version: str) -> None:
    event = an_event("invoice.paid", an_invoice(a_line(), a_proration(-500), a_one_off("price_3")))
    renewal, rest, mug = told(version, event)["lines"]["data"]

    for line in (renewal, rest, mug):
        assert {"parent", "pricing", "quantity_decimal"}.isdisjoint(line)
    assert [(PRICE, False), (PRICE, True), (MUG, False)] == [(x["price"], x["proration"]) for x in (renewal, rest, mug)]
    assert ["subscription", "invoiceitem", "invoiceitem"] == [x["type"] for x in (renewal, rest, mug)]
    assert ["sub_1", "sub_1", None] == [x["subscription"] for x in (renewal, rest, mug)]
    assert ("si_1", "ii_1", None) == (renewal["subscription_item"], rest["invoice_item"], mug["plan"])


@pytest.mark.parametrize("kind", ["charge", "payment_intent"])
def test_before_basil_a_payment_named_its_invoice(kind: str) -> None:
    event = an_event(f"{kind}.succeeded", a_charge(object=kind, latest_charge="ch_1"))

    assert "invoice" not in told("2025-03-31.basil", event)
    assert "in_1" == told("2024-06-20", event)["invoice"]
    assert (kind == "charge") is ("latest_charge" in told("2020-08-27", event))


@pytest.mark.parametrize(
    ("version", "mode"),
    [("2024-06-20", "hosted"), ("2025-09-30.clover", "hosted"), ("2026-03-25.dahlia", "hosted_page")],
)
def test_a_checkout_is_shown_on_a_page_of_an_older_name(version: str, mode: str) -> None:
    event = an_event("checkout.session.completed", a_session(ui_mode="hosted_page", adaptive_pricing=None))
    session = told(version, event)

    assert mode == session["ui_mode"]
    assert (version > "2025-03-31") is ("adaptive_pricing" in session)


def test_before_endive_no_schedule_paused_anything() -> None:
    schedule = {"id": "sub_sched_1", "object": "subscription_schedule", "customer": "cus_1", "pause_schedules": []}
    event = an_event("subscription_schedule.updated", schedule)

    assert "pause_schedules" in told("2026-09-30.endive", event)
    assert "pause_schedules" not in told("2026-03-25.dahlia", event)


@pytest.mark.parametrize("version", [*SINCE_BASIL, *BEFORE_BASIL])
@pytest.mark.parametrize(
    ("event_type", "shape"),
    [
        ("charge.dispute.created", a_dispute()),
        ("charge.succeeded", a_charge()),
        ("checkout.session.completed", a_session(ui_mode="hosted_page")),
        ("credit_note.created", a_credit_note()),
        ("customer.deleted", {"id": "cus_1", "object": "customer", "deleted": True}),
        ("customer.subscription.trial_will_end", a_subscription(items=items(an_item()))),
        ("invoice.paid", an_invoice(a_line(), a_proration(-500, {"invoice": "in_0"}), a_one_off("price_3"))),
        ("invoice.payment_failed", an_invoice(status="open")),
        ("invoice.voided", an_invoice(status="void")),
        ("price.updated", PRICE),
        ("radar.early_fraud_warning.created", a_warning()),
        ("refund.created", a_refund()),
        ("review.opened", a_review()),
    ],
)
def test_an_event_says_the_same_in_every_version(version: str, event_type: str, shape: Json) -> None:
    event = an_event(event_type, shape)
    expected = received(event).fact

    assert not isinstance(expected, NotUnderstood | NothingToDo)
    assert expected == received(rendered(event, version, KNOWN)).fact


# Endpoints


async def posted(settings: Settings) -> list[Json]:
    """What came to an endpoint while somebody subscribed and was charged again."""
    shop = Shop(settings=settings)
    await shop.subscribed()
    await shop.later(days=40)
    await shop.stripe.deliver_pending()
    return [json.loads(body) for body, _ in shop.receiver.got]


async def test_an_endpoint_goes_on_to_get_events_in_its_own_version() -> None:
    newest, older = await posted(Settings()), await posted(Settings(api_version="2024-06-20"))
    (renewed,) = [event["data"]["object"] for event in older if event["type"] == "invoice.paid"][1:]

    assert [event["id"] for event in newest] == [event["id"] for event in older]
    assert {ENDIVE} == {event["api_version"] for event in newest}
    assert {"2024-06-20"} == {event["api_version"] for event in older}
    assert "basic_month" == renewed["lines"]["data"][0]["price"]["lookup_key"]
    assert renewed["payment_intent"].startswith("pi_")
    assert renewed["charge"].startswith("ch_")


async def test_a_thin_endpoint_gets_notifications_of_the_same_events() -> None:
    newest, notified = await posted(Settings()), await posted(Settings(thin=True))

    assert [f"v1.{event['type']}" for event in newest] == [event["type"] for event in notified]
    assert [event["id"] for event in newest] == [thin.snapshot_id(event["id"]) for event in notified]


# Thin events


def test_a_notification_is_read_by_stripes_own_library() -> None:
    event = an_event("invoice.paid", an_invoice(), request={"id": "req_1", "idempotency_key": "once"})
    told = thin.notification(event)
    read = stripe.v2.core.EventNotification.from_json(told, stripe.StripeClient("sk_test_1"))

    assert isinstance(read, stripe.events.V1InvoicePaidEventNotification)
    assert (told["id"], False, "in_1") == (read.id, read.livemode, read.related_object.id)
    assert read.reason is not None
    assert read.reason.request is not None
    assert "req_1" == read.reason.request.id


@pytest.mark.parametrize("event_type", sorted(READERS))
def test_a_notification_is_understood(event_type: str) -> None:
    told = thin.notification(an_event(event_type, an_invoice()))
    assert Announced(event_id=told["id"]) == received(told).fact


def test_what_is_fetched_names_the_snapshot() -> None:
    event = an_event("invoice.paid", an_invoice())
    told = thin.fetched(event)

    assert ("evt_1", None) == (told["snapshot_event"], told["reason"])
    assert told["id"] != event["id"] == thin.snapshot_id(told["id"])
    assert "evt_1" == thin.snapshot_id("evt_1")


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("checkout.session", "/v1/checkout/sessions/x_1"),
        ("radar.early_fraud_warning", "/v1/radar/early_fraud_warnings/x_1"),
        ("subscription", "/v1/subscriptions/x_1"),
    ],
)
def test_a_notification_says_where_its_object_is(kind: str, url: str) -> None:
    told = thin.notification(an_event("some.thing", {"id": "x_1", "object": kind}))
    assert {"id": "x_1", "type": kind, "url": url} == told["related_object"]
