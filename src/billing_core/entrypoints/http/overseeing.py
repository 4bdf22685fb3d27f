"""What operators look at: everything at a glance, accounts, and what happened to one."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery, QueryParameter

from billing_core.application.happenings import happened
from billing_core.application.overseeing import AccountShown
from billing_core.application.viewing import subscription_view, usage_view
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.subscription import Subscription
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import only_admins
from billing_core.entrypoints.http.shapes import number, problems
from billing_core.entrypoints.incidents import IncidentShape, incident_of
from billing_core.entrypoints.overviews import OverviewShape, overview_of
from billing_core.ports.history import StoredEvent, UnreadableEvent
from billing_core.ports.overview import AccountListed, AccountWanted

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Word = Annotated[str | None, QueryParameter(name="query", min_length=1, max_length=255)]
AccountCursor = Annotated[str | None, QueryParameter(name="cursor", max_length=255)]
EventCursor = Annotated[str | None, QueryParameter(name="cursor", pattern=r"^[1-9]\d{0,17}$")]


class AccountListedShape(msgspec.Struct, kw_only=True):
    """An account by its last event: what has fallen due since is not in it."""

    id: str
    email: str
    name: str
    customer: str | None
    tier: str
    status: str
    available: int
    held: int
    debt: int
    suspended: bool
    created_at: datetime | None


class AccountsShape(msgspec.Struct, kw_only=True):
    """A page of accounts, in the order of their ids."""

    data: list[AccountListedShape]
    next_cursor: str | None


class SubscriptionAtGatewayShape(msgspec.Struct, kw_only=True):
    """A subscription as the gateway told of it last; `tier` or `pack` is what its price buys, where that is known."""

    id: str
    status: str | None
    price: str | None
    tier: str | None
    pack: str | None
    quantity: int | None
    created_at: datetime | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None


class DisputeShape(msgspec.Struct, kw_only=True):
    """A dispute as the gateway told of it last; `amount` is in minor units of the payment's currency."""

    id: str
    payment: str
    status: str
    amount: int


class TotalsShape(msgspec.Struct, kw_only=True):
    """Credits over the account's whole life."""

    granted: int
    captured: int
    expired: int
    revoked: int
    settled: int


class AccountInFullShape(msgspec.Struct, kw_only=True):
    """An account as it is now, with what is due by now. -1 credits a month are unlimited; `events` counts its
    stream."""

    id: str
    email: str
    name: str
    customer: str | None
    currency: str | None
    created_at: datetime | None
    suspended: bool
    suspended_for: list[str]
    tier: str
    status: str
    interval: str | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    trial_end: datetime | None
    available: int
    held: int
    debt: int
    credits_per_month: int
    is_unlimited: bool
    usage_percentage: float
    totals: TotalsShape
    images_total: int
    subscriptions: list[SubscriptionAtGatewayShape]
    disputes: list[DisputeShape]
    incidents: list[IncidentShape]
    events: int


class EventShape(msgspec.Struct, kw_only=True):
    """An event of an account's stream, in a sentence and with all that it says. `cause` is the webhook or the request
    behind it, if there is one; `problem` says why one cannot be read, of which nothing else is known."""

    number: int
    at: datetime | None
    type: str | None
    cause: str | None
    sentence: str | None
    told: dict[str, Any]
    problem: str | None


class EventsShape(msgspec.Struct, kw_only=True):
    """A page of events, newest first."""

    data: list[EventShape]
    next_cursor: str | None


class Oversight(Controller):
    """`/admin/overview`, `/admin/accounts`"""

    path = "/admin"
    guards = (only_admins,)
    tags = ("Admin",)

    @get("/overview", responses=problems(401, 403, 503))
    async def overview(self, overseeing: given.Overseeing) -> OverviewShape:
        """Everything at a glance, counted up to now."""
        return overview_of(await overseeing())

    @get("/accounts", responses=problems(401, 403, 422, 503))
    async def accounts(
        self,
        *,
        overseeing: given.Overseeing,
        word: Word = None,
        status: FromQuery[str | None] = None,
        tier: FromQuery[str | None] = None,
        limit: Limit = 20,
        cursor: AccountCursor = None,
    ) -> AccountsShape:
        """Accounts by part of their id, e-mail or name, or by their customer id at the gateway."""
        wanted = AccountWanted(query=word, status=status, tier=tier)
        page = await overseeing.accounts(wanted, limit=limit, cursor=cursor)
        return AccountsShape(data=[account_of(each) for each in page.items], next_cursor=page.next_cursor)

    @get("/accounts/{account_id:str}", responses=problems(401, 403, 404, 503))
    async def account(self, account_id: FromPath[str], overseeing: given.Overseeing) -> AccountInFullShape:
        """One account in full."""
        return account_in_full(await overseeing.account(account_id))

    @get("/accounts/{account_id:str}/events", responses=problems(401, 403, 404, 422, 503))
    async def events(
        self,
        *,
        account_id: FromPath[str],
        overseeing: given.Overseeing,
        limit: Limit = 20,
        cursor: EventCursor = None,
    ) -> EventsShape:
        """What happened to an account, newest first: the audit trail, as it is stored."""
        page = await overseeing.events(account_id, limit=limit, cursor=int(cursor) if cursor else None)
        following = str(page.next_cursor) if page.next_cursor is not None else None
        return EventsShape(data=[event_of(each) for each in page.items], next_cursor=following)


def account_of(listed: AccountListed) -> AccountListedShape:
    """The account as it stands in a list."""
    return AccountListedShape(
        id=listed.id,
        email=listed.email,
        name=listed.name,
        customer=listed.customer_id,
        tier=listed.tier,
        status=listed.status,
        available=listed.available,
        held=listed.held,
        debt=listed.debt,
        suspended=listed.suspended,
        created_at=listed.opened_at,
    )


def account_in_full(shown: AccountShown) -> AccountInFullShape:
    """The account as operators are shown it."""
    held, account = shown.held, shown.held.account
    paid, used, totals = subscription_view(held), usage_view(held), account.book.totals
    return AccountInFullShape(
        id=account.id,
        email=account.email,
        name=account.name,
        customer=account.customer_id,
        currency=account.currency,
        created_at=account.opened_at,
        suspended=bool(account.suspended_for),
        suspended_for=list(account.suspended_for),
        tier=paid.tier,
        status=paid.status,
        interval=paid.interval.value if paid.interval else None,
        current_period_end=paid.current_period_end,
        cancel_at_period_end=paid.cancel_at_period_end,
        trial_end=paid.trial_end,
        available=account.book.available,
        held=account.book.held,
        debt=account.book.debt,
        credits_per_month=number(paid.credits_per_month),
        is_unlimited=held.in_force.plan.is_unlimited,
        usage_percentage=used.usage_percentage,
        totals=TotalsShape(
            granted=totals.granted,
            captured=totals.captured,
            expired=totals.expired,
            revoked=totals.revoked,
            settled=totals.settled,
        ),
        images_total=account.usage.images_total,
        subscriptions=[_subscription(sub, held.catalog) for sub in account.subscriptions],
        disputes=[
            DisputeShape(id=each.id, payment=each.payment_id, status=each.status.value, amount=each.amount_minor)
            for each in account.disputes
        ],
        incidents=[incident_of(incident) for incident in shown.incidents],
        events=account.version - len(held.due),
    )


def _subscription(sub: Subscription, catalog: Catalog) -> SubscriptionAtGatewayShape:
    told = sub.snapshot
    offer = catalog.offer(told.price, pinned=sub.version) if told else None
    return SubscriptionAtGatewayShape(
        id=sub.id,
        status=told.status.value if told else None,
        price=told.price if told else None,
        tier=offer.item if offer and offer.kind is Kind.PLAN else None,
        pack=offer.item if offer and offer.kind is Kind.PACK else None,
        quantity=told.quantity if told else None,
        created_at=told.created_at if told else None,
        current_period_start=told.period_start if told else None,
        current_period_end=told.period_end if told else None,
        cancel_at=told.ends_at if told else None,
        ended_at=sub.ended_at,
    )


def event_of(stored: StoredEvent | UnreadableEvent) -> EventShape:
    """The event as operators are shown it."""
    if isinstance(stored, UnreadableEvent):
        return EventShape(
            number=stored.number, at=None, type=None, cause=None, sentence=None, told={}, problem=stored.problem
        )
    told = msgspec.to_builtins(stored.event)
    return EventShape(
        number=stored.number,
        at=stored.event.at,
        type=type(stored.event).__name__,
        cause=stored.cause,
        sentence=happened(stored.event),
        told={name: value for name, value in told.items() if name != "at"},
        problem=None,
    )
