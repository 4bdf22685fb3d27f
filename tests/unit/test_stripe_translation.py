"""What Stripe's events say, in the shapes of several years; and what nobody can read is an incident, not a crash."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.stripe import invoices
from billing_core.adapters.stripe.shapes import Misshapen
from billing_core.adapters.stripe.versions import is_known
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.domain.catalog import Kind
from billing_core.domain.payments import Sign
from billing_core.ports.errors import BadSignature
from billing_core.ports.facts import (
    CheckoutNews,
    CheckoutProgressed,
    Fact,
    InvoiceLine,
    InvoicePaid,
    InvoiceUnpaid,
    NothingToDo,
    NotUnderstood,
    SubscriptionTouched,
    TrialEnding,
)
from billing_core.ports.webhooks import Delivery, Webhooks
from tests.stripe_samples import (
    BEFORE_BASIL,
    END,
    ENDIVE,
    MIDDLE,
    NOW,
    PRICES,
    SECRET,
    SINCE_BASIL,
    START,
    Json,
    a_line,
    a_one_off,
    a_proration,
    a_session,
    a_subscription,
    an_event,
    an_invoice,
    an_old_invoice,
    an_old_line,
    an_old_proration,
    lines,
    received,
    seconds,
    sign,
)

CREATED = NOW - timedelta(seconds=5)
CREDITED = {"invoice": "in_0", "invoice_line_items": ["il_0"]}
RENEWAL = InvoiceLine(
    key="il_1",
    price="pro_month_usd",
    sign=Sign.CHARGE,
    quantity=Decimal(1),
    start=START,
    end=END,
    prorated=False,
)
REST = evolve(RENEWAL, key="il_2", start=MIDDLE, prorated=True)
PAID = InvoicePaid(
    invoice_id="in_1",
    subscription_id="sub_1",
    customer_id="cus_1",
    amount_minor=2000,
    currency="usd",
    paid_at=NOW - timedelta(minutes=1),
    lines=(RENEWAL,),
)


def fact(event_type: str, told: object, **overrides: object) -> Fact:
    return received(an_event(event_type, told, **overrides)).fact


def paid(invoice: Json, **overrides: object) -> InvoicePaid:
    found = fact("invoice.paid", invoice, **overrides)
    assert isinstance(found, InvoicePaid)
    return found


def checkout(session: Json, event_type: str = "checkout.session.completed") -> CheckoutProgressed:
    found = fact(event_type, session)
    assert isinstance(found, CheckoutProgressed)
    return found


def problem(event_type: str, told: object, **overrides: object) -> str:
    found = fact(event_type, told, **overrides)
    assert isinstance(found, NotUnderstood)
    return found.problem


def test_the_adapter_fits_its_port() -> None:
    webhooks: Webhooks = StripeWebhooks([SECRET], PRICES)
    body = json.dumps(an_event("invoice.paid", an_invoice())).encode()
    expected = Delivery(event_id="evt_1", type="invoice.paid", created_at=CREATED, livemode=False, fact=PAID, body=body)
    assert expected == webhooks.translate(body, sign(body), now=NOW)
    assert expected == webhooks.retranslate(body)


def test_a_body_is_believed_only_with_its_signature_and_in_its_time() -> None:
    webhooks, body = StripeWebhooks([SECRET], PRICES), json.dumps(an_event("plan.created", {})).encode()
    with pytest.raises(BadSignature, match="no signature matches"):
        webhooks.translate(body, sign(body, "whsec_two"), now=NOW)
    with pytest.raises(BadSignature, match="too old"):
        webhooks.translate(body, sign(body), now=NOW + timedelta(minutes=6))


# Invoices


@pytest.mark.parametrize("version", SINCE_BASIL)
def test_since_basil_a_paid_invoice_tells_its_lines(version: str) -> None:
    assert paid(an_invoice(), api_version=version) == PAID


@pytest.mark.parametrize("version", BEFORE_BASIL)
def test_before_basil_it_told_the_same(version: str) -> None:
    assert paid(an_old_invoice(), api_version=version) == PAID


def test_before_prices_there_were_plans_and_no_id_was_unique_so_the_lines_are_fetched() -> None:
    line = an_old_line(id="sub_1", unique_id="li_1")
    del line["price"]
    invoice = an_old_invoice(line)
    del invoice["status_transitions"], invoice["status"]
    expected = evolve(PAID, lines=(), complete=False, paid_at=CREATED)
    assert paid(invoice, api_version="2017-08-15") == expected


def test_a_plan_stands_for_its_price_where_there_is_no_price() -> None:
    assert paid(an_old_invoice(an_old_line(price=None))) == PAID


@pytest.mark.parametrize(
    ("line", "price"),
    [
        (an_old_line(price={"id": "price_1", "lookup_key": "gold"}), "gold"),
        (an_old_line(price={"id": "price_0", "metadata": {"billing_core_price": "gold"}}), "gold"),
        (a_line(pricing={"price_details": {"price": {"id": "price_1", "lookup_key": "gold"}}}), "gold"),
        (a_line(pricing={"price_details": {"price": {"id": "price_1", "lookup_key": None}}}), "pro_month_usd"),
        (a_line(pricing={"price_details": {"price": "price_2"}}), "studio_month_usd"),
        (a_line(pricing={"price_details": {"price": "price_of_another"}}), "price_of_another"),
        (an_old_line(price={"id": "price_of_another"}), "price_of_another"),
    ],
)
def test_a_price_is_named_by_lookup_key_or_by_our_table_or_stays_unknown(line: Json, price: str) -> None:
    assert paid(an_invoice(line)).lines == (evolve(RENEWAL, price=price),)


@pytest.mark.parametrize(
    ("amount", "credited", "sign"),
    [
        (-1000, CREDITED, Sign.CREDIT),
        (-1000, None, Sign.CREDIT),
        (0, CREDITED, Sign.CREDIT),
        (0, None, Sign.CHARGE),
        (1000, None, Sign.CHARGE),
        (1000, CREDITED, Sign.CHARGE),
    ],
)
def test_a_proration_credits_unused_time_or_charges_for_the_rest(
    amount: int, credited: Json | None, sign: Sign
) -> None:
    expected = (evolve(REST, sign=sign),)
    assert paid(an_invoice(a_proration(amount, credited))).lines == expected
    assert paid(an_old_invoice(an_old_proration(amount, credited)), api_version="2022-11-15").lines == expected


@pytest.mark.parametrize("amount", [0, -500])
def test_a_whole_period_is_a_charge_whatever_it_cost(amount: int) -> None:
    assert paid(an_invoice(a_line(amount=amount))).lines == (RENEWAL,)


@pytest.mark.parametrize(
    ("quantity", "exact", "expected"),
    [
        (3, None, "3"),
        (3, "2.5", "2.5"),
        (None, "2.50", "2.5"),
        (None, None, "1"),
        (0, None, "0"),
    ],
)
def test_the_exact_quantity_counts(quantity: int | None, exact: str | None, expected: str) -> None:
    line = a_line(quantity=quantity, quantity_decimal=exact)
    assert paid(an_invoice(line)).lines == (evolve(RENEWAL, quantity=Decimal(expected)),)


@pytest.mark.parametrize("quantity", ["2.5", "1E+1", "0"])
def test_an_invoice_that_was_fetched_holds_decimals(quantity: str) -> None:
    invoice = an_invoice(a_line(quantity_decimal=Decimal(quantity)))
    expected = evolve(PAID, lines=(evolve(RENEWAL, quantity=Decimal(quantity)),))
    assert invoices.paid(invoice, prices=PRICES, at=NOW) == expected


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "1E+12", "1E+999999", "-1"])
def test_a_decimal_that_counts_nothing_is_no_quantity(quantity: str) -> None:
    invoice = an_invoice(a_line(quantity_decimal=Decimal(quantity)))
    with pytest.raises(Misshapen):
        invoices.paid(invoice, prices=PRICES, at=NOW)


def test_a_one_off_item_is_left_out_unless_the_catalog_prices_it() -> None:
    pack = evolve(RENEWAL, key="il_3", price="pack_100_usd", end=START)
    assert paid(an_invoice(a_line(), a_one_off("price_of_a_mug"))).lines == (RENEWAL,)
    assert paid(an_invoice(a_line(), a_one_off("price_3"))).lines == (RENEWAL, pack)


def test_a_stretch_of_something_that_is_no_subscription_is_left_out_too() -> None:
    period = {"start": seconds(START), "end": seconds(END)}
    mug = a_one_off("price_of_a_mug") | {"period": period}
    assert paid(an_invoice(a_line(), mug)).lines == (RENEWAL,)


def test_a_fee_on_a_subscription_that_is_for_no_stretch_is_left_out() -> None:
    assert paid(an_invoice(a_line(), a_one_off("price_of_a_mug", subscription="sub_1"))).lines == (RENEWAL,)


def test_a_line_may_name_its_subscription_beside_its_parent() -> None:
    rest = a_proration(1000, subscription="sub_1")
    rest["parent"]["invoice_item_details"]["subscription"] = None
    assert paid(an_invoice(rest, parent=None)) == evolve(PAID, lines=(REST,))


def test_a_one_off_item_without_a_period_is_dated_to_its_payment() -> None:
    pack = evolve(RENEWAL, key="il_3", price="pack_100_usd", start=PAID.paid_at, end=PAID.paid_at)
    assert paid(an_invoice(a_one_off("price_3") | {"period": None}, parent=None)) == evolve(
        PAID, subscription_id=None, lines=(pack,)
    )


def test_a_fee_on_a_subscription_without_any_price_is_left_out() -> None:
    fee = a_proration(500, pricing=None)
    fee["parent"]["invoice_item_details"]["proration"] = False
    assert paid(an_invoice(a_line(), fee)).lines == (RENEWAL,)


@pytest.mark.parametrize(
    "listed", [lines(a_line(), has_more=True), {"data": [a_line()]}, {"data": [a_line()], "has_more": None}]
)
def test_only_an_invoice_that_says_so_is_complete(listed: Json) -> None:
    assert paid(an_invoice(lines=listed)) == evolve(PAID, complete=False)


def test_without_its_lines_it_is_not_complete_either() -> None:
    assert paid(an_invoice(lines=None)) == evolve(PAID, lines=(), complete=False)


@pytest.mark.parametrize(
    ("overrides", "amount"),
    [
        ({"amount_paid": 0, "amount_due": 0, "total": 2000}, 0),  # from the balance
        ({"amount_paid": 0, "total": -700}, 0),  # a credit
        ({"amount_paid": 0, "paid_out_of_band": True}, 2000),
        ({"amount_paid": 0, "amount_paid_off_stripe": 1500}, 1500),
        ({"amount_paid": 2000, "amount_paid_off_stripe": 500}, 2000),
        ({"amount_paid": 1200, "paid_out_of_band": True}, 1200),
        ({"amount_paid": -5, "amount_paid_off_stripe": -3}, 0),
        ({"amount_paid": 1200, "currency": "jpy"}, 1200),
    ],
)
def test_the_amount_is_what_was_really_paid(overrides: Json, amount: int) -> None:
    assert paid(an_invoice(**overrides)).amount_minor == amount


@pytest.mark.parametrize("paid_at", [None, 0, -1, 2**63, "2026-11-21", seconds(NOW) * 1000, 1.5, True])
def test_a_payment_without_a_sensible_date_is_dated_to_its_event(paid_at: object) -> None:
    assert paid(an_invoice(status_transitions={"paid_at": paid_at})) == evolve(PAID, paid_at=CREATED)


def test_the_lines_name_the_subscription_where_the_invoice_does_not() -> None:
    assert paid(an_invoice(parent={"type": "quote_details", "quote_details": {"quote": "qt_1"}})) == PAID


@pytest.mark.parametrize("owner", [{"customer": {"id": "cus_1"}}, {"customer": None, "customer_account": "cus_1"}])
def test_a_customer_may_be_expanded_or_an_account(owner: Json) -> None:
    assert paid(an_invoice(**owner)) == PAID


@pytest.mark.parametrize("status", [None, 7, {}, [], "settled"])
def test_a_status_of_next_year_is_no_reason_to_doubt(status: object) -> None:
    assert paid(an_invoice(status=status)) == PAID


@pytest.mark.parametrize("status", ["draft", "open", "void", "uncollectible"])
def test_a_paid_invoice_that_is_not_paid_is_not_believed(status: str) -> None:
    assert problem("invoice.paid", an_invoice(status=status)) == "a paid invoice is not paid"


SUBSCRIPTION_2 = {"subscription": "sub_2", "proration": False}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (a_line(id=None), "no usable line id"),
        (a_line(id="il_\0"), "no usable line id"),
        (a_line(pricing=None), "a subscription's line has no price"),
        (a_line(period={"start": seconds(END), "end": seconds(START)}), "a line's period ends before it starts"),
        (a_line(period={"start": seconds(START)}), "no usable line period"),
        (a_line(period={"start": 0, "end": 2**63}), "no usable line period"),
        (a_line(period={"start": "2026-11-01", "end": "2026-12-01"}), "no usable line period"),
        (a_line(quantity_decimal="1e9"), "a line's quantity is no number"),
        (a_line(quantity_decimal="-1"), "a line's quantity is no number"),
        (a_line(quantity_decimal=1.5), "a line's quantity is no number"),
        (a_line(quantity_decimal=None, quantity=-1), "a line's quantity is out of bounds"),
        (a_line(quantity_decimal=None, quantity="1"), "no usable line quantity"),
        (a_proration("much"), "no usable line amount"),  # type: ignore[arg-type]
        (a_line(parent={"type": "cadence_details"}), "a line has an unknown parent"),
        (a_line(parent={"type": None}), "a line has an unknown parent"),
        (an_old_line(proration=None), "a subscription's line does not tell whether it is a proration"),
        (an_old_line(proration="no"), "a subscription's line does not tell whether it is a proration"),
        (
            a_line(parent={"type": "subscription_item_details", "subscription_item_details": SUBSCRIPTION_2}),
            "an invoice of several subscriptions",
        ),
        ("il_1", "data is no list of objects"),
    ],
)
def test_a_line_that_cannot_be_read_is_never_skipped(line: Json, expected: str) -> None:
    assert problem("invoice.paid", an_invoice(line)) == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"id": None}, "no usable id"),
        ({"id": "x" * 256}, "no usable id"),
        ({"customer": None}, "no usable customer"),
        ({"customer": ""}, "no usable customer"),
        ({"customer": {"id": 7}}, "no usable customer"),
        ({"amount_paid": None}, "no usable amount"),
        ({"amount_paid": 20.0}, "no usable amount"),
        ({"amount_paid": True}, "no usable amount"),
        ({"amount_paid": 2**63}, "no usable amount"),
        ({"amount_paid": 10**21}, "no usable amount"),
        ({"currency": None}, "no usable currency"),
        ({"currency": "USD"}, "no usable currency"),
        ({"object": "charge"}, "its object is no invoice"),
    ],
)
def test_an_invoice_that_lacks_something_is_an_incident(overrides: Json, expected: str) -> None:
    assert problem("invoice.paid", an_invoice(**overrides)) == expected


@pytest.mark.parametrize(
    ("event_type", "needs_authentication"),
    [
        ("invoice.payment_failed", False),
        ("invoice.payment_action_required", True),
        ("invoice.payment_attempt_required", False),
        ("invoice.overdue", False),
    ],
)
@pytest.mark.parametrize("invoice", [an_invoice(status="open"), an_old_invoice(status="open")])
def test_an_invoice_is_unpaid(event_type: str, needs_authentication: bool, invoice: Json) -> None:
    expected = InvoiceUnpaid(
        invoice_id="in_1",
        subscription_id="sub_1",
        customer_id="cus_1",
        hosted_invoice_url="https://invoice.stripe.com/i/1",
        needs_authentication=needs_authentication,
    )
    assert fact(event_type, invoice) == expected


@pytest.mark.parametrize("link", [None, "", "javascript:alert(1)", "http://invoice.stripe.com/i/1", 7])
def test_a_link_that_no_page_should_show_is_dropped(link: object) -> None:
    found = fact("invoice.payment_failed", an_invoice(hosted_invoice_url=link))
    assert isinstance(found, InvoiceUnpaid)
    assert found.hosted_invoice_url is None


# Subscriptions


@pytest.mark.parametrize(
    "happened",
    ["created", "updated", "deleted", "paused", "resumed", "pending_update_applied", "of_next_year"],
)
@pytest.mark.parametrize("told", [a_subscription(), a_subscription(status="dreaming", current_period_end=-1)])
def test_a_subscription_is_touched(happened: str, told: Json) -> None:
    expected = SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1")
    assert fact(f"customer.subscription.{happened}", told) == expected


@pytest.mark.parametrize("told", [{"subscription": "sub_1"}, {"subscription": None, "released_subscription": "sub_1"}])
def test_a_schedule_touches_its_subscription(told: Json) -> None:
    schedule = {"object": "subscription_schedule", "id": "sub_sched_1", "customer": "cus_1", **told}
    expected = SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1")
    assert fact("subscription_schedule.released", schedule) == expected


def test_a_schedule_without_a_subscription_touches_none() -> None:
    schedule = {"object": "subscription_schedule", "id": "sub_sched_1", "customer": "cus_1"}
    assert fact("subscription_schedule.created", schedule) == NothingToDo("subscription_schedule.created")


def test_a_trial_is_ending() -> None:
    expected = TrialEnding(subscription_id="sub_1", customer_id="cus_1", ends_at=END)
    assert fact("customer.subscription.trial_will_end", a_subscription()) == expected


@pytest.mark.parametrize(
    ("event_type", "told", "expected"),
    [
        ("customer.subscription.updated", a_subscription(id=None), "no usable id"),
        ("customer.subscription.updated", a_subscription(customer=None), "no usable customer"),
        ("customer.subscription.updated", an_invoice(), "its object is no subscription"),
        ("customer.subscription.updated", None, "its object is no subscription"),
        ("customer.subscription.updated", [], "its object is no subscription"),
        ("customer.subscription.trial_will_end", a_subscription(trial_end=None), "no usable trial_end"),
        ("customer.subscription.trial_will_end", a_subscription(trial_end=10**12), "no usable trial_end"),
        ("subscription_schedule.updated", a_subscription(), "its object is no subscription_schedule"),
        ("checkout.session.completed", a_subscription(), "its object is no checkout.session"),
    ],
)
def test_an_object_of_another_shape_is_an_incident(event_type: str, told: object, expected: str) -> None:
    assert problem(event_type, told) == expected


def test_an_incident_tells_whose_it_is_where_that_can_be_read() -> None:
    found = fact("customer.subscription.updated", a_subscription(id=None))
    assert found == NotUnderstood(type="customer.subscription.updated", problem="no usable id", customer_id="cus_1")


# Checkouts

PACK = CheckoutProgressed(
    session_id="cs_1",
    customer_id="cus_1",
    account_hint="acc_1",
    status=CheckoutNews.PAID,
    kind=Kind.PACK,
    item="pack_100",
    version=3,
    quantity=1,
    subscription_id=None,
    payment_id="pi_1",
    amount_minor=900,
    currency="usd",
    at=CREATED,
)


@pytest.mark.parametrize(
    ("happened", "payment_status", "expected"),
    [
        ("completed", "paid", CheckoutNews.PAID),
        ("completed", "no_payment_required", CheckoutNews.PAID),
        ("completed", "unpaid", CheckoutNews.PROCESSING),
        ("async_payment_succeeded", "paid", CheckoutNews.PAID),
        ("async_payment_failed", "unpaid", CheckoutNews.FAILED),
        ("expired", "unpaid", CheckoutNews.EXPIRED),
    ],
)
def test_a_checkout_goes_on(happened: str, payment_status: str, expected: CheckoutNews) -> None:
    session = a_session(payment_status=payment_status)
    assert checkout(session, f"checkout.session.{happened}") == evolve(PACK, status=expected)


def test_the_payment_is_the_invoice_where_there_is_one() -> None:
    session = a_session(mode="subscription", payment_intent=None, invoice="in_1", subscription={"id": "sub_1"})
    assert checkout(session) == evolve(PACK, payment_id="in_1", subscription_id="sub_1")
    assert checkout(a_session(invoice={"id": "in_1"})) == evolve(PACK, payment_id="in_1")


@pytest.mark.parametrize("metadata", [None, {}, {"billing_core_account": ""}, []])
def test_a_link_brings_a_reference_and_no_metadata(metadata: object) -> None:
    assert checkout(a_session(metadata=metadata)) == evolve(
        PACK, account_hint="by_link", kind=None, item=None, version=None
    )


@pytest.mark.parametrize("version", ["", "0", "-1", "1.0", "x", "9" * 5000, "٣"])
def test_a_version_that_is_none_is_dropped(version: str) -> None:
    session = a_session()
    session["metadata"] |= {"billing_core_version": version, "billing_core_kind": "house"}
    assert checkout(session) == evolve(PACK, version=None, kind=None)


@pytest.mark.parametrize(
    ("listed", "quantity"),
    [
        ([{"quantity": 4}], 4),
        ([{"quantity": 0}], 1),
        ([{"quantity": 2**62}], 1),
        ([{}], 1),
        ([{"quantity": 4}, {"quantity": 5}], 1),
        ([], 1),
    ],
)
def test_the_quantity_is_told_by_expanded_lines(listed: list[Json], quantity: int) -> None:
    assert checkout(a_session(line_items={"data": listed})) == evolve(PACK, quantity=quantity)


def test_an_expired_checkout_need_not_know_what_it_would_have_cost() -> None:
    session = a_session(amount_total=None, currency=None, customer=None, payment_intent=None)
    assert checkout(session, "checkout.session.expired") == evolve(
        PACK, status=CheckoutNews.EXPIRED, amount_minor=0, currency="", customer_id=None, payment_id=None
    )


@pytest.mark.parametrize(
    ("event_type", "overrides", "expected"),
    [
        ("checkout.session.completed", {"payment_status": "promised"}, "no usable payment status"),
        ("checkout.session.completed", {"payment_status": None}, "no usable payment status"),
        ("checkout.session.async_payment_succeeded", {"payment_status": "unpaid"}, "no usable payment status"),
        ("checkout.session.completed", {"amount_total": None}, "no usable amount"),
        ("checkout.session.completed", {"amount_total": -1}, "no usable amount"),
        ("checkout.session.completed", {"currency": None}, "no usable currency"),
        ("checkout.session.completed", {"id": None}, "no usable id"),
    ],
)
def test_a_checkout_that_is_not_clearly_paid_is_not_believed(event_type: str, overrides: Json, expected: str) -> None:
    assert problem(event_type, a_session(**overrides)) == expected


@pytest.mark.parametrize(
    ("event_type", "session"),
    [
        ("checkout.session.of_next_year", a_session()),
        ("checkout.session.completed", a_session(mode="setup", payment_status="no_payment_required")),
    ],
)
def test_a_session_that_sells_nothing_changes_nothing(event_type: str, session: Json) -> None:
    assert fact(event_type, session) == NothingToDo(event_type)


# Envelopes


@pytest.mark.parametrize(
    "event_type",
    [
        "charge.refund.updated",
        "charge.refunded",
        "customer.created",
        "customer.updated",
        "entitlements.active_entitlement_summary.updated",
        "invoice.created",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "plan.created",
        "price.created",
        "review.closed",
        "?",
        ".",
    ],
)
def test_everything_else_changes_nothing(event_type: str) -> None:
    assert fact(event_type, an_invoice()) == NothingToDo(event_type)


@pytest.mark.parametrize("version", [*SINCE_BASIL, *BEFORE_BASIL, "2017-01-27", "2027-02-24.endive"])
def test_a_version_is_known(version: str) -> None:
    assert is_known(version)


@pytest.mark.parametrize(
    "version",
    [
        "",
        "2016-07-06",
        "2026-10-28",
        "2027-03-31.fir",
        "2025-03-30.basil",
        "2025-04-30.preview",
        "endive",
        f"{ENDIVE} ",
    ],
)
def test_a_version_is_not_known(version: str) -> None:
    assert not is_known(version)


@pytest.mark.parametrize("event_type", ["invoice.paid", "plan.created"])
@pytest.mark.parametrize("version", ["2027-03-31.fir", "2016-07-06", None, 7])
def test_an_unknown_version_is_never_a_silent_yes(event_type: str, version: object) -> None:
    named = version if isinstance(version, str) else None
    assert problem(event_type, an_invoice(), api_version=version) == f"unknown api_version {named}"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"object": "evt"}, "not an event"),
        ({"account": "acct_2"}, "of a connected account"),
        ({"livemode": None}, "no usable livemode"),
        ({"data": None}, "its object is no invoice"),
        ({"data": {"object": "in_1"}}, "its object is no invoice"),
    ],
)
def test_an_envelope_that_is_not_ours_is_an_incident(overrides: Json, expected: str) -> None:
    assert problem("invoice.paid", an_invoice(), **overrides) == expected


@pytest.mark.parametrize(
    "created",
    [
        None,
        0,
        -1,
        2**63,
        seconds(NOW) * 1000,
        "soon",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T00:00:00Z",
        "9999-12-31T00:00:00Z",
        "2026-11-21",
        1.5,
        True,
    ],
)
def test_an_event_without_a_sensible_date_is_kept_as_an_incident(created: object) -> None:
    delivery = received(an_event("invoice.paid", an_invoice(), created=created))
    assert delivery.created_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert delivery.fact == NotUnderstood(type="invoice.paid", problem="no usable created", customer_id="cus_1")


GOOD = json.dumps(an_event("invoice.paid", an_invoice())).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"evt_1"',
        b'{"id":"evt_1"}',
        b'{"id":"evt_1","type":7}',
        b'{"id":"evt_1","type":"\\u0000"}',
        b'{"id":"","type":"plan.created"}',
        GOOD[:-1],
        GOOD + b"x",
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        GOOD.replace(b"cus_1", b"cus_\xff"),
        GOOD.replace(b'"cus_1"', b'"\\ud800"'),
        GOOD.replace(b'"customer"', b'"\\udfff"'),
        GOOD.replace(b"2000", b"NaN"),
        GOOD.replace(b"2000", b"-Infinity"),
        GOOD.replace(b"2000", b"1e999"),
        GOOD.replace(b"2000", b"9" * 5000),
        GOOD.replace(b'"id": "in_1"', b'"id": "in_1", "id": "in_2"'),
        GOOD.replace(b"2000", b"[" * 2000 + b"]" * 2000),
        GOOD.replace(b"2000", b"[" * 70 + b"]" * 70),
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b"[" * 1_000_000,
    ],
)
def test_a_signed_body_that_nobody_can_read_is_malformed(body: bytes) -> None:
    webhooks = StripeWebhooks([SECRET], PRICES)
    with pytest.raises(BadSignature, match="malformed"):
        webhooks.translate(body, sign(body), now=NOW)
    with pytest.raises(BadSignature, match="malformed"):
        webhooks.retranslate(body)


# Whatever comes

EVENTS = (
    an_event("invoice.paid", an_invoice(a_line(), a_proration(-5, CREDITED), a_one_off("price_3"))),
    an_event("invoice.paid", an_old_invoice(an_old_line(), an_old_proration(5)), api_version="2020-08-27"),
    an_event("invoice.payment_failed", an_invoice()),
    an_event("customer.subscription.trial_will_end", a_subscription()),
    an_event("customer.subscription.updated", a_subscription()),
    an_event("checkout.session.completed", a_session(line_items={"data": [{"quantity": 1}]})),
)
NONSENSE: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["sub_1", "price_1", "1e9", "2026-11-01T00:00:00Z", 0, -1, 2**63, 1_790_000_000_000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every place in the event, as the container and the key or index in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])  # type: ignore[index]


@st.composite
def broken_events(draw: st.DrawFn) -> Json:
    """A genuine event of which a few values were removed, or replaced by anything."""
    event = deepcopy(draw(st.sampled_from(EVENTS)))
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(list(places(event)) or [(event, "id")]))
        if draw(st.booleans()):
            container[key] = draw(NONSENSE)
        else:
            container.pop(key, None) if isinstance(container, dict) else container.pop(key)
    return event


def is_sound(fact: Fact) -> bool:
    """Whether the fact keeps what the domain relies on, whatever it was read from."""
    match fact:
        case InvoicePaid(amount_minor=amount, lines=told):
            ordered = all(line.start <= line.end and 0 <= line.quantity < 10**12 for line in told)
            return ordered and 0 <= amount < 2**63
        case CheckoutProgressed(amount_minor=amount, quantity=quantity):
            return 0 <= amount < 2**63 and quantity > 0
        case _:
            return True


@given(event=broken_events())
def test_a_broken_event_is_a_delivery_or_malformed(event: Json) -> None:
    body = json.dumps(event).encode()
    try:
        delivery = StripeWebhooks([SECRET], PRICES).translate(body, sign(body), now=NOW)
    except BadSignature as refused:
        problem = refused.problem
    else:
        problem = "" if is_sound(delivery.fact) else repr(delivery.fact)
    assert problem in {"", "malformed"}


@given(body=st.binary(max_size=300) | NONSENSE.map(lambda value: json.dumps(value).encode()))
def test_a_signed_body_of_anything_is_a_delivery_or_malformed(body: bytes) -> None:
    with pytest.raises(BadSignature, match="malformed"):
        StripeWebhooks([SECRET], PRICES).translate(body, sign(body), now=NOW)
