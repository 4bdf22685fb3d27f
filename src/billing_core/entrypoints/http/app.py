"""The ASGI app: every route behind one door."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.types import Scope

from billing_core.entrypoints import lifespan
from billing_core.entrypoints.http.accounts import Accounts
from billing_core.entrypoints.http.admin import Admin
from billing_core.entrypoints.http.answering import answering
from billing_core.entrypoints.http.api_keys import ApiKeys
from billing_core.entrypoints.http.auth import AUTH, REQUIRED, authenticating, tokens_of
from billing_core.entrypoints.http.bodies import StrictRequest
from billing_core.entrypoints.http.changes import Changes
from billing_core.entrypoints.http.cors import cors_of
from billing_core.entrypoints.http.credits import Credits
from billing_core.entrypoints.http.dev import Dev
from billing_core.entrypoints.http.door import guarded, unescaping
from billing_core.entrypoints.http.fraud import FraudWarnings
from billing_core.entrypoints.http.generations import Generations
from billing_core.entrypoints.http.given import providers
from billing_core.entrypoints.http.health import Health
from billing_core.entrypoints.http.holds import Holds
from billing_core.entrypoints.http.images import Images
from billing_core.entrypoints.http.incidents import IncidentsOfAdmin
from billing_core.entrypoints.http.links import PaymentLinks, SaleLinks
from billing_core.entrypoints.http.metrics import Looking, Metrics
from billing_core.entrypoints.http.old_urls import old_urls
from billing_core.entrypoints.http.opening import Opened, Opening
from billing_core.entrypoints.http.operators import Operators
from billing_core.entrypoints.http.overseeing import Oversight
from billing_core.entrypoints.http.payments import Payments
from billing_core.entrypoints.http.progress import Progress
from billing_core.entrypoints.http.rates import Limits
from billing_core.entrypoints.http.reports import Reports
from billing_core.entrypoints.http.schema import AsAnswered, Closed, openapi_config
from billing_core.entrypoints.http.sight import Sight
from billing_core.entrypoints.http.streams import Streams
from billing_core.entrypoints.http.subscriptions import Subscriptions
from billing_core.entrypoints.http.tiers import Tiers
from billing_core.entrypoints.http.webhook_events import WebhookEvents
from billing_core.entrypoints.http.webhooks import Webhooks, straight
from billing_core.entrypoints.settings import Settings, from_environment, with_secrets
from billing_core.entrypoints.use_cases import UseCases
from billing_core.entrypoints.web.routes import pages
from billing_core.entrypoints.web.sessions import also_in_session
from billing_core.ports.errors import GatewayRefused

LARGEST_BODY = 1024 * 1024
RESOURCES = (
    Accounts,
    Admin,
    ApiKeys,
    Changes,
    Credits,
    FraudWarnings,
    Generations,
    Holds,
    Images,
    IncidentsOfAdmin,
    Operators,
    Oversight,
    PaymentLinks,
    Payments,
    Reports,
    SaleLinks,
    Subscriptions,
    Tiers,
    WebhookEvents,
    Webhooks,
)


def create_app(settings: Settings | None = None) -> Litestar:
    """The app with everything behind it; without settings, as the environment has them.

    It opens the books with its lifespan; mounted in another app, with the first request.
    """
    complete = with_secrets(settings or from_environment())

    def opening() -> AbstractAsyncContextManager[UseCases]:
        return lifespan.running(complete)

    return build_app(complete, opening)


def build_app(
    settings: Settings,
    opening: Opening,
    *,
    streams: Streams | None = None,
    sight: Sight | None = None,
) -> Litestar:
    """The app over whatever use cases `opening` gives. `settings` must have their secrets."""
    if not settings.jwt_secret:
        raise ValueError("settings without a jwt_secret: use with_secrets first")
    opened, tokens = Opened(opening), tokens_of(settings)

    limits = Limits(settings.rates, lambda: opened.use_cases.rates)
    sight = sight or Sight()

    def now() -> datetime:
        return opened.use_cases.clock.now()

    async def report(error: Exception, _scope: Scope) -> None:
        if isinstance(error, GatewayRefused):
            await opened.use_cases.reporting_refusals(error)

    answer = answering(now)
    app = Litestar(
        [
            Router("/api/v1", route_handlers=RESOURCES, opt={AUTH: REQUIRED}),
            Router("/api/v1", route_handlers=[Progress], middleware=[also_in_session(settings, tokens)]),
            Health,
            Metrics,
            Dev,
            *([old_urls(also_in_session(settings, tokens), answer)] if settings.old_urls else []),
            *pages(settings, tokens, now),
        ],
        lifespan=[opened.lifespan],
        dependencies=dict(providers(tokens, opened, limits, streams or Streams())),
        exception_handlers={Exception: answer},
        after_exception=[report],
        cors_config=cors_of(settings),
        middleware=[opened.ensuring, unescaping, limits.by_address, authenticating(tokens, opened), limits.by_caller],
        openapi_config=openapi_config(),
        plugins=[Closed(), AsAnswered()],
        request_class=StrictRequest,
        request_max_body_size=LARGEST_BODY,
        state=State({"settings": settings, "opened": opened, "looking": Looking(opened), "answered": sight.answered}),
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = sight.seeing(straight(guarded(app.asgi_handler), opened, answer))
    return app
