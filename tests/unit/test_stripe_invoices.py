"""What a paid, an unpaid and a nonsensical invoice say, in the shapes of several years."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from billing_core.adapters.stripe import invoices
from billing_core.adapters.stripe.shapes import Misshapen
from billing_core.domain.payments import Sign
from billing_core.ports.facts import (
    InvoiceLine,
    InvoicePaid,
    InvoiceUnpaid,
)
from tests.stripe.samples import (
    BEFORE_BASIL,
    END,
    MIDDLE,
    NOW,
    PRICES,
    SINCE_BASIL,
    START,
    Json,
    a_line,
    a_one_off,
    a_proration,
    an_invoice,
    an_old_invoice,
    an_old_line,
    an_old_proration,
    fact,
    lines,
    problem,
    seconds,
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


def paid(invoice: Json, **overrides: object) -> InvoicePaid:
    found = fact("invoice.paid", invoice, **overrides)
    assert isinstance(found, InvoicePaid)
    return found


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
        (an_old_line(price={"id": "price_0", "lookup_key": "gold"}), "gold"),
        (an_old_line(price={"id": "price_0", "metadata": {"billing_core_price": "gold"}}), "gold"),
        (an_old_line(price={"id": "price_1", "lookup_key": "gold"}), "pro_month_usd"),
        (a_line(pricing={"price_details": {"price": {"id": "price_0", "lookup_key": "gold"}}}), "gold"),
        (a_line(pricing={"price_details": {"price": {"id": "price_1", "lookup_key": None}}}), "pro_month_usd"),
        (a_line(pricing={"price_details": {"price": "price_2"}}), "studio_month_usd"),
        (a_line(pricing={"price_details": {"price": "price_of_another"}}), "price_of_another"),
        (an_old_line(price={"id": "price_of_another"}), "price_of_another"),
    ],
)
def test_a_price_is_named_by_our_table_or_by_itself_or_stays_unknown(line: Json, price: str) -> None:
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


def an_extra(**overrides: object) -> Json:
    """A line of another item of the subscription, at a price of none of ours."""
    extra = a_line(id="il_9", pricing={"price_details": {"price": "price_of_support"}}, **overrides)
    if "subscription_item_details" == extra["parent"]["type"]:
        extra["parent"]["subscription_item_details"]["subscription_item"] = "si_9"
    return extra


def test_beside_an_item_of_the_catalog_another_item_is_an_extra_and_left_out() -> None:
    its_rest = an_extra(parent=a_proration(300)["parent"])
    assert paid(an_invoice(a_line(), an_extra(), its_rest)) == PAID
    assert paid(an_invoice(an_extra(), a_line())) == PAID
    old = an_old_line(id="il_9", price={"id": "price_of_support"}, plan=None, subscription_item="si_9")
    assert paid(an_old_invoice(an_old_line(subscription_item="si_1"), old), api_version="2024-06-20") == PAID


def test_a_price_of_none_of_ours_is_no_extra_where_it_may_be_what_the_item_cost_or_costs() -> None:
    unknown = evolve(RENEWAL, key="il_9", price="price_of_support")
    same_item = a_line(id="il_9", pricing={"price_details": {"price": "price_of_support"}})
    before = evolve(REST, key="il_9", price="price_of_support", sign=Sign.CREDIT, start=START)
    credited = an_extra(amount=-300, parent=a_proration(-300)["parent"])
    assert paid(an_invoice(a_line(), same_item)).lines == (RENEWAL, unknown)
    assert paid(an_invoice(a_line(), credited)).lines == (RENEWAL, before)
    assert paid(an_invoice(a_proration(-300), an_extra())).lines == (evolve(REST, sign=Sign.CREDIT), unknown)
    assert paid(an_invoice(an_extra())).lines == (unknown,)


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


@pytest.mark.parametrize("pricing", [None, {"price_details": {"price": "price_of_a_course"}}])
def test_a_fee_on_a_subscription_at_no_price_of_ours_is_left_out(pricing: object) -> None:
    fee = a_proration(500, pricing=pricing)
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
