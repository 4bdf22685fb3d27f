"""API keys: made, listed, revoked; by who came with a token, never with such a key."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from billing_core.application.keying import LONGEST_NAME
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL, Body
from billing_core.entrypoints.http.shapes import problems
from billing_core.ports.api_keys import ApiKey, Scope

Scopes = Annotated[set[Scope], Meta(min_length=1)]


class KeyBody(Body):
    """What the key is for, and what it opens: all that a key can, where nothing is said."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=NO_NUL)]
    scopes: Scopes = msgspec.field(default_factory=lambda: set(Scope))


class KeyShape(msgspec.Struct, kw_only=True):
    """A key. `hint` is how its secret ends; `last_used_at` may be an hour old."""

    id: str
    name: str
    scopes: list[Scope]
    hint: str
    created_at: datetime
    last_used_at: datetime | None


class MadeKeyShape(KeyShape, kw_only=True):
    """A new key. Nobody can be told its `secret` again."""

    secret: str


class KeysShape(msgspec.Struct, kw_only=True):
    """All keys of the account, oldest first."""

    data: list[KeyShape]


class ApiKeys(Controller):
    """`/api-keys`"""

    path = "/api-keys"
    tags = ("API keys",)

    @get("/", responses=problems(401, 403, 429))
    async def list(self, caller: given.Caller, keying: given.Keying) -> KeysShape:
        """The caller's keys, without their secrets."""
        return KeysShape(data=[shape_of(key) for key in await keying.of(caller.account_id)])

    @post("/", responses=problems(401, 403, 409, 422, 429, 503))
    async def make(self, data: JSONBody[KeyBody], caller: given.Caller, keying: given.Keying) -> MadeKeyShape:
        """Makes a key, where the plan has API access. An Idempotency-Key changes nothing here: no secret is kept that
        could be told twice."""
        made = await keying(caller.account_id, data.name, frozenset(data.scopes))
        return MadeKeyShape(**msgspec.structs.asdict(shape_of(made.key)), secret=made.secret)

    @delete("/{key_id:str}", responses=problems(401, 403, 404, 429, 503))
    async def revoke(self, key_id: FromPath[str], caller: given.Caller, keying: given.Keying) -> None:
        """From now on the key opens nothing."""
        await keying.revoke(caller.account_id, key_id)


def shape_of(key: ApiKey) -> KeyShape:
    return KeyShape(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes, key=lambda scope: scope.value),
        hint=key.hint,
        created_at=key.made_at,
        last_used_at=key.used_at,
    )
