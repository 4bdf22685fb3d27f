"""Asking the gateway for a payment that went back, or may: refunds, disputes, warnings."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import evolve, field, frozen

from billing_core.application import tasks
from billing_core.application.booking import payment_of
from billing_core.application.bringing import is_left_behind
from billing_core.application.deciding import Decision, after_events, decide
from billing_core.application.errors import UnknownPrice
from billing_core.application.heeding import heeded
from billing_core.application.orphans import report_orphan
from billing_core.application.owners import Owners, provider_ids
from billing_core.application.waiting import unknown_price, waiting_for_price
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog
from billing_core.domain.disputes import Dispute, DisputeStatus
from billing_core.domain.fraud import FraudPolicies
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.retention import is_closed
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.directory import Directory, ParkedEvent
from billing_core.ports.facts import FraudWarned, InvoicePaid
from billing_core.ports.gateway import PaymentGateway, PaymentState
from billing_core.ports.inbox import Inbox
from billing_core.ports.incidents import Incidents
from billing_core.ports.records import IncidentRaised, Job, OwnerClaimed
from billing_core.ports.warnings import FraudWarnings
from billing_core.ports.webhooks import Delivery, Webhooks

A_MOMENT = timedelta(microseconds=1)


@frozen
class RefreshingPayment:
    """Fetches a payment and lets the books follow, in one commit: what it paid for, what went back, what is disputed.

    All of it is dated by when the fetch began. What an import left behind is not booked, unless that is wanted.
    A payment of nobody waits, with the event that asked for it, until its customer is known; one without a customer is
    shown to a person.
    """

    accounts: AccountRepository
    directory: Directory
    inbox: Inbox
    incidents: Incidents
    gateway: PaymentGateway
    webhooks: Webhooks
    catalog: Catalog
    clock: Clock
    warnings: FraudWarnings
    policies: FraudPolicies
    _owners: Owners = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_owners", Owners(self.directory))

    async def __call__(
        self,
        payment: str,
        *,
        event: Delivery | None = None,
        job: Job | None = None,
        tries: int = 0,
        even_left_behind: bool = False,
    ) -> str | None:
        """The account that the payment belongs to, None where that is not known.

        `event` asked for it. `job` is done again later where the payment was for a price that no catalog version
        knows. Raises UnknownAtGateway and the port failures.
        """
        before = await self._account_of(payment)
        told = await self.gateway.fetch_payment(payment, now=self.clock.now())
        told = told if before is None else dated_after(before, told)
        owner = await self.owner_of(payment, told) or (await self._orphaned(told, event) if event else None)
        if owner is None:
            return None
        now, warning = self.clock.now(), event.fact if event and isinstance(event.fact, FraudWarned) else None
        is_known = warning is not None and await self.warnings.find(warning.warning_id) is not None

        def follow(account: Account) -> Commit[None]:
            held = at(account, now, self.catalog)
            is_behind = isinstance(told.settles, InvoicePaid) and is_left_behind(told.settles, account)
            is_wanted = even_left_behind or not is_behind
            paid = settled(told, held, job, tries=tries) if is_wanted else Decision(held.due)
            after = at(after_events(account, paid.events), now, self.catalog)
            events = after.learned(refunds=[refund_of(told)], disputes=disputes_of(told))
            heeding = heeded(warning, told, after, self.policies, is_known=is_known) if warning else Decision()
            records = (OwnerClaimed(payment), *paid.records, *disputed(events), *heeding.records)
            return Commit(None, (*paid.events, *events, *heeding.events), records)

        await self.accounts.change(owner, follow)
        return owner

    async def run(self, args: Mapping[str, str]) -> None:
        """The job."""
        stored = await self.inbox.get(args["kept_by"], args["key"])
        event = self.webhooks.retranslate(stored.body) if stored else None
        job = Job(task=tasks.REFRESH_PAYMENT, args=args, key=f"{tasks.REFRESH_PAYMENT}:{args['payment']}")
        await self(args["payment"], event=event, job=job, tries=int(args.get("tries", 0)))

    async def _account_of(self, payment: str) -> Account | None:
        owner = await self._owners.of(payment)
        return None if owner is None else await self.accounts.get(owner)

    async def owner_of(self, payment: str, told: PaymentState) -> str | None:
        """The account that a payment belongs to which the gateway told of; None where that is not known."""
        ids = (told.customer_id, payment, told.id, *(provider_ids(told.settles) if told.settles else ()))
        for provider_id in ids:
            owner = await self._owners.of(provider_id) if provider_id else None
            if owner is not None:
                return owner
        return None

    async def _orphaned(self, told: PaymentState, event: Delivery) -> str | None:
        """Keeps the event until the customer has an account; the one that it got meanwhile."""
        if told.customer_id is None:
            detail = f"payment {told.id} went back, or may, and belongs to no account ({event.type} {event.event_id})"
            about = {"payment": told.id, "event": event.event_id}
            await report_orphan(self.incidents, self.clock, key=told.id, detail=detail, about=about)
            return None
        parked = ParkedEvent(
            event_id=event.event_id,
            provider_id=told.customer_id,
            kind=event.type,
            body=event.body,
            received_at=self.clock.now(),
        )
        await self.directory.park(parked)
        owner = await self._owners.of(told.customer_id)
        if owner is not None:
            await self.directory.unpark(event.event_id)
        return owner


def dated_after(before: Account, told: PaymentState) -> PaymentState:
    """What was asked for once `before` was kept is the newer one, though the clock of who asked did not get on."""
    payment = before.payment(told.id)
    known = [dispute.seen_at for dispute in before.disputes if dispute.payment_id == told.id]
    known += [payment.refunds_seen_at] if payment and payment.refunds_seen_at else []
    latest = max(known, default=None)
    return told if latest is None or told.seen_at > latest else evolve(told, seen_at=latest + A_MOMENT)


def settled(told: PaymentState, held: AccountAt, job: Job | None, *, tries: int) -> Decision:
    """What the payment was for, where that is not booked yet. Once its time is closed it is not looked at any more."""
    if told.settles is None:
        return Decision(held.due)
    try:
        payment = payment_of(told.settles, held.account, held.catalog)
        if payment is not None and is_closed(payment, held.now):
            return Decision(held.due)
        paid = decide(told.settles, held.account, held.now, held.catalog)
    except UnknownPrice as error:
        waits = unknown_price(told.id, error, held.now)
        return Decision(held.due, waiting_for_price(job, waits, held.now, tries=tries))
    return Decision((*held.due, *paid.events), paid.records)


def refund_of(told: PaymentState) -> e.PaymentRefunded:
    return e.PaymentRefunded(
        at=told.seen_at, payment_id=told.id, refunded_minor=told.refunded_minor, seen_at=told.seen_at
    )


def disputes_of(told: PaymentState) -> Iterator[Dispute]:
    for dispute in told.disputes:
        yield Dispute(
            id=dispute.id,
            payment_id=told.id,
            status=dispute.status,
            amount_minor=dispute.amount_minor,
            seen_at=told.seen_at,
        )


def disputed(events: tuple[e.Event, ...]) -> Iterator[IncidentRaised]:
    """Incidents for disputes that a person has to answer, or whose suspension only a person can lift."""
    for event in events:
        if isinstance(event, e.DisputeSeen) and event.dispute.status.suspends:
            dispute = event.dispute
            is_lost = dispute.status is DisputeStatus.LOST
            yield IncidentRaised(
                key=f"dispute-{dispute.status.value}:{dispute.id}",
                kind=IncidentKind.DISPUTE_LOST if is_lost else IncidentKind.DISPUTE_OPENED,
                detail=f"{dispute.payment_id}: {dispute.amount_minor} (minor units) "
                + ("are lost; the account is suspended until that is lifted" if is_lost else "are disputed"),
                at=event.at,
                about={"payment": dispute.payment_id, "dispute": dispute.id},
            )
