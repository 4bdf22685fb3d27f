"""What each fact of the gateway does to an account."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from billing_core.application.booking import payment_of_pack, span_of
from billing_core.application.deciding import BOOKED_WITHIN, Decided, Decision, decide
from billing_core.application.errands import errands
from billing_core.application.errors import UnknownPrice
from billing_core.application.tasks import REPORT_UNBOOKED, fetch_invoice, refresh, report_unbooked
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.errors import InvalidValue
from billing_core.domain.payments import Sign
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
)
from billing_core.ports.records import IncidentRaised, Job, OwnerClaimed
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_snapshot, a_subscriber, a_version, day
from tests.shops.use_case import A_DAY


def decided(fact: Fact, life: Life, now: datetime) -> Decision:
    """What the fact does to that life at the moment."""
    if isinstance(fact, Decided):
        return decide(fact, life.account, now, life.catalog)
    return Decision((), errands(fact, life.account.id, "evt_1"))


def a_line(**more: object) -> InvoiceLine:
    default = {
        "key": "il_1",
        "price": "basic-month",
        "sign": Sign.CHARGE,
        "quantity": Decimal(1),
        "start": NEW_YEAR,
        "end": day(2026, 2, 1),
        "prorated": False,
    }
    return InvoiceLine(**(default | more))  # type: ignore[arg-type]


def an_invoice(*lines: InvoiceLine, **more: object) -> InvoicePaid:
    default = {
        "invoice_id": "in_1",
        "subscription_id": "sub_1",
        "customer_id": "cus_1",
        "amount_minor": 1000,
        "currency": "usd",
        "paid_at": NEW_YEAR,
        "lines": lines or (a_line(),),
    }
    return InvoicePaid(**(default | more))  # type: ignore[arg-type]


def a_session(**more: object) -> CheckoutProgressed:
    default = {
        "session_id": "cs_1",
        "customer_id": "cus_1",
        "account_hint": None,
        "status": CheckoutNews.PAID,
        "kind": Kind.PACK,
        "item": "boost",
        "version": 1,
        "quantity": 1,
        "subscription_id": None,
        "payment_id": "pi_1",
        "amount_minor": 500,
        "currency": "usd",
        "at": NEW_YEAR,
    }
    return CheckoutProgressed(**(default | more))  # type: ignore[arg-type]


def incidents(decision: Decision) -> list[str]:
    return [record.kind.value for record in decision.records if isinstance(record, IncidentRaised)]


def jobs(decision: Decision) -> list[Job]:
    return [record for record in decision.records if isinstance(record, Job)]


@pytest.mark.parametrize("fact", [NothingToDo("customer.updated"), NotUnderstood(type="v2", problem="thin")])
def test_what_says_nothing_does_nothing(fact: NothingToDo | NotUnderstood) -> None:
    assert decided(fact, Life(), NEW_YEAR) == Decision()


def test_a_touched_subscription_is_claimed_and_asked_for() -> None:
    touched = SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1")

    assert decided(touched, Life(), NEW_YEAR) == Decision((), (OwnerClaimed("sub_1"), refresh("ann", "sub_1")))


def test_an_invoice_of_an_unknown_subscription_is_booked_and_the_subscription_asked_for() -> None:
    decision = decided(an_invoice(), Life(), NEW_YEAR)

    assert jobs(decision) == [refresh("ann", "sub_1")]


def test_an_invoice_of_a_known_subscription_is_booked_alone() -> None:
    decision = decided(an_invoice(paid_at=NEW_YEAR + A_DAY), a_subscriber(), NEW_YEAR + A_DAY)

    assert decision.records == ()


def test_an_invoice_with_a_pack_and_no_subscription_asks_for_none_and_is_looked_at_later() -> None:
    line = a_line(price="boost-price", end=NEW_YEAR)

    asked = jobs(decided(an_invoice(line, subscription_id=None), Life(), NEW_YEAR))

    assert asked == [report_unbooked("ann", "in_1", not_before=NEW_YEAR + BOOKED_WITHIN)]


def test_a_pack_on_a_subscriptions_invoice_is_told_of_unless_that_was_before_its_import() -> None:
    pack = a_line(key="il_2", price="boost-price", end=NEW_YEAR)
    bill = an_invoice(a_line(), pack, invoice_id="in_2")
    imported = Life()
    snapshot = a_snapshot(price="basic-month", anchor=NEW_YEAR)
    imported.keep(imported.at(NEW_YEAR + A_DAY).learned(snapshots=[snapshot], imported=True))

    assert [REPORT_UNBOOKED] == [job.task for job in jobs(decided(bill, a_subscriber(), NEW_YEAR + A_DAY))]
    assert [] == jobs(decided(bill, imported, NEW_YEAR + A_DAY))


def test_an_invoice_with_more_lines_is_asked_for() -> None:
    decision = decided(an_invoice(complete=False), Life(), NEW_YEAR)

    assert decision == Decision((), (fetch_invoice("ann", "in_1"),))


def test_a_slot_that_is_paid_over_a_day_after_its_end_is_shown() -> None:
    life = a_subscriber()
    line = a_line(key="il_2", start=day(2026, 2, 1), end=day(2026, 3, 1))
    late = an_invoice(line, invoice_id="in_2", paid_at=day(2026, 3, 3))

    assert incidents(decided(late, life, day(2026, 3, 1) + A_DAY)) == []
    assert incidents(decided(late, life, day(2026, 3, 1) + A_DAY + timedelta(seconds=1))) == ["slot_paid_late"]


def test_a_line_that_belongs_to_no_month_is_shown() -> None:
    line = a_line(key="il_2", start=day(2026, 1, 5), end=day(2026, 1, 17), prorated=True)

    assert incidents(decided(an_invoice(line, invoice_id="in_2"), a_subscriber(), day(2026, 1, 5))) == ["line_unplaced"]


def test_money_that_comes_to_light_half_a_year_late_is_shown_and_not_booked() -> None:
    decision = decided(an_invoice(), Life(), NEW_YEAR + timedelta(days=31 + 180))

    assert incidents(decision) == ["payment_too_old"]


@pytest.mark.parametrize(
    ("needs_authentication", "url", "facts"),
    [
        (False, None, {"needs_authentication": 0}),
        (True, "https://pay", {"needs_authentication": 1, "url": "https://pay"}),
    ],
)
def test_a_payment_that_failed_is_told_and_its_subscription_asked_for(
    needs_authentication: bool, url: str | None, facts: dict[str, str | int]
) -> None:
    unpaid = InvoiceUnpaid(
        invoice_id="in_1",
        subscription_id="sub_1",
        customer_id="cus_1",
        hosted_invoice_url=url,
        needs_authentication=needs_authentication,
    )

    notice, ask = jobs(decided(unpaid, Life(), NEW_YEAR))
    assert (notice.args["topic"], json.loads(notice.args["facts"])) == ("payment_failed", facts)
    assert ask == refresh("ann", "sub_1")


def test_a_failure_that_is_heard_of_after_the_payment_is_not_told() -> None:
    paid = a_subscriber()
    unpaid = InvoiceUnpaid(
        invoice_id=paid.account.payments[0].id,
        subscription_id="sub_1",
        customer_id="cus_1",
        hosted_invoice_url=None,
        needs_authentication=False,
    )

    assert (refresh("ann", "sub_1"),) == decided(unpaid, paid, NEW_YEAR).records


def test_a_failed_payment_of_no_subscription_is_only_told() -> None:
    unpaid = InvoiceUnpaid(
        invoice_id="in_1",
        subscription_id=None,
        customer_id="cus_1",
        hosted_invoice_url=None,
        needs_authentication=False,
    )

    assert len(jobs(decided(unpaid, Life(), NEW_YEAR))) == 1


# What was paid for


@pytest.mark.parametrize(
    ("news", "booked"),
    [
        (a_session(), True),
        (a_session(quantity=3), True),
        (a_session(amount_minor=0, payment_id=None), True),
        (a_session(version=None), True),
        (a_session(version=7), True),
        (a_session(kind=Kind.PLAN), False),
        (a_session(kind=None), False),
        (a_session(item=None), False),
        (a_session(subscription_id="sub_1"), False),
    ],
)
def test_a_pack_that_is_paid_once_is_a_payment(news: CheckoutProgressed, booked: bool) -> None:
    payment = payment_of_pack(news, a_catalog())

    assert (payment is not None) is booked
    if payment is not None and payment.purchase is not None:
        assert (payment.id, payment.purchase.quantity) == (news.payment_id or news.session_id, news.quantity)
        assert payment.purchase.version == 1


@pytest.mark.parametrize(
    ("news", "shown"),
    [
        (a_session(), []),
        (a_session(kind=None), ["unexplained_payment"]),
        (a_session(item=None), ["unexplained_payment"]),
        (a_session(kind=None, status=CheckoutNews.EXPIRED), []),
        (a_session(kind=None, subscription_id="sub_1"), []),
    ],
)
def test_money_for_nothing_that_is_known_is_shown(news: CheckoutProgressed, shown: list[str]) -> None:
    assert incidents(decided(news, Life(), NEW_YEAR)) == shown


def test_a_line_is_understood_by_the_version_that_its_subscription_is_pinned_to() -> None:
    catalog = Catalog([a_version(number=1), a_version(number=2, since=day(2026, 6, 1))])

    assert span_of(a_line(), catalog, pinned=1).item == "basic"
    assert span_of(a_line(sign=Sign.CREDIT, quantity=Decimal(2)), catalog).quantity == 2


def test_a_line_of_an_unknown_price_is_not_understood() -> None:
    with pytest.raises(UnknownPrice, match="price_foreign"):
        span_of(a_line(price="price_foreign"), a_catalog())


def test_a_fraction_of_a_plan_is_refused() -> None:
    with pytest.raises(InvalidValue, match="quantity"):
        span_of(a_line(quantity=Decimal("0.5")), a_catalog())
