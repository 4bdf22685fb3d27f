"""Writing a page: templates, what every page knows, and the policy that keeps a foreign script out of it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from billing_core.domain.money import Money
from billing_core.entrypoints.http.auth import Caller
from billing_core.entrypoints.http.refusals import Unauthorized
from billing_core.entrypoints.incidents import whose
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.web.assets import asset_path
from billing_core.entrypoints.web.wording import capital, named, origin, sentence, step, times
from billing_core.ports.clock import Clock

SAID = "said"
OF_THE_GATEWAY = "https://*.stripe.com"


def money(amount_minor: int, currency: str) -> str:
    """$5.00, as the currency is written."""
    return str(Money(amount_minor, currency))


def day(at: datetime | None) -> Markup:
    """8 January 2026."""
    return _time(at, f"{at.day} {at:%B %Y}" if at else "")


def moment(at: datetime | None) -> Markup:
    """8 January 2026, 14:05 UTC."""
    return _time(at, f"{at.day} {at:%B %Y, %H:%M} UTC" if at else "")


def _time(at: datetime | None, text: str) -> Markup:
    return Markup("-") if at is None else Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)


def counted(number: int) -> str:
    """1,234: as people read it."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """1 credit, 2 credits."""
    return f"{counted(number)} {one if number == 1 else many or one + 's'}"


def in_path(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


WORDS = Environment(
    loader=PackageLoader("billing_core.entrypoints.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
WORDS.filters.update(
    in_path=in_path,
    money=money,
    day=day,
    moment=moment,
    counted=counted,
    plural=plural,
    capital=capital,
    named=named,
    origin=origin,
    sentence=sentence,
    step=step,
    times=times,
    whose=whose,
)


@frozen
class Web:
    """One request to a page: who looks, and the ways to answer."""

    request: Request[Any, Any, Any]
    settings: Settings
    clock: Clock
    is_simulated: bool

    @property
    def caller(self) -> Caller | None:
        """Who is signed in."""
        user = self.request.scope.get("user")
        return user if isinstance(user, Caller) else None

    @property
    def signed_in(self) -> Caller:
        """Who is signed in. Raises Unauthorized, which leads to the page where one signs in."""
        if self.caller is None:
            raise Unauthorized("sign in first")
        return self.caller

    @property
    def root(self) -> str:
        """Where the app is mounted; empty where it stands alone."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response[str]:
        """The template as a whole page. What was said to the next page is told on it."""
        html = WORDS.get_template(template).render(
            caller=self.caller,
            root=self.root,
            path=self.request.url.path.removeprefix(self.root) or "/",
            csrf_token=ScopeState.from_scope(self.request.scope).csrf_token or "",
            is_simulated=self.is_simulated,
            settings=self.settings,
            now=self.clock.now(),
            said=self._said(),
            asset=lambda name: self.root + asset_path(name),
            **context,
        )
        headers = {"Content-Security-Policy": policy(self.settings)}
        return Response(html, media_type=MediaType.HTML, status_code=status, headers=headers)

    def see(self, path: str, *, said: str = "", problem: str = "") -> Redirect:
        """Sends the browser on to another page of ours, which tells what was done, or why it was not."""
        if said or problem:
            self.request.session[SAID] = {"text": said or problem, "is_problem": bool(problem)}
        return self.leave(self.root + path)

    def leave(self, url: str) -> Redirect:
        """Sends the browser to a checkout or a portal."""
        return Redirect(url, status_code=303)

    def _said(self) -> dict[str, Any] | None:
        session = self.request.scope.get("session")
        told = session.pop(SAID, None) if isinstance(session, dict) else None
        return told if isinstance(told, dict) else None


def policy(settings: Settings) -> str:
    """Nothing but our own script, style and pictures; and forms that lead to us, or on to where money is paid.

    A browser holds a form's redirect to form-action too, so the origins that a checkout may return to are named.
    """
    origins = " ".join(sorted(settings.allowed_redirects | {settings.return_url, settings.base_url, OF_THE_GATEWAY}))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self' {origins}; base-uri 'none'; frame-ancestors 'none'"
    )
