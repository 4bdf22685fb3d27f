"""Looking for accounts, and one of them: how it stands, what happened to it, why its balance is what it is."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from billing_core.application.happenings import happened
from billing_core.application.viewing import subscription_view, usage_view
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import PortFailure
from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.admin.doors import CODES, FEW, MANY, once, operators_only
from billing_core.entrypoints.web.giving import Page
from billing_core.entrypoints.web.wording import STATUSES
from billing_core.ports.gateway import PaymentShown
from billing_core.ports.history import StoredEvent, UnreadableEvent
from billing_core.ports.overview import AccountWanted

Word = Annotated[str, QueryParameter(max_length=255)]
Query = Annotated[str, QueryParameter(name="query", max_length=255)]
Number = Annotated[str, QueryParameter(pattern=r"^\d{0,18}$")]


class Line(msgspec.Struct, kw_only=True, frozen=True):
    """An event in the timeline; `problem` where it cannot be read."""

    number: int
    at: object
    text: str
    cause: str | None
    is_by_operator: Annotated[bool, Meta(description="whether a person decided it")]


class AccountsOfAdmin(Controller):
    """`/admin/accounts`"""

    path = "/admin/accounts"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def search(
        self,
        *,
        web: Page,
        overseeing: given.Overseeing,
        catalog: given.Catalog,
        words: Query = "",
        status: Word = "",
        tier: Word = "",
        cursor: Word = "",
    ) -> Response[str]:
        """Accounts by part of their id, e-mail or name, or by their customer id."""
        wanted = AccountWanted(query=words.strip() or None, status=status or None, tier=tier or None)
        found = await overseeing.accounts(wanted, limit=MANY, cursor=cursor or None)
        return web.page(
            "admin_accounts.html",
            found=found,
            query=words,
            chosen=status,
            tier=tier,
            statuses=STATUSES,
            tiers=tiers_of(catalog),
        )

    @get("/{account_id:str}")
    async def show(
        self, web: Page, account_id: FromPath[str], overseeing: given.Overseeing, paying: given.Paying
    ) -> Response[str]:
        """One account, with all that can be done about it."""
        shown = await overseeing.account(account_id)
        events = await overseeing.events(account_id, limit=FEW)
        payments, unheard = await payments_of(paying, account_id)
        view = subscription_view(shown.held)
        return web.page(
            "admin_account.html",
            account=shown.held.account,
            held=shown.held,
            view=view,
            badge=STATUSES.get(view.status, (view.status, "")),
            usage=usage_view(shown.held),
            incidents=shown.incidents,
            lines=[line_of(each) for each in events.items],
            next_cursor=events.next_cursor,
            payments=payments,
            unheard=unheard,
            page_of=paying.page_of,
            codes=CODES,
            once=once,
        )

    @get("/{account_id:str}/events")
    async def timeline(
        self, web: Page, account_id: FromPath[str], overseeing: given.Overseeing, cursor: Number = ""
    ) -> Response[str]:
        """What happened, newest first."""
        events = await overseeing.events(account_id, limit=MANY, cursor=int(cursor) if cursor else None)
        return web.page(
            "admin_events.html",
            account_id=account_id,
            lines=[line_of(each) for each in events.items],
            next_cursor=events.next_cursor,
            is_first=not cursor,
        )

    @get("/{account_id:str}/why")
    async def why(
        self,
        web: Page,
        account_id: FromPath[str],
        explaining: given.Explaining,
        grant: FromQuery[str] = "",
        work: FromQuery[str] = "",
    ) -> Response[str]:
        """Why the balance is what it is, where a grant's credits went, or what paid for a piece of work."""
        told: object
        if grant:
            told = await explaining.grant(account_id, grant)
        elif work:
            told = await explaining.work(account_id, work)
        else:
            told = await explaining(account_id)
        return web.page("admin_why.html", account_id=account_id, told=told, is_whole=not (grant or work))


async def payments_of(paying: given.Paying, account_id: str) -> tuple[tuple[PaymentShown, ...], bool]:
    """The latest payments, and whether the gateway could not be asked for them."""
    try:
        return (await paying(account_id, limit=FEW)).items, False
    except PortFailure:
        return (), True


def line_of(stored: StoredEvent | UnreadableEvent) -> Line:
    """The event as a line of the timeline."""
    if isinstance(stored, UnreadableEvent):
        text = f"It cannot be read: {stored.problem}"
        return Line(number=stored.number, at=None, text=text, cause=None, is_by_operator=False)
    event = stored.event
    is_act = type(event).__name__ == "OperatorActed"
    return Line(number=stored.number, at=event.at, text=happened(event), cause=stored.cause, is_by_operator=is_act)


def tiers_of(catalog: Catalog) -> list[tuple[str, str]]:
    """Every plan by its key and name."""
    return [(plan.key, plan.name) for plan in catalog.current.plans]
