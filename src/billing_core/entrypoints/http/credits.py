"""Credits: what there is, what became of them, and buying more."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from billing_core.application.transactions import Transaction
from billing_core.domain.admission import Wish
from billing_core.domain.credits import Grant
from billing_core.entrypoints.explanations import BalanceShape, ExplanationShape, VerdictShape, explained, judged
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import SCOPE
from billing_core.entrypoints.http.bodies import Body, Name, Url
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.http.subscriptions import CheckoutShape, Currency, customer_of
from billing_core.ports.api_keys import Scope

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=255)]
Subject = Annotated[str | None, QueryParameter(max_length=255)]
Images = Annotated[int, QueryParameter(ge=1, le=100)]


class PackBody(Body):
    """The pack to buy, and where to come back to."""

    pack: Name
    success_url: Url | None = None
    cancel_url: Url | None = None
    currency: Currency | None = None


class GrantShape(msgspec.Struct, kw_only=True):
    """Credits that were given for one cause; they are spent in the order of the list."""

    id: str
    source: str
    amount: int
    remaining: int
    granted_at: datetime
    expires_at: datetime | None


class CreditsShape(msgspec.Struct, kw_only=True):
    """What may be spent, what is set aside, what is owed."""

    available: int
    held: int
    debt: int
    is_unlimited: bool
    grants: list[GrantShape]


class TransactionShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A movement. `amount` is its effect on what is available, so that the amounts add up to `balance_after`."""

    id: str
    at: datetime
    type: str
    amount: int
    balance_after: int
    description: str
    reference: str | None
    captured: int | None = None


class TransactionsShape(msgspec.Struct, kw_only=True):
    """A page of movements, newest first."""

    data: list[TransactionShape]
    next_cursor: str | None


class Credits(Controller):
    """`/credits`"""

    path = "/credits"
    tags = ("Credits",)

    @get("/", opt={SCOPE: Scope.READ}, responses=problems(401))
    async def show(self, caller: given.Caller, viewing: given.Viewing) -> CreditsShape:
        """What there is, and where it comes from."""
        view = await viewing.credits(caller.account_id)
        return CreditsShape(
            available=view.available,
            held=view.held,
            debt=view.debt,
            is_unlimited=view.is_unlimited,
            grants=[_grant(grant) for grant in view.grants],
        )

    @get("/transactions", opt={SCOPE: Scope.READ}, responses=problems(401, 422))
    async def movements(
        self, caller: given.Caller, transactions: given.Transactions, limit: Limit = 20, cursor: Cursor = None
    ) -> TransactionsShape:
        """What became of them, newest first."""
        page = await transactions(caller.account_id, limit=limit, cursor=cursor)
        return TransactionsShape(data=[_transaction(item) for item in page.items], next_cursor=page.next_cursor)

    @get("/explain", opt={SCOPE: Scope.READ}, responses=problems(401, 404, 422))
    async def explain(
        self,
        caller: given.Caller,
        explaining: given.Explaining,
        grant: Subject = None,
        work: Subject = None,
        *,
        denied: FromQuery[bool] = False,
        model: Subject = None,
        size: Subject = None,
        quality: Subject = None,
        n: Images = 1,
    ) -> BalanceShape | ExplanationShape | VerdictShape:
        """Why the balance is what it is; with `grant`, where its credits went; with `work` (the id of a generation or
        a hold), what paid for it; with `denied`, why `n` pictures of a model, size and quality are refused, check by
        check (what is left out is the plan's default)."""
        if denied:
            return await judged(explaining, caller.account_id, Wish(model=model, size=size, quality=quality, n=n))
        return await explained(explaining, caller.account_id, grant=grant, work=work)

    @post("/checkout", guards=[payments_needed], responses=problems(401, 403, 409, 422, 429, 503))
    async def checkout(
        self,
        *,
        data: JSONBody[PackBody],
        caller: given.Caller,
        throttle: given.Throttle,
        redirects: given.Redirects,
        settings: given.Settings,
        buying: given.Buying,
        key: given.Key,
    ) -> CheckoutShape:
        """Opens a checkout for a pack."""
        back = redirects.checkout(data.success_url, data.cancel_url)
        await throttle()
        currency = (data.currency or settings.currency).lower()
        started = await buying(customer_of(caller), data.pack, currency, back, request=key)
        return CheckoutShape(checkout_url=started.url, session_id=started.session_id, url=started.url)


def _grant(grant: Grant) -> GrantShape:
    return GrantShape(
        id=grant.id,
        source=grant.source.value,
        amount=grant.amount,
        remaining=grant.remaining,
        granted_at=grant.granted_at,
        expires_at=grant.expires_at,
    )


def _transaction(item: Transaction) -> TransactionShape:
    return TransactionShape(
        id=item.id,
        at=item.at,
        type=item.type,
        amount=item.amount,
        balance_after=item.balance_after,
        description=item.description,
        reference=item.reference,
        captured=item.captured,
    )
