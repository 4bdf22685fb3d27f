"""What handlers are given: a closure per use case, and what the door itself knows."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import attrs
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.params import SkipValidation

from billing_core.application import (
    accepting,
    adjusting,
    buying,
    canceling,
    canceling_generation,
    changing,
    diagnosing,
    explaining,
    keying,
    linking,
    listing_webhooks,
    managing,
    overseeing,
    paying,
    receiving,
    refunding,
    requests,
    resolving,
    reviewing,
    showing,
    spending,
    subscribing,
    summing_up,
    suspending,
    transactions,
    viewing,
    watching,
)
from billing_core.domain import catalog
from billing_core.entrypoints import settings as configured
from billing_core.entrypoints import simulated, use_cases
from billing_core.entrypoints.http import auth, rates, redirects, signing
from billing_core.entrypoints.http import references as sealing
from billing_core.entrypoints.http import streams as streaming
from billing_core.entrypoints.http.idempotency import request_key
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.refusals import PaymentsDisabled, Unauthorized
from billing_core.ports import clock, generations

T = TypeVar("T")
Given = NamedDependency[SkipValidation[T]]

Viewing = Given[viewing.Viewing]
Explaining = Given[explaining.Explaining]
Keying = Given[keying.Keying]
Transactions = Given[transactions.ListingTransactions]
Subscribing = Given[subscribing.Subscribing]
Buying = Given[buying.Buying]
Managing = Given[managing.Managing]
Paying = Given[paying.ListingPayments]
Linking = Given[linking.Linking]
Quoting = Given[changing.Quoting]
Changing = Given[changing.Changing]
Canceling = Given[canceling.Canceling]
Holding = Given[spending.Holding]
Capturing = Given[spending.Capturing]
Releasing = Given[spending.Releasing]
Adjusting = Given[adjusting.Adjusting]
Forgiving = Given[adjusting.Forgiving]
Suspending = Given[suspending.Suspending]
Refunding = Given[refunding.Refunding]
Reviewing = Given[reviewing.Reviewing]
Accepting = Given[accepting.Accepting]
CancelingGeneration = Given[canceling_generation.CancelingGeneration]
Generations = Given[generations.Generations]
Watching = Given[watching.Watching]
Showing = Given[showing.Showing]
Hiding = Given[showing.Hiding]
Receiving = Given[receiving.Receiving]
Diagnosing = Given[diagnosing.Diagnosing]
Overseeing = Given[overseeing.Overseeing]
SummingUp = Given[summing_up.SummingUp]
ListingWebhooks = Given[listing_webhooks.ListingWebhooks]
Resolving = Given[resolving.Resolving]
Catalog = Given[catalog.Catalog]
Clock = Given[clock.Clock]
Simulation = Given[simulated.Simulation]

Caller = Given[auth.Caller]
Key = Given[requests.RequestKey | None]
Settings = Given[configured.Settings]
Tokens = Given[auth.Tokens]
Redirects = Given[redirects.Redirects]
Links = Given[signing.Links]
Streams = Given[streaming.Streams]
References = Given[sealing.References]
Throttle = Given[Callable[[], Awaitable[None]]]
ThrottleFor = Given[Callable[[str], Awaitable[None]]]


def providers(
    tokens: auth.Tokens, opened: Opened, limits: rates.Limits, streams: streaming.Streams
) -> Mapping[str, Provide]:
    """Every dependency by the name of the parameter that takes it."""
    settings = tokens.settings
    allowed = redirects.redirects_of(settings)
    sealed = sealing.References(settings.signing_key)

    def links(request: Request[Any, Any, Any]) -> signing.Links:
        now = opened.use_cases.clock.now()
        return signing.Links(settings.signing_key, now, str(request.scope.get("root_path", "")))

    def throttle(request: Request[Any, Any, Any]) -> Callable[[], Awaitable[None]]:
        return lambda: throttle_for(request)(caller_of(request).account_id)

    def throttle_for(request: Request[Any, Any, Any]) -> Callable[[str], Awaitable[None]]:
        return lambda account_id: limits.checkout(account_id, rates.address_of(request.scope))

    own: dict[str, Callable[..., Any]] = {
        "caller": caller_of,
        "settings": lambda: settings,
        "tokens": lambda: tokens,
        "redirects": lambda: allowed,
        "links": links,
        "references": lambda: sealed,
        "streams": lambda: streams,
        "throttle": throttle,
        "throttle_for": throttle_for,
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
