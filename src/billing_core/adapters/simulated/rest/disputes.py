"""Disputes and early fraud warnings: only banks make them."""

from functools import partial

from billing_core.adapters.simulated import refund_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.money import Charge, Dispute, FraudWarning, PaymentIntent
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.payments import charge_in, intent_in
from billing_core.adapters.simulated.rest.routes import Route


def retrieve(draft: Draft, params: Params, dispute_id: str) -> Json:
    return _shape(draft, found(draft, Dispute, dispute_id, "dispute"))


def listed(draft: Draft, params: Params) -> Json:
    charge = referred(draft, params, "charge", Charge, "charge")
    intent = referred(draft, params, "payment_intent", PaymentIntent, "payment_intent")
    of = charge or intent
    return listing(draft, params, "/v1/disputes", Dispute, partial(_shape, draft), by=of)


def retrieve_warning(draft: Draft, params: Params, warning_id: str) -> Json:
    return refund_shape.fraud_warning(found(draft, FraudWarning, warning_id, "early_fraud_warning"))


def _shape(draft: Draft, dispute: Dispute) -> Json:
    return refund_shape.dispute(dispute, draft.find(Charge, dispute.charge_id))


ROUTES = (
    Route("GET", "/v1/disputes", listed),
    Route("GET", "/v1/disputes/{dispute_id}", retrieve),
    Route("GET", "/v1/radar/early_fraud_warnings/{warning_id}", retrieve_warning),
)
EXPANDING: Expandings = {("dispute", "charge"): charge_in, ("dispute", "payment_intent"): intent_in}
