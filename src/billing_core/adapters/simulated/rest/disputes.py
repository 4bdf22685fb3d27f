"""Disputes and early fraud warnings: only banks make them."""

from collections.abc import Iterable

from billing_core.adapters.simulated import money_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.money import Charge, Dispute, FraudWarning, PaymentIntent
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import page
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.payments import charge_in, intent_in
from billing_core.adapters.simulated.rest.routes import Route


def retrieve(draft: Draft, params: Params, dispute_id: str) -> Json:
    return _shape(draft, found(draft, Dispute, dispute_id, "dispute"))


def listed(draft: Draft, params: Params) -> Json:
    charge = referred(draft, params, "charge", Charge, "charge")
    intent = referred(draft, params, "payment_intent", PaymentIntent, "payment_intent")
    of = charge or intent
    disputes: Iterable[Dispute] = draft.state.disputes.values() if of is None else draft.named(Dispute, of.id)
    return page(params, "/v1/disputes", reversed([*disputes]), lambda dispute: _shape(draft, dispute))


def retrieve_warning(draft: Draft, params: Params, warning_id: str) -> Json:
    return money_shape.fraud_warning(found(draft, FraudWarning, warning_id, "early_fraud_warning"))


def _shape(draft: Draft, dispute: Dispute) -> Json:
    return money_shape.dispute(dispute, draft.find(Charge, dispute.charge_id))


ROUTES = (
    Route("GET", "/v1/disputes", listed),
    Route("GET", "/v1/disputes/{dispute_id}", retrieve),
    Route("GET", "/v1/radar/early_fraud_warnings/{warning_id}", retrieve_warning),
)
EXPANDING: Expandings = {("dispute", "charge"): charge_in, ("dispute", "payment_intent"): intent_in}
