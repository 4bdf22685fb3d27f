"""What Stripe's events of money that goes back, of warnings, of the shelf, and its thin events say."""

import json
from datetime import timedelta

import pytest

from billing_core.adapters.stripe.events import READERS
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.facts import (
    Announced,
    Charged,
    CustomerDeleted,
    FraudWarned,
    InvoiceTouched,
    NothingToDo,
    NotUnderstood,
    OddityTold,
    PaymentTouched,
    ShelfTouched,
)
from billing_core.ports.webhooks import Delivery
from tests.stripe.objects import event_types
from tests.stripe.samples import (
    NOW,
    Json,
    a_charge,
    a_credit_note,
    a_dispute,
    a_refund,
    a_review,
    a_thin_event,
    a_warning,
    an_invoice,
    an_old_invoice,
    fact,
    problem,
    received,
)

CREATED = NOW - timedelta(seconds=5)
DISPUTE_EVENTS = ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated", "of_next_year"]


def test_every_type_of_the_table_is_one_of_stripes() -> None:
    assert set() == READERS.keys() - set(event_types())


# Money that goes back


@pytest.mark.parametrize("event_type", ["refund.created", "refund.updated", "refund.failed", "refund.of_next_year"])
@pytest.mark.parametrize("status", ["pending", "succeeded", "failed", "dreaming", None])
def test_a_refund_touches_its_payment(event_type: str, status: object) -> None:
    assert PaymentTouched(payment="pi_1") == fact(event_type, a_refund(status=status))


@pytest.mark.parametrize("happened", DISPUTE_EVENTS)
@pytest.mark.parametrize("status", ["warning_needs_response", "prevented", "appeal_under_review", "dreaming"])
def test_a_dispute_touches_its_payment(happened: str, status: str) -> None:
    assert PaymentTouched(payment="pi_1") == fact(f"charge.dispute.{happened}", a_dispute(status=status))


@pytest.mark.parametrize(
    ("named", "payment"),
    [
        ({"payment_intent": {"id": "pi_2"}}, "pi_2"),
        ({"payment_intent": None}, "ch_1"),
        ({"payment_intent": None, "charge": {"id": "ch_2", "payment_intent": None}}, "ch_2"),
        ({"payment_intent": None, "charge": {"id": "ch_2", "payment_intent": "pi_2"}}, "pi_2"),
    ],
)
def test_a_payment_is_named_by_its_intent_or_by_its_charge(named: Json, payment: str) -> None:
    assert PaymentTouched(payment=payment) == fact("refund.created", a_refund(**named))


@pytest.mark.parametrize("happened", ["created", "updated", "voided"])
@pytest.mark.parametrize("invoice", ["in_1", an_invoice(), an_old_invoice()])
def test_a_credit_note_touches_its_invoice(happened: str, invoice: object) -> None:
    subscription_id = "sub_1" if isinstance(invoice, dict) else None
    expected = InvoiceTouched(invoice_id="in_1", subscription_id=subscription_id, customer_id="cus_1")
    assert expected == fact(f"credit_note.{happened}", a_credit_note(invoice=invoice))


@pytest.mark.parametrize("happened", ["voided", "marked_uncollectible"])
@pytest.mark.parametrize("invoice", [an_invoice(status="void"), an_old_invoice(status="uncollectible")])
def test_an_invoice_that_was_given_up_is_touched(happened: str, invoice: Json) -> None:
    expected = InvoiceTouched(invoice_id="in_1", subscription_id="sub_1", customer_id="cus_1")
    assert expected == fact(f"invoice.{happened}", invoice)


# Money that comes in


@pytest.mark.parametrize(("intent", "payment"), [("pi_1", "pi_1"), (None, "ch_1"), ({"id": "pi_2"}, "pi_2")])
def test_a_charge_tells_whose_a_payment_is(intent: object, payment: str) -> None:
    told = a_charge(payment_intent=intent)
    assert Charged(payment=payment, customer_id="cus_1") == fact("charge.succeeded", told)


def test_a_charge_of_nobody_tells_nothing() -> None:
    assert NothingToDo("charge.succeeded") == fact("charge.succeeded", a_charge(customer=None))


def test_a_surplus_is_for_a_person() -> None:
    expected = OddityTold(
        key="invoice-overpaid:in_1",
        kind=IncidentKind.INVOICE_OVERPAID,
        detail="invoice in_1 was overpaid by 5 minor units, which are on the customer's balance",
        customer_id="cus_1",
        at=CREATED,
        about={"invoice": "in_1"},
    )
    assert expected == fact("invoice.overpaid", an_invoice(amount_overpaid=5))


@pytest.mark.parametrize(
    ("error", "why"),
    [({"code": "customer_tax_location_invalid"}, "customer_tax_location_invalid"), (None, "no reason given")],
)
def test_an_invoice_that_could_not_be_finalized_is_not_the_customers_problem(error: object, why: str) -> None:
    expected = OddityTold(
        key="invoice-not-finalized:in_1",
        kind=IncidentKind.INVOICE_NOT_FINALIZED,
        detail=f"invoice in_1 could not be finalized ({why}), so nothing is collected until that is put right",
        customer_id="cus_1",
        at=CREATED,
        about={"invoice": "in_1"},
    )
    assert expected == fact("invoice.finalization_failed", an_invoice(status="draft", last_finalization_error=error))


# Warnings


@pytest.mark.parametrize("happened", ["created", "updated"])
@pytest.mark.parametrize("actionable", [True, False])
def test_a_warning_says_what_the_network_holds_it_for(happened: str, actionable: bool) -> None:
    expected = FraudWarned(
        warning_id="issfr_1",
        payment="pi_1",
        kind="made_with_stolen_card",
        actionable=actionable,
        at=NOW - timedelta(days=1),
    )
    assert expected == fact(f"radar.early_fraud_warning.{happened}", a_warning(actionable=actionable))


def test_a_warning_of_the_years_before_intents_names_the_charge() -> None:
    warning = a_warning(created=None)
    del warning["payment_intent"]
    told = fact("radar.early_fraud_warning.created", warning, api_version="2019-12-03")

    assert isinstance(told, FraudWarned)
    assert ("ch_1", CREATED) == (told.payment, told.at)


@pytest.mark.parametrize(
    ("overrides", "why", "customer_id"),
    [
        ({}, "rule", None),
        ({"opened_reason": None, "reason": "manual"}, "manual", None),
        ({"opened_reason": None, "reason": None}, "no reason given", None),
        ({"charge": a_charge()}, "rule", "cus_1"),
    ],
)
def test_a_review_waits_for_a_person(overrides: Json, why: str, customer_id: str | None) -> None:
    expected = OddityTold(
        key="payment-under-review:prv_1",
        kind=IncidentKind.PAYMENT_UNDER_REVIEW,
        detail=f"payment pi_1 waits for review prv_1 ({why})",
        customer_id=customer_id,
        at=CREATED,
        about={"payment": "pi_1", "review": "prv_1"},
    )
    assert expected == fact("review.opened", a_review(**overrides))


# Customers and the shelf


@pytest.mark.parametrize("told", [{"id": "cus_1"}, {"id": "cus_1", "deleted": True, "email": None}])
def test_a_customer_is_gone(told: Json) -> None:
    assert CustomerDeleted(customer_id="cus_1") == fact("customer.deleted", {"object": "customer", **told})


@pytest.mark.parametrize("kind", ["price", "product"])
@pytest.mark.parametrize(
    ("happened", "told", "gone"),
    [
        ("updated", {"active": True}, False),
        ("updated", {"active": False}, True),
        ("updated", {}, False),
        ("deleted", {"active": True}, True),
        ("deleted", {"deleted": True}, True),
    ],
)
def test_what_is_sold_was_touched(kind: str, happened: str, told: Json, gone: bool) -> None:
    shape = {"id": "it_1", "object": kind, **told}
    assert ShelfTouched(kind=kind, id="it_1", gone=gone) == fact(f"{kind}.{happened}", shape)


# What cannot be read


@pytest.mark.parametrize(
    ("event_type", "told", "expected"),
    [
        ("refund.created", a_refund(charge=None, payment_intent=None), "no usable payment"),
        ("refund.created", a_charge(), "its object is no refund"),
        ("charge.dispute.created", a_refund(), "its object is no dispute"),
        ("charge.succeeded", a_charge(id=None, payment_intent=None), "no usable id"),
        ("charge.succeeded", a_refund(), "its object is no charge"),
        ("credit_note.created", a_credit_note(invoice=None), "no usable invoice"),
        ("credit_note.created", a_credit_note(customer=None), "no usable customer"),
        ("customer.deleted", {"object": "customer", "id": None}, "no usable id"),
        ("invoice.voided", an_invoice(customer=None), "no usable customer"),
        ("invoice.overpaid", an_invoice(amount_overpaid=None), "no usable surplus"),
        ("invoice.finalization_failed", an_invoice(id=None), "no usable id"),
        ("price.updated", {"object": "product", "id": "prod_1"}, "its object is no price"),
        ("product.updated", {"object": "product", "id": 7}, "no usable id"),
        ("radar.early_fraud_warning.created", a_warning(actionable="yes"), "no usable actionable"),
        ("radar.early_fraud_warning.created", a_warning(fraud_type=None), "no usable fraud type"),
        ("review.opened", a_review(charge=None, payment_intent=None), "no usable payment"),
    ],
)
def test_an_object_that_lacks_something_is_an_incident(event_type: str, told: Json, expected: str) -> None:
    assert expected == problem(event_type, told)


# Thin events


@pytest.mark.failure("F17")
def test_a_thin_event_is_a_reason_to_fetch() -> None:
    thin = a_thin_event("v1.invoice.paid", livemode=True)
    expected = Delivery(
        event_id="evt_2",
        type="v1.invoice.paid",
        created_at=CREATED + timedelta(milliseconds=250),
        livemode=True,
        fact=Announced(event_id="evt_2"),
        body=json.dumps(thin).encode(),
    )
    assert expected == received(thin)


ONLY_THIN = ("customer.subscription.past_due", "subscription_schedule.phase_added")


@pytest.mark.parametrize("event_type", [*sorted(READERS), *ONLY_THIN])
def test_all_that_is_read_as_a_snapshot_may_come_thin(event_type: str) -> None:
    assert Announced(event_id="evt_2") == received(a_thin_event(f"v1.{event_type}")).fact


@pytest.mark.failure("F17")
@pytest.mark.parametrize(
    "event_type",
    [
        "v1.invoice.payment_succeeded",
        "v1.of.next.year",
        "v2.core.account.updated",
        "v1.v1.invoice.paid",
        "invoice.paid",
    ],
)
def test_a_thin_event_of_anything_else_changes_nothing(event_type: str) -> None:
    assert NothingToDo(event_type) == received(a_thin_event(event_type)).fact


@pytest.mark.parametrize("livemode", [None, "false", 0])
def test_a_thin_event_says_whether_it_is_about_real_money(livemode: object) -> None:
    expected = NotUnderstood(type="v1.invoice.paid", problem="no usable livemode")
    assert expected == received(a_thin_event("v1.invoice.paid", livemode=livemode)).fact
