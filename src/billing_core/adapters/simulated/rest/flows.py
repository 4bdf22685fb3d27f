"""`flow_data`: a portal session that leads straight to one thing, if the configuration offers it."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.finding import referred
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.adapters.simulated.visits import PortalConfiguration

_FEATURES = {
    "customer_update": "customer_update",
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_update": "subscription_update",
    "subscription_update_confirm": "subscription_update",
}
_ABOUT_ONE = ("subscription_cancel", "subscription_update", "subscription_update_confirm")


def flow(draft: Draft, params: Params, customer: Customer, configuration: PortalConfiguration) -> Json | None:
    """The flow as it is told again; None where none is asked for. Raises Refused."""
    if not params.has("flow_data"):
        return None
    data = params.inside("flow_data")
    kind = data.needed("type", data.choice("type", *_FEATURES))
    if not configuration.features[_FEATURES[kind]]["enabled"]:
        message = f"This {kind} flow cannot be used: the portal configuration does not offer it."
        raise Refused(message=message, param=data.name("type"))
    told: Json = {name: None for name in _FEATURES if name != "payment_method_update"}
    if kind in _ABOUT_ONE:
        told[kind] = _about(draft, data.inside(kind), kind, customer)
    return {**told, "after_completion": _afterwards(data), "type": kind}


def _about(draft: Draft, part: Params, kind: str, customer: Customer) -> Json:
    sub = part.needed("subscription", referred(draft, part, "subscription", Subscription, "subscription"))
    if sub.customer_id != customer.id or sub.is_over:
        raise part.refused("subscription", f"The subscription {sub.id} is none that this customer can manage.")
    about: Json = {"subscription": sub.id}
    if kind == "subscription_update_confirm":
        about |= {"discounts": None, "items": [_item(draft, row) for row in part.rows("items")]}
    if kind == "subscription_cancel":
        about["retention"] = None
    return about


def _item(draft: Draft, row: Params) -> Json:
    price = referred(draft, row, "price", Price, "price")
    return {"id": row.must("id"), "price": price.id if price else None, "quantity": row.whole("quantity", least=1)}


def _afterwards(data: Params) -> Json:
    after = data.inside("after_completion")
    kind = after.choice("type", "hosted_confirmation", "portal_homepage", "redirect") or "portal_homepage"
    redirect, confirmation = after.inside("redirect"), after.inside("hosted_confirmation")
    return {
        "hosted_confirmation": {"custom_message": confirmation.text("custom_message")}
        if kind == "hosted_confirmation"
        else None,
        "redirect": {"return_url": redirect.must("return_url")} if kind == "redirect" else None,
        "type": kind,
    }
