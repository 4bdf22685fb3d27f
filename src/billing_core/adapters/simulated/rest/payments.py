"""Payment intents, their charges, and which of them paid an invoice."""

from collections.abc import Iterator
from functools import partial

from billing_core.adapters.simulated import money_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.events import shape_of_charge
from billing_core.adapters.simulated.money import Charge, PaymentIntent
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import chunk, created_in, listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Invoice


def retrieve_intent(draft: Draft, params: Params, intent_id: str) -> Json:
    return money_shape.payment_intent(found(draft, PaymentIntent, intent_id, "payment_intent"))


def list_intents(draft: Draft, params: Params) -> Json:
    holder = referred(draft, params, "customer", Customer, "customer")
    shape = money_shape.payment_intent
    return listing(draft, params, "/v1/payment_intents", PaymentIntent, shape, by=holder)


def retrieve_charge(draft: Draft, params: Params, charge_id: str) -> Json:
    return shape_of_charge(draft, found(draft, Charge, charge_id, "charge"))


def list_charges(draft: Draft, params: Params) -> Json:
    holder = referred(draft, params, "customer", Customer, "customer")
    intent = referred(draft, params, "payment_intent", PaymentIntent, "payment_intent")
    of = intent or holder

    def where(charge: Charge) -> bool:
        return holder is None or charge.customer_id == holder.id

    shape = partial(shape_of_charge, draft)
    return listing(draft, params, "/v1/charges", Charge, shape, by=of, where=where)


def list_invoice_payments(draft: Draft, params: Params) -> Json:
    status = params.choice("status", "canceled", "open", "paid")
    shapes = map(money_shape.invoice_payment, created_in(params, reversed([*_payments(draft, params)])))
    wanted = (shape for shape in shapes if status in {None, shape["status"]})
    return chunk(params, "/v1/invoice_payments", wanted, key=lambda shape: str(shape["id"]), shape=lambda shape: shape)


def _payments(draft: Draft, params: Params) -> Iterator[PaymentIntent]:
    invoice = referred(draft, params, "invoice", Invoice, "invoice")
    payment = params.inside("payment")
    intent = None
    if params.has("payment"):
        payment.needed("type", payment.choice("type", "payment_intent"))
        intent = referred(draft, payment, "payment_intent", PaymentIntent, "payment_intent")
    intents = draft.state.intents.values() if invoice is None else draft.named(PaymentIntent, invoice.id)
    for each in intents if intent is None else [intent]:
        if each.invoice_id is not None and (invoice is None or each.invoice_id == invoice.id):
            yield each


def payments_of(draft: Draft, shape: Json) -> Json:
    """The payments of an invoice, as a list of its own."""
    payments = [money_shape.invoice_payment(intent) for intent in draft.named(PaymentIntent, str(shape["id"]))]
    url = f"/v1/invoice_payments?invoice={shape['id']}"
    return {"object": "list", "data": payments, "has_more": False, "url": url}


def intent_in(draft: Draft, shape: Json) -> Json | None:
    """The payment intent that the shape names."""
    intent = draft.state.intents.get(shape.get("payment_intent") or "")
    return None if intent is None else money_shape.payment_intent(intent)


def charge_in(draft: Draft, shape: Json) -> Json | None:
    """The charge that the shape names."""
    charge = draft.state.charges.get(shape.get("charge") or shape.get("latest_charge") or "")
    return None if charge is None else shape_of_charge(draft, charge)


ROUTES = (
    Route("GET", "/v1/payment_intents", list_intents),
    Route("GET", "/v1/payment_intents/{intent_id}", retrieve_intent),
    Route("GET", "/v1/charges", list_charges),
    Route("GET", "/v1/charges/{charge_id}", retrieve_charge),
    Route("GET", "/v1/invoice_payments", list_invoice_payments),
)
EXPANDING: Expandings = {
    ("payment_intent", "latest_charge"): charge_in,
    ("charge", "payment_intent"): intent_in,
    ("invoice", "payments"): payments_of,
}
