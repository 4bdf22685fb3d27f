"""Payment links."""

from functools import partial
from typing import Any

from attrs import evolve

from billing_core.adapters.simulated import link_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.link_shape import link as shape
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.rest.selling import selling
from billing_core.adapters.simulated.visits import PaymentLink

_TOLD_AGAIN = ("after_completion", "inactive_message")


def create(draft: Draft, params: Params) -> Json:
    sold = selling(draft, params, None, prefix="li")
    made = PaymentLink(
        id=draft.new_id("plink"),
        selling=evolve(sold, details={**sold.details, **_details(params)}),
        limit=_limit(params),
        created_at=draft.now,
    )
    draft.put(made)
    draft.emit("payment_link.created", shape(draft, made))
    return shape(draft, made)


def retrieve(draft: Draft, params: Params, link_id: str) -> Json:
    return shape(draft, found(draft, PaymentLink, link_id, "payment link"))


def update(draft: Draft, params: Params, link_id: str) -> Json:
    before = found(draft, PaymentLink, link_id, "payment link")
    active, codes = params.flag("active"), params.flag("allow_promotion_codes")
    sold = evolve(
        before.selling,
        metadata=params.metadata(over=before.selling.metadata),
        allow_promotion_codes=before.selling.allow_promotion_codes if codes is None else codes,
        details={**before.selling.details, **_details(params)},
    )
    after = evolve(
        before,
        selling=sold,
        active=before.active if active is None else active,
        limit=_limit(params) if params.has("restrictions") else before.limit,
    )
    if after != before:
        draft.put(after)
        draft.emit("payment_link.updated", shape(draft, after), before=shape(draft, before))
    return shape(draft, after)


def listed(draft: Draft, params: Params) -> Json:
    active = params.flag("active")
    return listing(
        draft,
        params,
        "/v1/payment_links",
        PaymentLink,
        partial(shape, draft),
        where=lambda each: active in {None, each.active},
    )


def _limit(params: Params) -> int | None:
    return params.inside("restrictions").inside("completed_sessions").whole("limit", least=1)


def _details(params: Params) -> dict[str, Any]:
    return {name: params.anything(name) for name in _TOLD_AGAIN if params.has(name)}


def _line_items(draft: Draft, told: Json) -> Any:
    return link_shape.line_items(draft, draft.find(PaymentLink, told["id"]))


ROUTES = (
    Route("POST", "/v1/payment_links", create),
    Route("GET", "/v1/payment_links", listed),
    Route("GET", "/v1/payment_links/{link_id}", retrieve),
    Route("POST", "/v1/payment_links/{link_id}", update),
)
EXPANDING: Expandings = {("payment_link", "line_items"): _line_items}
