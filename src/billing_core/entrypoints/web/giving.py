"""What the pages' handlers are given, beside what those of the API are."""

from typing import Any

from litestar import Request
from litestar.di import Provide

from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.forms import Form, form_of
from billing_core.entrypoints.web.rendering import Web

Page = given.Given[Web]
Filled = given.Given[Form]


def web_of(request: Request[Any, Any, Any], settings: given.Settings, clock: given.Clock) -> Web:
    """The request, as a page sees it."""
    is_simulated = request.app.state.opened.use_cases.simulation is not None
    return Web(request, settings, clock, is_simulated)


def who(web: Page) -> Any:
    """The account whose page it is. Raises Unauthorized, which leads to signing in."""
    return web.signed_in


PROVIDERS = {
    "web": Provide(web_of, sync_to_thread=False),
    "form": Provide(form_of),
    "caller": Provide(who, sync_to_thread=False),
}
