"""Receiving what the gateway sends: verified, kept durably, and taken into the books once.

An event that needs asking (a subscription's state, further lines of an invoice, a payment that went back) is stored
with a job that asks; the others are finished in the one commit. What nobody owns yet is parked. What the rules refuse
is kept as failed, with its body, tried again, and shown to the operator; what is refused to the last is dead.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import Factory, field, frozen

from billing_core.application import tasks
from billing_core.application.deciding import Decided, decide
from billing_core.application.errands import NEEDS_NO_OWNER, errands
from billing_core.application.errors import UnknownPrice
from billing_core.application.orphans import CLAIMED_WITHIN
from billing_core.application.owners import Owners, provider_ids
from billing_core.application.waiting import unknown_price
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import PortFailure
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit, Decide, Recording
from billing_core.ports.directory import Directory, ParkedEvent
from billing_core.ports.facts import (
    CheckoutNews,
    CheckoutProgressed,
    Fact,
    InvoicePaid,
    NotUnderstood,
    ShelfTouched,
    SubscriptionTouched,
)
from billing_core.ports.inbox import Inbox, StoredCause
from billing_core.ports.records import CauseFailed, CauseStatus, IncidentRaised, OwnerClaimed, Record
from billing_core.ports.shelf import Prices
from billing_core.ports.webhooks import Delivery, Webhooks

NOBODY = "@nobody"
RETRY_AFTER = timedelta(minutes=1)
RETRIES = 12
UNDONE = (CauseStatus.FAILED, CauseStatus.DEAD)


@frozen(kw_only=True)
class Received:
    """The event is stored: taken into the books, parked until its owner is known, or kept as failed."""

    event_id: str
    outcome: str


@frozen
class Receiving:
    """Takes in webhooks. The same event any number of times has one effect."""

    accounts: AccountRepository
    directory: Directory
    inbox: Inbox
    webhooks: Webhooks
    prices: Prices
    catalog: Catalog
    clock: Clock
    livemode: bool
    _owners: Owners = field(init=False, default=Factory(lambda self: Owners(self.directory), takes_self=True))

    async def __call__(self, body: bytes, signature: str) -> Received:
        """Answers once the event is durable. Raises BadSignature; Unavailable where nothing could be stored."""
        now = self.clock.now()
        return await self.take(self.webhooks.translate(body, signature, now=now), now=now)

    async def take(
        self, delivery: Delivery, *, now: datetime, failures: int = 0, parked_by: str | None = None
    ) -> Received:
        """A verified event, at its first delivery or after so many failures. `parked_by` owns what it waited for."""
        fact = delivery.fact
        if delivery.livemode is not self.livemode:
            return await self._fail(NOBODY, delivery, f"livemode is {delivery.livemode}", failures)
        if isinstance(fact, NotUnderstood):
            return await self._fail(await self._owner(fact) or NOBODY, delivery, fact.problem, failures)
        if isinstance(fact, ShelfTouched):
            self.prices.forget()
        owner = parked_by or await self._owner(fact)
        if owner is None:
            if not isinstance(fact, NEEDS_NO_OWNER):
                return await self._park(delivery)
            owner = NOBODY
        if isinstance(fact, SubscriptionTouched):
            await self._owners.of(fact.subscription_id)  # many events follow, and none of them need claim it then
        try:
            return await self.accounts.change(owner, self._rule(owner, delivery, now), cause=_cause(delivery))
        except PortFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the rules raise, the event is kept and shown, never lost
            return await self._fail(owner, delivery, f"{type(error).__name__}: {error}", failures, error=error)

    async def retry(self, args: Mapping[str, str]) -> None:
        """The job: takes a failed event again. One that was processed meanwhile is left alone."""
        stored = await self.inbox.get(args["account_id"], args["key"])
        if stored is not None and stored.status in UNDONE:
            await self.again(stored)

    async def again(self, stored: StoredCause) -> Received:
        """Takes a failed or dead event again. Raises BadSignature where it cannot be read; the port failures."""
        delivery = self.webhooks.retranslate(stored.body)
        received = await self.take(delivery, now=self.clock.now(), failures=stored.attempts)
        if received.outcome != "failed":  # by another account's commit, where nobody was known to own it before
            await self.accounts.change(stored.account_id, lambda _: Commit(received), cause=_cause(delivery))
        return received

    async def receive_parked(self, args: Mapping[str, str]) -> None:
        """The job: takes in what waited for an id that has an owner now."""
        owner = await self._owners.of(args["provider_id"])
        for parked in await self.directory.parked_for(args["provider_id"]):
            delivery = self.webhooks.retranslate(parked.body)
            received = await self.take(delivery, now=self.clock.now(), parked_by=owner)
            if received.outcome != "parked":
                await self.directory.unpark(parked.event_id)

    def _rule(self, owner: str, delivery: Delivery, now: datetime) -> Decide[Received]:
        fact, received = delivery.fact, _received(delivery, "processed")
        if not isinstance(fact, Decided):
            return Recording(Commit(received, (), self._news(owner, errands(fact, owner, delivery.event_id))))

        def rule(held: Account) -> Commit[Received]:
            decision = decide(fact, held, now, self.catalog)
            return Commit(received, decision.events, self._news(owner, decision.records))

        return rule

    def _news(self, owner: str, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Without the claims of what the account is known to own."""
        return tuple(
            [r for r in records if not (isinstance(r, OwnerClaimed) and self._owners.knows(owner, r.provider_id))]
        )

    async def _park(self, delivery: Delivery) -> Received:
        """Keeps it until its owner is known. One that was claimed while it was being parked is taken at once.

        Of money that is nobody's a person is told, unless it is claimed soon.
        """
        now, fact = self.clock.now(), delivery.fact
        parked = ParkedEvent(
            event_id=delivery.event_id,
            provider_id=next(iter(provider_ids(fact)), ""),
            kind=delivery.type,
            body=delivery.body,
            received_at=now,
        )
        if isinstance(fact, CheckoutProgressed) and fact.status is CheckoutNews.PAID:
            tell = tasks.report_orphan(delivery, parked.provider_id, not_before=now + CLAIMED_WITHIN)
            await self.accounts.change(NOBODY, lambda _: Commit(None, (), (tell,)))
        await self.directory.park(parked)
        if await self._owner(delivery.fact) is not None:
            await self.receive_parked({"provider_id": parked.provider_id})
        return _received(delivery, "parked")

    async def _fail(
        self, owner: str, delivery: Delivery, why: str, failures: int, *, error: Exception | None = None
    ) -> Received:
        """Keeps the event as failed, with an incident, and a job that tries it again, later each time; at last dead."""
        now, cause, dead = self.clock.now(), _cause(delivery), failures >= RETRIES
        failed = CauseFailed(
            key=cause.key, fingerprint=cause.fingerprint, kind=cause.kind, body=cause.body, error=why, at=now, dead=dead
        )
        records: list[Record] = [failed, *_shown(delivery, owner, why, now, error=error, dead=dead)]
        if not dead:
            records.append(tasks.retry_webhook(owner, delivery, not_before=now + RETRY_AFTER * 2**failures))
        outcome = _received(delivery, "failed")
        return await self.accounts.change(owner, lambda _: Commit(outcome, (), tuple(records)))

    async def _owner(self, fact: Fact) -> str | None:
        for provider_id in provider_ids(fact):
            owner = await self._owners.of(provider_id)
            if owner is not None:
                return owner
        return None


def _shown(
    delivery: Delivery, owner: str, why: str, now: datetime, *, error: Exception | None, dead: bool
) -> Iterator[Record]:
    """What a person is shown. An invoice with a price that is not known is asked for too: that may be news already."""
    if isinstance(error, UnknownPrice) and isinstance(delivery.fact, InvoicePaid):
        yield unknown_price(delivery.fact.invoice_id, error, now)
        yield tasks.fetch_invoice(owner, delivery.fact.invoice_id)
    else:
        yield _incident(IncidentKind.WEBHOOK_FAILED, delivery, why, now)
    if dead:
        yield _incident(IncidentKind.WEBHOOK_DEAD, delivery, why, now)


def _incident(kind: IncidentKind, delivery: Delivery, why: str, now: datetime) -> IncidentRaised:
    return IncidentRaised(
        key=f"{kind.value.replace('_', '-')}:{delivery.event_id}",
        kind=kind,
        detail=f"{delivery.type} {delivery.event_id}: {why}",
        at=now,
        about={"event": delivery.event_id},
    )


def _cause(delivery: Delivery) -> Cause[Received]:
    return Cause(
        key=tasks.webhook_key(delivery.event_id),
        fingerprint=sha256(delivery.event_id.encode()).hexdigest(),
        answer_type=Received,
        kind=delivery.type,
        body=delivery.body,
    )


def _received(delivery: Delivery, outcome: str) -> Received:
    return Received(event_id=delivery.event_id, outcome=outcome)
