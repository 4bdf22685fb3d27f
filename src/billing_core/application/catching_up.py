"""What came to pass at the gateway and was never told: events, invoices, refunds and disputes."""

from collections.abc import AsyncIterator
from datetime import datetime

from attrs import evolve, frozen

from billing_core.application import tasks
from billing_core.application.fetching import FetchingInvoice
from billing_core.application.owners import provider_ids
from billing_core.application.receiving import NOBODY, Receiving
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.results import FEW, Outcome, Result, Trouble, at_once, pages
from billing_core.domain.account import Account
from billing_core.domain.retention import RETENTION
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.archive import Archive, Unreadable
from billing_core.ports.clock import Clock
from billing_core.ports.directory import Directory
from billing_core.ports.errors import BadSignature
from billing_core.ports.facts import InvoicePaid, NothingToDo
from billing_core.ports.gateway import PaymentGateway, PaymentState
from billing_core.ports.records import CauseStatus
from billing_core.ports.webhooks import Delivery

EVENT, INVOICE, PAYMENT = "event", "invoice", "payment"
OF_INBOX = {"processed": Outcome.NEW, "parked": Outcome.NEW, "failed": Outcome.FAILED}


@frozen
class TakingMissedEvents:
    """Takes in the events that never came, as if they had. One that came and failed has its own ways to go on."""

    receiving: Receiving
    directory: Directory
    archive: Archive
    clock: Clock
    trouble: Trouble

    async def __call__(self, since: datetime, *, dry_run: bool = False) -> AsyncIterator[Result]:
        async for page in pages(self.archive.events(since=since)):
            for result in await at_once(self._take(body, dry_run=dry_run) for body in page):
                yield result

    async def _take(self, body: bytes, *, dry_run: bool) -> Result:
        try:
            delivery = self.receiving.webhooks.retranslate(body)
        except BadSignature as error:
            unreadable = Result(kind=EVENT, id="", outcome=Outcome.UNREADABLE, detail=error.problem)
            return await self.trouble(unreadable, dry_run=dry_run)
        if isinstance(delivery.fact, NothingToDo):
            return Result(kind=EVENT, id=delivery.event_id, outcome=Outcome.UNCHANGED)
        owner = await self._owner(delivery)
        known = await self._known(delivery, owner)
        if known is not None or dry_run:
            outcome = Outcome.NEW if known is None else known
        else:
            received = await self.receiving.take(delivery, now=self.clock.now())
            outcome = OF_INBOX[received.outcome]
        return Result(
            kind=EVENT, id=delivery.event_id, outcome=outcome, account_id=owner, detail=f"{delivery.type} never came"
        )

    async def _owner(self, delivery: Delivery) -> str | None:
        for provider_id in provider_ids(delivery.fact):
            if (owner := await self.directory.owner_of(provider_id)) is not None:
                return owner
        return None

    async def _known(self, delivery: Delivery, owner: str | None) -> Outcome | None:
        """What has become of it; None where it never came. It may have come when nobody was known to own it."""
        for account_id in (NOBODY,) if owner is None else (owner, NOBODY):
            stored = await self.receiving.inbox.get(account_id, tasks.webhook_key(delivery.event_id))
            if stored is not None:
                return Outcome.UNCHANGED if stored.status is CauseStatus.PROCESSED else Outcome.SKIPPED
        if owner is None and (ids := provider_ids(delivery.fact)):
            parked = await self.directory.parked_for(ids[0])
            return Outcome.SKIPPED if any(event.event_id == delivery.event_id for event in parked) else None
        return None


@frozen
class BookingMissedInvoices:
    """Fetches and books the paid invoices of subscriptions that are not booked yet, or not with all their lines."""

    accounts: AccountRepository
    directory: Directory
    archive: Archive
    fetch_invoice: FetchingInvoice
    clock: Clock
    trouble: Trouble

    async def __call__(self, since: datetime, *, dry_run: bool = False) -> AsyncIterator[Result]:
        async for page in pages(self.archive.paid_invoices(since=since), FEW):
            for result in await at_once(self._book(told, dry_run=dry_run) for told in page):
                yield result

    async def _book(self, told: InvoicePaid | Unreadable, *, dry_run: bool) -> Result:
        if isinstance(told, Unreadable):
            unreadable = Result(kind=INVOICE, id=told.id, outcome=Outcome.UNREADABLE, detail=told.problem)
            return await self.trouble(unreadable, dry_run=dry_run)
        owner = await self._owner(told)
        if owner is None or told.subscription_id is None or self._is_closed(told):
            return Result(kind=INVOICE, id=told.invoice_id, outcome=Outcome.SKIPPED, account_id=owner)
        if is_booked(told, await self.accounts.get(owner)):
            return Result(kind=INVOICE, id=told.invoice_id, outcome=Outcome.UNCHANGED, account_id=owner)
        detail = f"paid on {told.paid_at:%Y-%m-%d}, not booked"
        new = Result(kind=INVOICE, id=told.invoice_id, outcome=Outcome.NEW, account_id=owner, detail=detail)
        if dry_run:
            return new
        return await self.trouble.of(new, self._fetched(new, owner))

    async def _fetched(self, new: Result, owner: str) -> Result:
        await self.fetch_invoice(owner, new.id, even_left_behind=True)
        if (await self.accounts.get(owner)).payment(new.id) is None:
            return evolve(new, outcome=Outcome.UNKNOWN_PRICE, detail="it waits until a catalog version knows its price")
        return new

    async def _owner(self, told: InvoicePaid) -> str | None:
        owner = await self.directory.owner_of(told.subscription_id) if told.subscription_id else None
        return owner or await self.directory.owner_of(told.customer_id)

    def _is_closed(self, told: InvoicePaid) -> bool:
        ends = max((line.end for line in told.lines), default=told.paid_at)
        return ends <= self.clock.now() - RETENTION


def is_booked(told: InvoicePaid, account: Account) -> bool:
    """Whether the account has the invoice with every line of it."""
    booked = account.payment(told.invoice_id)
    return booked is not None and {line.key for line in told.lines} <= {span.key for span in booked.spans}


@frozen
class FollowingTouchedPayments:
    """Fetches the payments that a refund or a dispute was opened for, and lets the books follow where they differ."""

    accounts: AccountRepository
    directory: Directory
    archive: Archive
    gateway: PaymentGateway
    refresh_payment: RefreshingPayment
    clock: Clock
    trouble: Trouble

    async def __call__(self, since: datetime, *, dry_run: bool = False) -> AsyncIterator[Result]:
        async for page in pages(_once(self.archive.touched_payments(since=since)), FEW):
            found = [Result(kind=PAYMENT, id=payment, outcome=Outcome.UNCHANGED) for payment in page]
            for result in await at_once(
                self.trouble.of(blank, self._follow(blank, dry_run=dry_run), dry_run=dry_run) for blank in found
            ):
                yield result

    async def _follow(self, blank: Result, *, dry_run: bool) -> Result:
        told = await self.gateway.fetch_payment(blank.id, now=self.clock.now())
        owner = await self._owner(blank.id, told)
        if owner is None:
            return evolve(blank, outcome=Outcome.SKIPPED, detail="nobody's")
        before = await self.accounts.get(owner)
        drift = drift_of(told, before)
        if not drift:
            return evolve(blank, account_id=owner)
        if not dry_run:
            await self.refresh_payment(blank.id)
            if (await self.accounts.get(owner)).version == before.version:  # its time is closed
                return evolve(blank, account_id=owner)
        return evolve(blank, outcome=Outcome.CHANGED, account_id=owner, detail=drift)

    async def _owner(self, payment: str, told: PaymentState) -> str | None:
        for provider_id in (told.customer_id, payment, told.id):
            owner = await self.directory.owner_of(provider_id) if provider_id else None
            if owner is not None:
                return owner
        return None


def drift_of(told: PaymentState, account: Account) -> str:
    """What the account does not have of the payment, for people; empty where it has all."""
    booked = account.payment(told.id)
    if booked is None:
        return "not booked"
    if booked.refunded_minor != told.refunded_minor:
        return f"refunded {booked.refunded_minor} -> {told.refunded_minor}"
    known = {dispute.id: (dispute.status, dispute.amount_minor) for dispute in account.disputes}
    news = [
        f"dispute {dispute.id} {dispute.status.value}"
        for dispute in told.disputes
        if known.get(dispute.id) != (dispute.status, dispute.amount_minor)
    ]
    return ", ".join(news)


async def _once(things: AsyncIterator[str]) -> AsyncIterator[str]:
    seen: set[str] = set()
    async for thing in things:
        if thing not in seen:
            seen.add(thing)
            yield thing
