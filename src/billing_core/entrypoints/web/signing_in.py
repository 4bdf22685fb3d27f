"""Signing in with a token, and out again."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.refusals import Unauthorized
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.sessions import TOKEN

HOME = "/account"


class SigningIn(Controller):
    """`/signin` and `/signout`"""

    include_in_schema = False

    @get("/signin")
    async def ask(self, web: Page, next: FromQuery[str] = HOME) -> Response[str]:  # noqa: A002 (the query's own word)
        return web.page("signin.html", next=local(next), problem="")

    @post("/signin")
    async def sign_in(self, web: Page, form: Filled, tokens: given.Tokens) -> Response[Any]:
        """Keeps the token in the session, if it is one."""
        token, following = form.get("token"), local(form.get("next"))
        try:
            await tokens.read(token)
        except Unauthorized as error:
            return web.page("signin.html", status=422, next=following, problem=str(error))
        web.request.session.clear()
        web.request.session[TOKEN] = token
        return web.see(following)

    @post("/signout")
    async def sign_out(self, web: Page) -> Redirect:
        web.request.session.clear()
        return web.see("/")


def local(path: str) -> str:
    """A page of ours, whoever names it; browsers take `//host` and a backslash for another site."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else HOME
