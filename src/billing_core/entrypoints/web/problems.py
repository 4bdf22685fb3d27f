"""What a page shows instead, when something is refused or fails."""

import logging
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from billing_core.domain.errors import AccountSuspended
from billing_core.domain.options import Option
from billing_core.entrypoints.http.answering import Now, limits_of, wait_s
from billing_core.entrypoints.http.problems import Kind, kind_of
from billing_core.entrypoints.http.refusals import RateLimited, Unauthorized
from billing_core.entrypoints.web.rendering import Web

log = logging.getLogger(__name__)


def problem_page(web: Web, error: Exception, now: Now) -> Response[str] | Redirect:
    """The problem in words, with the ways out of it. Who is not signed in is sent there, and comes back."""
    if isinstance(error, Unauthorized):
        return web.see(f"/signin?next={quote(asked_for(web.request), safe='/?=&')}")
    kind = kind_of(error)
    if kind.status == 500:
        log.error("%s %s failed", web.request.method, web.request.scope.get("path_template", ""), exc_info=error)
    answer = web.page(
        "problem.html", status=kind.status, kind=kind, detail=detail_of(error, kind), options=options_of(error)
    )
    wait = wait_s(error, now)
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    if isinstance(error, RateLimited):
        answer.headers.update(limits_of(error))
    return answer


def detail_of(error: Exception, kind: Kind) -> str:
    """What to say of it. What we did not foresee, and the gateway's words, are not for customers."""
    if kind.status in {500, 502} or isinstance(error, HTTPException):
        return ""
    if isinstance(error, AccountSuspended):  # its reasons are for operators
        return "You can look at everything, but neither make pictures nor buy."
    text = str(error)
    return text[:1].upper() + text[1:]


def options_of(error: Exception) -> tuple[Option, ...]:
    """What the customer may do about a denial."""
    return tuple(getattr(error, "options", ()))


def asked_for(request: Request[Any, Any, Any]) -> str:
    """The page to come back to; a form that was sent cannot be sent again, so its page is."""
    path = request.url.path
    query = request.url.query
    return f"{path}?{query}" if request.method == "GET" and query else path
