"""The customer portal: its configurations, and its sessions, each a door for whoever bears its URL."""

from typing import Any

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.portals import open_portal, portal_url
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.flows import flow
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.portal_features import NOTHING, features
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.shapes import seconds
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.visits import PortalConfiguration

_BUSINESS = ("headline", "privacy_policy_url", "terms_of_service_url")


def create(draft: Draft, params: Params) -> Json:
    if not params.has("features"):
        raise params.refused("features", "Missing required param: features.", code="parameter_missing")
    made = _with(
        draft,
        params,
        PortalConfiguration(id=draft.new_id("bpc"), features=NOTHING, created_at=draft.now, updated_at=draft.now),
    )
    draft.put(made)
    draft.emit("billing_portal.configuration.created", shape(made))
    return shape(made)


def retrieve(draft: Draft, params: Params, configuration_id: str) -> Json:
    return shape(found(draft, PortalConfiguration, configuration_id, "configuration"))


def update(draft: Draft, params: Params, configuration_id: str) -> Json:
    before = found(draft, PortalConfiguration, configuration_id, "configuration")
    active = params.flag("active")
    after = _with(draft, params, before if active is None else evolve(before, active=active))
    if after != before:
        after = evolve(after, updated_at=draft.now)
        draft.put(after)
        draft.emit("billing_portal.configuration.updated", shape(after), before=shape(before))
    return shape(after)


def listed(draft: Draft, params: Params) -> Json:
    active, is_default = params.flag("active"), params.flag("is_default")

    def where(each: PortalConfiguration) -> bool:
        return active in {None, each.active} and is_default in {None, each.is_default}

    return listing(draft, params, "/v1/billing_portal/configurations", PortalConfiguration, shape, where=where)


def open_session(draft: Draft, params: Params) -> Json:
    customer = params.needed("customer", referred(draft, params, "customer", Customer, "customer"))
    configuration = referred(draft, params, "configuration", PortalConfiguration, "configuration") or _default(draft)
    if not configuration.active:
        raise params.refused("configuration", "The configuration is inactive.")
    return_url = params.text("return_url")
    told = flow(draft, params, customer, configuration)
    door = open_portal(draft, customer.id, return_url or "", configuration_id=configuration.id)
    session: Json = {
        "id": door.session_id,
        "object": "billing_portal.session",
        "configuration": configuration.id,
        "created": seconds(draft.now),
        "customer": customer.id,
        "customer_account": None,
        "flow": told,
        "livemode": False,
        "locale": params.text("locale"),
        "on_behalf_of": None,
        "return_url": return_url,
        "url": portal_url(draft, door),
    }
    draft.emit("billing_portal.session.created", {**session, "url": None})
    return session


def shape(value: PortalConfiguration) -> Json:
    """The products that may be moved to come only where they are asked for."""
    moving = {name: told for name, told in value.features["subscription_update"].items() if name != "products"}
    return {
        "id": value.id,
        "object": "billing_portal.configuration",
        "active": value.active,
        "application": None,
        "business_profile": {name: value.business.get(name) for name in _BUSINESS},
        "created": seconds(value.created_at),
        "default_return_url": value.default_return_url,
        "features": {**value.features, "subscription_update": moving},
        "is_default": value.is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": dict(value.metadata),
        "name": value.name,
        "updated": seconds(value.updated_at),
    }


def _with(draft: Draft, params: Params, value: PortalConfiguration) -> PortalConfiguration:
    profile = params.inside("business_profile")
    business = {name: profile.text(name, can_unset=True) for name in _BUSINESS if profile.has(name)}
    has_url, has_name = params.has("default_return_url"), params.has("name")
    return evolve(
        value,
        features=features(draft, params, value.features),
        business={**value.business, **business},
        default_return_url=params.text("default_return_url", can_unset=True) if has_url else value.default_return_url,
        name=params.text("name", can_unset=True) if has_name else value.name,
        metadata=params.metadata(over=value.metadata),
    )


def _default(draft: Draft) -> PortalConfiguration:
    """The merchant's own. Raises Refused where none was ever made."""
    known = next((each for each in draft.state.portal_configurations.values() if each.is_default), None)
    if known is None:
        message = (
            "No configuration provided and your test mode default configuration has not been created. Provide a"
            " configuration or create your default by saving your customer portal settings in test mode at"
            " https://dashboard.stripe.com/test/settings/billing/portal."
        )
        raise Refused(message=message)
    return known


def _products(draft: Draft, told: Json) -> Any:
    return draft.find(PortalConfiguration, told["id"]).features["subscription_update"]["products"]


ROUTES = (
    Route("POST", "/v1/billing_portal/configurations", create),
    Route("GET", "/v1/billing_portal/configurations", listed),
    Route("GET", "/v1/billing_portal/configurations/{configuration_id}", retrieve),
    Route("POST", "/v1/billing_portal/configurations/{configuration_id}", update),
    Route("POST", "/v1/billing_portal/sessions", open_session),
)
EXPANDING: Expandings = {("billing_portal.configuration.features.subscription_update", "products"): _products}
