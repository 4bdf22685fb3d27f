"""What handlers are given: a closure per use case, and what the door itself knows."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import attrs
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Dependency

from billing_core.application import (
    adjusting,
    buying,
    canceling,
    changing,
    generating,
    managing,
    receiving,
    requests,
    showing,
    spending,
    subscribing,
    transactions,
    viewing,
)
from billing_core.domain import catalog
from billing_core.entrypoints import settings as configured
from billing_core.entrypoints import use_cases
from billing_core.entrypoints.http import auth, rates, redirects, signing
from billing_core.entrypoints.http.idempotency import request_key
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.refusals import PaymentsDisabled, Unauthorized
from billing_core.ports import clock, generations

AS_IS = Dependency(skip_validation=True)

Viewing = Annotated[viewing.Viewing, AS_IS]
Transactions = Annotated[transactions.ListingTransactions, AS_IS]
Subscribing = Annotated[subscribing.Subscribing, AS_IS]
Buying = Annotated[buying.Buying, AS_IS]
Managing = Annotated[managing.Managing, AS_IS]
Quoting = Annotated[changing.Quoting, AS_IS]
Changing = Annotated[changing.Changing, AS_IS]
Canceling = Annotated[canceling.Canceling, AS_IS]
Holding = Annotated[spending.Holding, AS_IS]
Capturing = Annotated[spending.Capturing, AS_IS]
Releasing = Annotated[spending.Releasing, AS_IS]
Adjusting = Annotated[adjusting.Adjusting, AS_IS]
Accepting = Annotated[generating.Accepting, AS_IS]
CancelingGeneration = Annotated[generating.CancelingGeneration, AS_IS]
Generations = Annotated[generations.Generations, AS_IS]
Showing = Annotated[showing.Showing, AS_IS]
Hiding = Annotated[showing.Hiding, AS_IS]
Receiving = Annotated[receiving.Receiving, AS_IS]
Catalog = Annotated[catalog.Catalog, AS_IS]
Clock = Annotated[clock.Clock, AS_IS]
Simulation = Annotated[use_cases.Simulation, AS_IS]

Caller = Annotated[auth.Caller, AS_IS]
Key = Annotated[requests.RequestKey | None, AS_IS]
Settings = Annotated[configured.Settings, AS_IS]
Redirects = Annotated[redirects.Redirects, AS_IS]
Links = Annotated[signing.ImageLinks, AS_IS]
Throttle = Annotated[Callable[[], None], AS_IS]


def providers(settings: configured.Settings, opened: Opened, checkouts: rates.SlidingMinute) -> Mapping[str, Provide]:
    """Every dependency by the name of the parameter that takes it."""
    allowed = redirects.redirects_of(settings)

    def image_links(request: Request[Any, Any, Any]) -> signing.ImageLinks:
        now = opened.use_cases.clock.now()
        return signing.ImageLinks(settings.signing_key, now, str(request.scope.get("root_path", "")))

    def throttle(request: Request[Any, Any, Any]) -> Callable[[], None]:
        address = request.client.host if request.client else ""
        return lambda: checkouts.take(caller_of(request).account_id, address)

    own: dict[str, Callable[..., Any]] = {
        "caller": caller_of,
        "settings": lambda: settings,
        "redirects": lambda: allowed,
        "links": image_links,
        "throttle": throttle,
    }
    cases = {field.name: _reader(opened, field.name) for field in attrs.fields(use_cases.UseCases)}
    sync = {name: Provide(give, sync_to_thread=False) for name, give in (cases | own).items()}
    return sync | {"key": Provide(request_key)}


def _reader(opened: Opened, name: str) -> Callable[[], Any]:
    return lambda: getattr(opened.use_cases, name)


def caller_of(request: Request[Any, Any, Any]) -> auth.Caller:
    """Who asks. Raises Unauthorized."""
    if not isinstance(request.user, auth.Caller):
        raise Unauthorized()
    return request.user


def payments_needed(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route. Raises PaymentsDisabled where the operator has switched them off."""
    if not connection.app.state.settings.payments_enabled:
        raise PaymentsDisabled()
