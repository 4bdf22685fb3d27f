"""Customers. A deleted one is still found, by its id alone, and says so."""

from attrs import evolve

from billing_core.adapters.simulated import ending, shapes
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.events import tell_customer
from billing_core.adapters.simulated.payment_method_shape import payment_method
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, living
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Subscription


def create(draft: Draft, params: Params) -> Json:
    made = _with(params, Customer(id=draft.new_id("cus"), created_at=draft.now))
    tell_customer(draft, made)
    return shapes.customer(made)


def retrieve(draft: Draft, params: Params, customer_id: str) -> Json:
    return shapes.customer(found(draft, Customer, customer_id, "customer"))


def update(draft: Draft, params: Params, customer_id: str) -> Json:
    before = living(draft, customer_id)
    after = _with(params, before)
    tell_customer(draft, after, before=before)
    return shapes.customer(after)


def delete(draft: Draft, params: Params, customer_id: str) -> Json:
    """What they subscribed to ends at once."""
    holder = living(draft, customer_id)
    for sub in draft.named(Subscription, customer_id):
        if not sub.is_over:
            ending.end(draft, sub, reason="cancellation_requested")
    draft.emit("customer.deleted", shapes.customer(holder))
    gone = evolve(holder, deleted=True)
    draft.put(gone)
    return shapes.customer(gone)


def listed(draft: Draft, params: Params) -> Json:
    email = params.text("email")

    def where(each: Customer) -> bool:
        return not each.deleted and email in {None, each.email}

    return listing(draft, params, "/v1/customers", Customer, shapes.customer, by=email, where=where)


def _with(params: Params, customer: Customer) -> Customer:
    """The customer, with the parameters that came."""

    def text(name: str, was: str | None) -> str | None:
        return params.text(name, can_unset=True) if params.has(name) else was

    return evolve(
        customer,
        email=text("email", customer.email),
        name=text("name", customer.name),
        description=text("description", customer.description),
        phone=text("phone", customer.phone),
        metadata=params.metadata(over=customer.metadata),
    )


def _default_card(draft: Draft, told: Json) -> Json | None:
    """What the customer's invoices are paid with."""
    holder = draft.customer(told["id"])
    return None if holder.card is None else payment_method(holder, holder.card)


ROUTES = (
    Route("POST", "/v1/customers", create),
    Route("GET", "/v1/customers", listed),
    Route("GET", "/v1/customers/{customer_id}", retrieve),
    Route("POST", "/v1/customers/{customer_id}", update),
    Route("DELETE", "/v1/customers/{customer_id}", delete),
)
EXPANDING: Expandings = {("customer.invoice_settings", "default_payment_method"): _default_card}
