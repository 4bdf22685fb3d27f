"""What a checkout says, and when it is believed to be paid."""

from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.catalog import Kind
from billing_core.ports.facts import (
    CheckoutNews,
    CheckoutProgressed,
    NothingToDo,
)
from tests.stripe.samples import (
    NOW,
    Json,
    a_session,
    fact,
    problem,
)

CREATED = NOW - timedelta(seconds=5)
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


def checkout(session: Json, event_type: str = "checkout.session.completed") -> CheckoutProgressed:
    found = fact(event_type, session)
    assert isinstance(found, CheckoutProgressed)
    return found


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
