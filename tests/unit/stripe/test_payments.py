"""A payment as Stripe has it, by any name of it, with all that went back of it and what it was for."""

from typing import Any

import pytest

from billing_core.adapters.stripe.collected import dispute_status
from billing_core.domain.catalog import Kind
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.fraud import RiskLevel
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from billing_core.ports.facts import CheckoutNews, CheckoutProgressed, InvoicePaid
from billing_core.ports.gateway import DisputeTold, PaymentState
from tests.stripe.canned import Refusal, page
from tests.stripe.samples import (
    NOW,
    Json,
    a_charge,
    a_dispute,
    a_one_off,
    a_refund,
    a_session,
)
from tests.stripe.till import Till, a_fetched_invoice, an_intent, by_intent


def of_session(state: PaymentState) -> CheckoutProgressed:
    assert isinstance(state.settles, CheckoutProgressed)
    return state.settles


def of_invoice(state: PaymentState) -> InvoicePaid:
    assert isinstance(state.settles, InvoicePaid)
    return state.settles


async def test_a_payment_for_nothing_of_ours() -> None:
    assert await Till().state() == PaymentState(
        id="pi_1",
        customer_id="cus_1",
        amount_minor=900,
        currency="usd",
        refunded_minor=0,
        disputes=(),
        settles=None,
        risk=RiskLevel.NORMAL,
        seen_at=NOW,
    )


@pytest.mark.parametrize("name", ["in_1", "pi_1", "ch_1"])
async def test_every_name_of_a_payment_leads_to_its_invoice(name: str) -> None:
    till = Till(an_intent(amount=2000)).invoiced().having("charges/ch_1", a_charge())

    state = await till.state(name)

    assert (state.id, state.amount_minor, state.customer_id) == ("in_1", 2000, "cus_1")
    assert (of_invoice(state).invoice_id, of_invoice(state).lines[0].price) == ("in_1", "basic_month")


async def test_several_intents_may_pay_one_invoice() -> None:
    till = Till(an_intent("pi_1", 1500), an_intent("pi_2", 500)).invoiced("pi_1", "pi_2")
    till.refunded(pi_1=[a_refund(amount=100)], pi_2=[a_refund(id="re_2", amount=500)])

    assert (2000, 600) == ((state := await till.state("pi_2")).amount_minor, state.refunded_minor)


async def test_an_intent_that_pays_several_invoices_is_for_a_person() -> None:
    payments = page(by_intent(), {**by_intent(), "invoice": "in_2"})
    with pytest.raises(GatewayRefused, match="pays several invoices"):
        await Till().having("invoice_payments", payments).state()


async def test_an_attempt_that_was_called_off_is_none() -> None:
    assert (await Till().having("invoice_payments", page(by_intent(status="canceled"))).state()).id == "pi_1"


async def test_a_one_time_purchase_is_told_by_its_checkout() -> None:
    session = a_session(line_items=page({"quantity": 3}))
    settles = of_session(await Till().having("checkout/sessions", page(session)).state())

    assert (CheckoutNews.PAID, Kind.PACK, "pack_100", 3) == (
        settles.status,
        settles.kind,
        settles.item,
        settles.quantity,
    )
    assert (settles.payment_id, settles.account_hint, settles.at) == ("pi_1", "acc_1", NOW)


async def test_a_one_time_purchase_with_an_invoice_is_told_by_its_checkout() -> None:
    till = Till(an_intent(amount=2000)).invoiced(parent=None)
    till.having("invoices/in_1", a_fetched_invoice(a_one_off("price_once"), parent=None))
    till.having("checkout/sessions", page(a_session(invoice="in_1", payment_intent="pi_1")))

    state = await till.state()

    assert (state.id, of_session(state).payment_id) == ("in_1", "in_1")


async def test_an_invoice_for_something_else_settles_nothing() -> None:
    till = Till(an_intent(amount=2000)).invoiced()
    till.having("invoices/in_1", a_fetched_invoice(a_one_off("price_foreign"), parent=None))
    till.on("GET", "/v1/prices/price_foreign", Refusal(404, "resource_missing"))

    assert (await till.state()).settles is None


@pytest.mark.parametrize(
    "session", [a_session(payment_status="unpaid"), a_session(metadata={}), a_session(metadata={"other": "shop"})]
)
async def test_a_checkout_that_is_not_paid_or_not_ours_settles_nothing(session: Json) -> None:
    assert (await Till().having("checkout/sessions", page(session)).state()).settles is None


async def test_an_invoice_that_is_not_paid_settles_nothing() -> None:
    till = Till(an_intent(amount=700)).invoiced(status="void")
    assert (None, 700) == ((state := await till.state("in_1")).settles, state.amount_minor)


async def test_money_that_came_outside_of_stripe_is_no_piece() -> None:
    till = Till().invoiced(amount_paid=0, amount_paid_off_stripe=2000)
    record = {**by_intent(), "payment": {"type": "payment_record", "payment_record": "pr_1"}}
    till.having("invoice_payments", page(record))

    assert (2000, 0) == ((state := await till.state("in_1")).amount_minor, state.refunded_minor)


@pytest.mark.parametrize("captured", [True, False])
async def test_a_charge_from_before_there_were_intents_stands_alone(captured: bool) -> None:
    charge = a_charge(payment_intent=None, amount_captured=900 if captured else 0, captured=captured)
    till = Till().having("charges/ch_1", charge).having("refunds", page(a_refund(payment_intent=None)))

    state = await till.state("ch_1")

    assert (state.id, state.amount_minor, state.refunded_minor) == ("ch_1", 900 if captured else 0, 900)
    assert {"ch_1"} == {r.form["charge"] for r in till.asked if r.path in {"/v1/refunds", "/v1/disputes"}}


async def test_a_charge_may_pay_an_invoice_by_itself() -> None:
    payment = {**by_intent(), "payment": {"type": "charge", "charge": "ch_1", "payment_intent": None}}
    till = Till().invoiced().having("invoice_payments", page(payment))
    till.having("charges/ch_1", a_charge(payment_intent=None, captured=True, amount_captured=2000))
    till.having("refunds", page(a_refund(amount=50)))

    assert (await till.state("in_1")).refunded_minor == 50
    till.having("invoices/in_1", a_fetched_invoice(a_one_off("price_once"), parent=None))
    assert of_invoice(await till.state("in_1")).lines[0].price == "handful"


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("pending", True),
        ("succeeded", True),
        ("requires_action", True),
        ("teleported", True),
        ("failed", False),
        ("canceled", False),
    ],
)
async def test_what_is_on_its_way_back_counts_as_gone(status: str, counts: bool) -> None:
    till = Till().refunded(pi_1=[a_refund(amount=300, status=status)])
    assert (await till.state()).refunded_minor == (300 if counts else 0)


async def test_refunds_are_read_to_the_last_page() -> None:
    till = Till()
    first, last = page(a_refund(amount=1), has_more=True), page(a_refund(id="re_2", amount=2))
    till.on("GET", "/v1/refunds", lambda form: last if form.get("starting_after") == "re_1" else first)

    assert (await till.state()).refunded_minor == 3


async def test_disputes_are_told_with_their_amount() -> None:
    state = await Till().having("disputes", page(a_dispute(amount=400))).state()
    assert (DisputeTold(id="dp_1", status=DisputeStatus.OPEN, amount_minor=400, reason="fraudulent"),) == (
        state.disputes
    )


async def test_a_dispute_in_another_currency_is_over_all_of_it() -> None:
    state = await Till().having("disputes", page(a_dispute(amount=123456, currency="jpy"))).state()
    assert [900] == [dispute.amount_minor for dispute in state.disputes]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("needs_response", DisputeStatus.OPEN),
        ("under_review", DisputeStatus.OPEN),
        ("appeal_needs_response", DisputeStatus.OPEN),
        ("appeal_under_review", DisputeStatus.OPEN),
        ("something_new", DisputeStatus.OPEN),
        ("", DisputeStatus.OPEN),
        ("warning_needs_response", DisputeStatus.INQUIRY),
        ("warning_under_review", DisputeStatus.INQUIRY),
        ("warning_closed", DisputeStatus.INQUIRY),
        ("won", DisputeStatus.WON),
        ("lost", DisputeStatus.LOST),
        ("prevented", DisputeStatus.PREVENTED),
        ("charge_refunded", DisputeStatus.PREVENTED),
    ],
)
def test_how_disputes_stand(status: str, expected: DisputeStatus) -> None:
    assert expected is dispute_status(status)


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        ("highest", RiskLevel.HIGHEST),
        ("elevated", RiskLevel.ELEVATED),
        ("normal", RiskLevel.NORMAL),
        ("not_assessed", RiskLevel.UNKNOWN),
        ("of tomorrow", RiskLevel.UNKNOWN),
        (None, RiskLevel.UNKNOWN),
    ],
)
async def test_the_level_of_risk_is_told(risk: str | None, expected: RiskLevel) -> None:
    charge = a_charge(outcome={"risk_level": risk})
    assert expected is (await Till(an_intent(latest_charge=charge)).state()).risk


async def test_what_stripe_has_not_is_unknown() -> None:
    till = Till()
    till.on("GET", "/v1/charges/ch_9", Refusal(404, "resource_missing"))
    with pytest.raises(UnknownAtGateway):
        await till.state("ch_9")
    with pytest.raises(UnknownAtGateway):
        await till.state("../secrets")


@pytest.mark.parametrize("field", ["amount_received", "currency", "id"])
async def test_a_payment_that_cannot_be_read_is_for_a_person(field: str) -> None:
    nonsense: Any = {field: None}
    till = Till().having("payment_intents/pi_1", an_intent() | nonsense)
    with pytest.raises(GatewayRefused, match="payment pi_1 cannot be read"):
        await till.state()
