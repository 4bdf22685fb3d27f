"""API keys on the account's page: made and shown once, revoked."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, post
from litestar.response import Redirect
from msgspec import Meta

from billing_core.application.keying import LONGEST_NAME
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL, Name
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.ports.api_keys import Scope

SCOPES = {"all": frozenset(Scope), "read": frozenset({Scope.READ})}


class Wanted(msgspec.Struct, kw_only=True):
    """What the key is for, and what it opens."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=NO_NUL)]
    opens: Literal["all", "read"] = "all"


class Unwanted(msgspec.Struct, kw_only=True):
    """The key to revoke."""

    key: Name


class KeyPages(Controller):
    """`/account/keys`"""

    path = "/account/keys"
    include_in_schema = False

    @post("/", status_code=200)
    async def make(self, web: Page, caller: given.Caller, form: Filled, keying: given.Keying) -> Response[str]:
        """Shows the secret in its answer: it is kept nowhere, so no other page could."""
        wanted = form.read(Wanted)
        return web.page("key.html", made=await keying(caller.account_id, wanted.name, SCOPES[wanted.opens]))

    @post("/revoke")
    async def revoke(self, web: Page, caller: given.Caller, form: Filled, keying: given.Keying) -> Redirect:
        await keying.revoke(caller.account_id, form.read(Unwanted).key)
        return web.see("/account#keys", said="The key is revoked: it opens nothing any more.")
