"""Checkout sessions."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from billing_core.adapters.simulated import checkout, session_shape, shapes
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.given import discounts
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.rest.selling import selling
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.visits import Selling, Session, SessionStatus

SHORTEST = timedelta(minutes=30)
_LONGEST_REFERENCE = 200


def create(draft: Draft, params: Params) -> Json:
    mode = params.needed("mode", params.choice("mode", "payment", "setup", "subscription"))
    if mode == "setup":
        raise params.refused("mode", "The simulated Stripe sells only: it has no checkouts in `setup` mode.")
    params.choice("ui_mode", "hosted_page")
    customer = referred(draft, params, "customer", Customer, "customer")
    email = params.text("customer_email", longest=800)
    if customer is not None and email is not None:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise params.refused("customer", message)
    sold = selling(draft, params, mode, prefix="li")
    _ensure_taxable(params, sold, customer)
    amount = checkout.amount_of(draft, sold)
    opened = checkout.open_session(
        draft,
        Session(
            id=draft.new_id("cs_test"),
            selling=sold,
            amount_minor=amount,
            customer_id=customer.id if customer else None,
            customer_email=email,
            client_reference_id=params.text("client_reference_id", longest=_LONGEST_REFERENCE),
            success_url=params.must("success_url"),
            cancel_url=params.text("cancel_url"),
            discounts=discounts(draft, params, amount, sold.currency, customer.id if customer else None),
            created_at=draft.now,
            expires_at=_end(draft, params),
        ),
    )
    return session_shape.session(draft, opened)


def retrieve(draft: Draft, params: Params, session_id: str) -> Json:
    return session_shape.session(draft, _session(draft, session_id))


def listed(draft: Draft, params: Params) -> Json:
    names = {name: params.text(name) for name in ("customer", "payment_intent", "payment_link", "subscription")}
    wanted = {name: value for name, value in names.items() if value is not None}
    status = params.choice("status", "complete", "expired", "open")

    def where(session: Session) -> bool:
        names = _names(session)
        return status in {None, session.status.value} and all(names[name] == value for name, value in wanted.items())

    url, first = "/v1/checkout/sessions", next(iter(wanted.values()), None)
    return listing(draft, params, url, Session, partial(session_shape.session, draft), by=first, where=where)


def expire(draft: Draft, params: Params, session_id: str) -> Json:
    session = _session(draft, session_id)
    if session.status is not SessionStatus.OPEN:
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            f" {session.status.value}."
        )
        raise Refused(message=message)
    return session_shape.session(draft, checkout.expire(draft, session))


def line_items(draft: Draft, params: Params, session_id: str) -> Json:
    params.whole("limit", least=1, most=100)
    return session_shape.line_items(draft, _session(draft, session_id))


def _session(draft: Draft, session_id: str) -> Session:
    return found(draft, Session, session_id, "checkout.session")


def _names(session: Session) -> dict[str, str | None]:
    return {
        "customer": session.customer_id,
        "payment_intent": session.payment_intent_id,
        "payment_link": session.payment_link,
        "subscription": session.subscription_id,
    }


def _ensure_taxable(params: Params, sold: Selling, customer: Customer | None) -> None:
    """Customers have no addresses here, so the one that is entered must be kept."""
    update = params.inside("customer_update")
    kept = [update.choice(name, "auto", "never") for name in ("address", "name", "shipping")]
    if params.has("customer_update") and customer is None:
        raise params.refused("customer_update", "`customer_update` can only be used with `customer`.")
    if sold.automatic_tax and customer is not None and kept[0] != "auto":
        message = (
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the"
            " Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to"
            " save the address entered in Checkout to the Customer."
        )
        raise Refused(message=message, code="customer_tax_location_invalid")


def _end(draft: Draft, params: Params) -> datetime:
    end = params.moment("expires_at")
    if end is None:
        return draft.now + checkout.LIFETIME
    if not draft.now + SHORTEST <= end <= draft.now + checkout.LIFETIME:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
        raise params.refused("expires_at", message)
    return end


def _customer(draft: Draft, told: Json) -> Any:
    return shapes.customer(draft.customer(told["customer"])) if told["customer"] else None


def _line_items(draft: Draft, told: Json) -> Any:
    return session_shape.line_items(draft, draft.session(told["id"]))


ROUTES = (
    Route("POST", "/v1/checkout/sessions", create),
    Route("GET", "/v1/checkout/sessions", listed),
    Route("GET", "/v1/checkout/sessions/{session_id}", retrieve),
    Route("POST", "/v1/checkout/sessions/{session_id}/expire", expire),
    Route("GET", "/v1/checkout/sessions/{session_id}/line_items", line_items),
)
EXPANDING: Expandings = {
    ("checkout.session", "customer"): _customer,
    ("checkout.session", "line_items"): _line_items,
}
