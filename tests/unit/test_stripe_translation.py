"""What Stripe's events say, whatever their version; and what nobody can read is an incident, not a crash."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from billing_core.adapters.stripe.versions import is_known
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.errors import BadSignature
from billing_core.ports.facts import (
    NothingToDo,
    NotUnderstood,
    SubscriptionTouched,
    TrialEnding,
)
from billing_core.ports.webhooks import Delivery, Webhooks
from tests.stripe.samples import (
    BEFORE_BASIL,
    END,
    ENDIVE,
    NOW,
    PRICES,
    SECRET,
    SINCE_BASIL,
    Json,
    a_subscription,
    an_event,
    an_invoice,
    fact,
    problem,
    received,
    seconds,
    sign,
)


def test_the_adapter_fits_its_port() -> None:
    webhooks: Webhooks = StripeWebhooks([SECRET], PRICES)
    body = json.dumps(an_event("customer.subscription.updated", a_subscription())).encode()
    expected = Delivery(
        event_id="evt_1",
        type="customer.subscription.updated",
        created_at=NOW - timedelta(seconds=5),
        livemode=False,
        fact=SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"),
        body=body,
    )
    assert expected == webhooks.translate(body, sign(body), now=NOW)
    assert expected == webhooks.retranslate(body)


def test_a_body_is_believed_only_with_its_signature_and_in_its_time() -> None:
    webhooks, body = StripeWebhooks([SECRET], PRICES), json.dumps(an_event("plan.created", {})).encode()
    with pytest.raises(BadSignature, match="no signature matches"):
        webhooks.translate(body, sign(body, "whsec_two"), now=NOW)
    with pytest.raises(BadSignature, match="too old"):
        webhooks.translate(body, sign(body), now=NOW + timedelta(minutes=6))


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
