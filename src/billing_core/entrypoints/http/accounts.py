"""The account, its checkouts, and what it may do."""

from datetime import datetime

import msgspec
from litestar import Controller, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from billing_core.domain.catalog import Kind
from billing_core.domain.entitlements import entitlements
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import SCOPE
from billing_core.entrypoints.http.shapes import number, problems
from billing_core.ports.api_keys import Scope


class AccountShape(msgspec.Struct, kw_only=True):
    """Who it is. One that was never used says what opening it now would make it."""

    id: str
    email: str
    name: str
    created_at: datetime | None
    images_total: int
    suspended: bool
    suspended_for: list[str]


class CheckoutStatusShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far a checkout has gone, and the credits that it brought; it names a `tier` or a `pack`."""

    status: str
    kind: str
    credits_granted: int
    tier: str | None = None
    pack: str | None = None


class EntitlementsShape(msgspec.Struct, kw_only=True):
    """What the plan in force gives; the catalog may name more. -1 images a day are unlimited."""

    tier: str
    models: list[str]
    sizes: list[str]
    qualities: list[str]
    max_size: str
    images_per_request: int
    images_per_day: int
    images_today: int
    max_concurrent: int
    default_model: str
    default_size: str
    default_quality: str
    watermark: bool
    priority: int
    private_history: bool = False
    api_access: bool = False


class Accounts(Controller):
    """`/account`, `/checkouts`, `/entitlements`"""

    path = "/"
    tags = ("Account",)

    @get("/account", opt={SCOPE: Scope.READ}, responses=problems(401))
    async def show(self, caller: given.Caller, viewing: given.Viewing) -> AccountShape:
        """The caller's account."""
        account = (await viewing(caller.account_id)).account
        return AccountShape(
            id=caller.account_id,
            email=account.email or caller.email,
            name=account.name or caller.name,
            created_at=account.opened_at,
            images_total=account.usage.images_total,
            suspended=bool(account.suspended_for),
            suspended_for=list(account.suspended_for),
        )

    @get("/checkouts/{session_id:str}", opt={SCOPE: Scope.READ}, responses=problems(401, 404))
    async def checkout(
        self, session_id: FromPath[str], caller: given.Caller, viewing: given.Viewing
    ) -> CheckoutStatusShape:
        """How far a checkout has gone."""
        view = await viewing.checkout(caller.account_id, session_id)
        return CheckoutStatusShape(
            status=view.status.value,
            kind=view.kind.value,
            credits_granted=view.credits_granted,
            tier=view.item if view.kind is Kind.PLAN else None,
            pack=view.item if view.kind is Kind.PACK else None,
        )

    @get(
        "/entitlements",
        opt={SCOPE: Scope.READ},
        responses={
            200: ResponseSpec(EntitlementsShape, generate_examples=False, description="What the account may do"),
            **problems(401),
        },
    )
    async def entitlements(self, caller: given.Caller, viewing: given.Viewing) -> dict[str, object]:
        """What the caller may do now."""
        given_now = entitlements(await viewing(caller.account_id))
        shape = EntitlementsShape(
            tier=given_now.tier,
            models=list(given_now.models),
            sizes=list(given_now.sizes),
            qualities=list(given_now.qualities),
            max_size=given_now.max_size,
            images_per_request=given_now.images_per_request,
            images_per_day=number(given_now.images_per_day),
            images_today=given_now.images_today,
            max_concurrent=given_now.max_concurrent,
            default_model=given_now.default_model,
            default_size=given_now.default_size,
            default_quality=given_now.default_quality,
            watermark=given_now.watermark,
            priority=given_now.priority,
        )
        return msgspec.structs.asdict(shape) | dict(given_now.extras)
