"""Refunds of charges, named by themselves or by their payment intents."""

from billing_core.adapters.simulated import refund_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.money import Charge, PaymentIntent, Refund
from billing_core.adapters.simulated.refunding import charge_of, refund
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.payments import charge_in, intent_in
from billing_core.adapters.simulated.rest.routes import Route

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(draft: Draft, params: Params) -> Json:
    charge = referred(draft, params, "charge", Charge, "charge")
    intent = referred(draft, params, "payment_intent", PaymentIntent, "payment_intent")
    if (charge is None) is (intent is None):
        raise Refused(message="One of the following params should be provided: payment_intent or charge.")
    made = refund(
        draft,
        charge or charge_of(draft, params.needed("payment_intent", intent)),
        amount_minor=params.whole("amount"),
        reason=params.choice("reason", *_REASONS),
        metadata=params.metadata(),
    )
    return refund_shape.refund(made)


def retrieve(draft: Draft, params: Params, refund_id: str) -> Json:
    return refund_shape.refund(found(draft, Refund, refund_id, "refund"))


def listed(draft: Draft, params: Params) -> Json:
    charge = referred(draft, params, "charge", Charge, "charge")
    intent = referred(draft, params, "payment_intent", PaymentIntent, "payment_intent")
    of = charge or intent
    return listing(draft, params, "/v1/refunds", Refund, refund_shape.refund, by=of)


ROUTES = (
    Route("POST", "/v1/refunds", create),
    Route("GET", "/v1/refunds", listed),
    Route("GET", "/v1/refunds/{refund_id}", retrieve),
)
EXPANDING: Expandings = {("refund", "charge"): charge_in, ("refund", "payment_intent"): intent_in}
