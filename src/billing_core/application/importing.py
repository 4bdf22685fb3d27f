"""Bringing an existing business in: customers, then their subscriptions, then what pays for the present periods.

Everything is read page by page, in the gateway's order, and a bookmark is kept after each page: a run that was killed,
wherever, is gone on with by the next one. What is there already is left as it is, so a run may be repeated.
"""

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from attrs import evolve, frozen

from billing_core.application.bringing import TWO_MONTHS, with_customer, with_invoice, with_subscription
from billing_core.application.errors import UnknownPrice
from billing_core.application.naming import Naming
from billing_core.application.results import Outcome, Result, Trouble, at_once, pages
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import PortFailure
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.archive import Archive, GatewayCustomer, Unreadable
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.directory import Directory
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.incidents import Incidents

BOOKMARK = "import-stripe"
CUSTOMERS, SUBSCRIPTIONS, INVOICES = "customer", "subscription", "invoice"
STAGES = (CUSTOMERS, SUBSCRIPTIONS, INVOICES)
A_DAY = timedelta(days=1)
Thing = GatewayCustomer | SubscriptionSnapshot | InvoicePaid | Unreadable


@frozen(kw_only=True)
class _Place:
    """How far a run has come."""

    stage: str = CUSTOMERS
    after: str | None = None
    source: str = ""


@frozen
class Importing:
    """Brings in what the gateway keeps. Nothing is canceled, changed or sold there.

    An account that has another customer, and a customer that has another account, keep what they have.
    """

    accounts: AccountRepository
    directory: Directory
    bookmarks: Bookmarks
    incidents: Incidents
    archive: Archive
    catalog: Catalog
    clock: Clock

    async def __call__(self, naming: Naming, *, dry_run: bool = False) -> AsyncIterator[Result]:
        """What came of each object, page by page, each page once it is durable. A dry run writes nothing.

        Raises Unavailable, GatewayRefused: what is done by then is done, and the next run goes on from there.
        """
        place = _Place(source=naming.source) if dry_run else await self._place(naming)
        run = _Run(self, naming, self.clock.now(), dry_run=dry_run)
        for stage in STAGES[STAGES.index(place.stage) :]:
            if stage == INVOICES and dry_run:
                return  # what they would pay for is not here to be looked at
            async for page in run.pages(stage, place.after if stage == place.stage else None):
                done = await at_once(run.take(stage, thing) for thing in page)
                if not dry_run:
                    await self._keep(_Place(stage=stage, after=id_of(page[-1]), source=naming.source))
                for results in done:
                    for result in results:
                        yield result
        if not dry_run:
            await self.bookmarks.set(BOOKMARK, "")

    async def _place(self, naming: Naming) -> _Place:
        """Where the last run stopped; the beginning, where it was complete or read the accounts' ids elsewhere."""
        kept = json.loads(await self.bookmarks.get(BOOKMARK) or "{}")
        return _Place(**kept) if kept.get("source") == naming.source else _Place(source=naming.source)

    async def _keep(self, place: _Place) -> None:
        kept = {"stage": place.stage, "after": place.after, "source": place.source}
        await self.bookmarks.set(BOOKMARK, json.dumps(kept))


@frozen
class _Run:
    """One run: what it reads is dated by when it began."""

    use: Importing
    naming: Naming
    began_at: datetime
    dry_run: bool

    async def pages(self, stage: str, after: str | None) -> AsyncIterator[list[Thing]]:
        """Behind that object; from the beginning where it is gone."""
        try:
            async for page in pages(self.things(stage, after)):
                yield page
        except UnknownAtGateway:
            if after is None:
                raise
            async for page in pages(self.things(stage, None)):
                yield page

    def things(self, stage: str, after: str | None) -> AsyncIterator[Thing]:
        archive = self.use.archive
        if stage == CUSTOMERS:
            return archive.customers(after=after)
        if stage == SUBSCRIPTIONS:
            return archive.subscriptions(now=self.began_at, after=after)
        return archive.paid_invoices(since=self.began_at - TWO_MONTHS, after=after)

    async def take(self, stage: str, thing: Thing) -> list[Result]:
        match thing:
            case GatewayCustomer():
                return [await self._customer(thing)]
            case SubscriptionSnapshot():
                return await self._subscription(thing)
            case InvoicePaid():
                return [await self._invoice(thing)]
            case Unreadable():
                return [await self._trouble(stage, thing.id, Outcome.UNREADABLE, thing.problem)]

    async def _customer(self, customer: GatewayCustomer) -> Result:
        account_id, owner = self.naming.account_of(customer), await self.use.directory.owner_of(customer.id)
        if account_id is None:
            return await self._trouble(CUSTOMERS, customer.id, Outcome.NO_ACCOUNT, f"no usable {self.naming.source}")
        if owner is not None and owner != account_id:
            told = f"belongs to the account {owner}, not to {account_id}"
            return _found(CUSTOMERS, customer.id, Outcome.CONFLICT, owner, told)
        imported = await self._change(
            CUSTOMERS, customer.id, account_id, lambda a, now: with_customer(customer, a, now, self.use.catalog)
        )
        if imported.outcome is not Outcome.CONFLICT:
            return imported
        if owner == account_id:  # it is one of several that the account has had
            return _found(CUSTOMERS, customer.id, Outcome.UNCHANGED, owner)
        return await self._trouble(CUSTOMERS, customer.id, Outcome.CONFLICT, f"{account_id} has another customer")

    async def _subscription(self, told: SubscriptionSnapshot) -> list[Result]:
        owner = await self.use.directory.owner_of(told.customer_id)
        if owner is None:
            return [await self._unowned(told)]
        imported = await self._change(
            SUBSCRIPTIONS, told.id, owner, lambda a, now: with_subscription(told, a, now, self.use.catalog)
        )
        if imported.outcome is Outcome.UNKNOWN_PRICE:
            imported = evolve(imported, detail=told.price)
        since = told.period_start - (told.period_end - told.period_start) - A_DAY
        if self.dry_run or not told.status.is_live or since >= self.began_at - TWO_MONTHS:
            return [imported]
        older = self.use.archive.paid_invoices(since=since, subscription_id=told.id)
        return [imported, *[found async for thing in older for found in await self.take(INVOICES, thing)]]

    async def _unowned(self, told: SubscriptionSnapshot) -> Result:
        """In a dry run its customer may be one that would have come in."""
        if not told.status.is_live:
            return _found(SUBSCRIPTIONS, told.id, Outcome.SKIPPED)
        if self.dry_run and self.use.catalog.oldest_that_knows(told.price) is None:
            return _found(SUBSCRIPTIONS, told.id, Outcome.UNKNOWN_PRICE, detail=f"of {told.customer_id}: {told.price}")
        if self.dry_run:
            return _found(SUBSCRIPTIONS, told.id, Outcome.NEW)
        detail = f"nobody owns its customer {told.customer_id}"
        return await self._trouble(SUBSCRIPTIONS, told.id, Outcome.NO_ACCOUNT, detail)

    async def _invoice(self, invoice: InvoicePaid) -> Result:
        owner = await self.use.directory.owner_of(invoice.subscription_id) if invoice.subscription_id else None
        if owner is None:
            return _found(INVOICES, invoice.invoice_id, Outcome.SKIPPED)
        return await self._change(
            INVOICES, invoice.invoice_id, owner, lambda a, now: with_invoice(invoice, a, now, self.use.catalog)
        )

    async def _change(
        self, stage: str, thing_id: str, account_id: str, decide: Callable[[Account, datetime], Commit[Outcome]]
    ) -> Result:
        now, accounts = self.use.clock.now(), self.use.accounts
        try:
            if self.dry_run:
                outcome = decide(await accounts.get(account_id), now).answer
            else:
                outcome = await accounts.change(account_id, lambda account: decide(account, now))
        except PortFailure:
            raise
        except UnknownPrice as error:
            return await self._trouble(stage, thing_id, Outcome.UNKNOWN_PRICE, str(error), account_id)
        except Exception as error:  # noqa: BLE001 - the others go on, and a person looks at this one
            return await self._trouble(stage, thing_id, Outcome.FAILED, f"{type(error).__name__}: {error}", account_id)
        return _found(stage, thing_id, outcome, account_id)

    async def _trouble(
        self, stage: str, thing_id: str, outcome: Outcome, detail: str, account_id: str | None = None
    ) -> Result:
        result = _found(stage, thing_id, outcome, account_id, detail)
        return await Trouble(self.use.incidents, self.use.clock, "import")(result, dry_run=self.dry_run)


def _found(kind: str, thing_id: str, outcome: Outcome, account_id: str | None = None, detail: str = "") -> Result:
    return Result(kind=kind, id=thing_id, outcome=outcome, account_id=account_id, detail=detail)


def id_of(thing: Thing) -> str:
    """The object's id at the gateway."""
    return thing.invoice_id if isinstance(thing, InvoicePaid) else thing.id
