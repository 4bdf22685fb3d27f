"""All pages, behind their sessions and forms."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router

from billing_core.entrypoints.http.auth import Tokens
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.web.account import AccountPages
from billing_core.entrypoints.web.admin.accounts import AccountsOfAdmin
from billing_core.entrypoints.web.admin.acting import ActingOnAccounts
from billing_core.entrypoints.web.admin.health import HealthPages
from billing_core.entrypoints.web.admin.incidents import IncidentPages
from billing_core.entrypoints.web.admin.overview import OverviewPages
from billing_core.entrypoints.web.admin.warnings import WarningPages
from billing_core.entrypoints.web.admin.webhooks import WebhookPages
from billing_core.entrypoints.web.api_keys import KeyPages
from billing_core.entrypoints.web.assets import Assets
from billing_core.entrypoints.web.changing import Changing
from billing_core.entrypoints.web.credits import CreditPages
from billing_core.entrypoints.web.dev import Dev
from billing_core.entrypoints.web.dev_checkout import DevCheckout, DevLinks
from billing_core.entrypoints.web.dev_papers import DevInvoices, DevReceipts
from billing_core.entrypoints.web.dev_portal import DevPortal
from billing_core.entrypoints.web.dev_webhooks import DevWebhooks
from billing_core.entrypoints.web.gallery import Gallery
from billing_core.entrypoints.web.generating import Generating
from billing_core.entrypoints.web.generation_pages import GenerationPages, PicturePages
from billing_core.entrypoints.web.giving import PROVIDERS, web_of
from billing_core.entrypoints.web.old_urls import OldPages
from billing_core.entrypoints.web.outcomes import Outcomes
from billing_core.entrypoints.web.pay_links import Pay
from billing_core.entrypoints.web.payments import PaymentPages
from billing_core.entrypoints.web.pricing import Pricing
from billing_core.entrypoints.web.problems import problem_page
from billing_core.entrypoints.web.sessions import with_sessions
from billing_core.entrypoints.web.signing_in import SigningIn

PAGES = (
    AccountPages,
    Changing,
    CreditPages,
    Gallery,
    Generating,
    GenerationPages,
    KeyPages,
    Outcomes,
    PaymentPages,
    PicturePages,
    Pricing,
    SigningIn,
)
OPERATORS = (AccountsOfAdmin, ActingOnAccounts, HealthPages, IncidentPages, OverviewPages, WarningPages, WebhookPages)
SIMULATED = (Dev, DevCheckout, DevInvoices, DevLinks, DevPortal, DevReceipts, DevWebhooks)


def pages(settings: Settings, tokens: Tokens, now: Callable[[], datetime]) -> tuple[Router, type[Assets]]:
    """The routes of all pages, and of what they load."""

    def explain(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        web = web_of(request, settings, request.app.state.opened.use_cases.clock)
        return problem_page(web, error, now)

    router = Router(
        "/",
        route_handlers=(*PAGES, *([OldPages] if settings.old_urls else []), *OPERATORS, Pay, *SIMULATED),
        middleware=with_sessions(settings, tokens),
        dependencies=PROVIDERS,
        exception_handlers={Exception: explain},
    )
    return router, Assets
