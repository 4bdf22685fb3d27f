"""Receiving what the gateway sends: verified, kept durably, and taken into the books once.

An event that needs asking (a subscription's state, further lines of an invoice) is stored with a job that asks; the
others are finished in the one commit. What nobody owns yet is parked. What the rules refuse is kept as failed, with
its body, tried again, and shown to the operator.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from attrs import Factory, field, frozen

from billing_core.application import tasks
from billing_core.application.deciding import Decision, decide
from billing_core.application.owners import Owners
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import PortFailure
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.directory import Directory, ParkedEvent
from billing_core.ports.facts import (
    CheckoutProgressed,
    Fact,
    InvoicePaid,
    InvoiceUnpaid,
    NothingToDo,
    NotUnderstood,
    SubscriptionTouched,
    TrialEnding,
)
from billing_core.ports.inbox import Inbox
from billing_core.ports.records import CauseFailed, CauseStatus, IncidentRaised
from billing_core.ports.webhooks import Delivery, Webhooks

Rule = Callable[[Account], Decision]
NOBODY = "@nobody"
RETRY_AFTER = timedelta(minutes=1)
RETRIES = 12


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
    catalog: Catalog
    clock: Clock
    livemode: bool
    _owners: Owners = field(init=False, default=Factory(lambda self: Owners(self.directory), takes_self=True))

    async def __call__(self, body: bytes, signature: str) -> Received:
        """Answers once the event is durable. Raises BadSignature; Unavailable where nothing could be stored."""
        now = self.clock.now()
        return await self.take(self.webhooks.translate(body, signature, now=now), now=now)

    async def take(self, delivery: Delivery, *, now: datetime, failures: int = 0) -> Received:
        """A verified event, at its first delivery or after so many failures."""
        if delivery.livemode is not self.livemode:
            return await self._fail(NOBODY, delivery, f"livemode is {delivery.livemode}", failures)
        if isinstance(delivery.fact, NotUnderstood):
            known = await self._owner(delivery.fact)
            return await self._fail(known or NOBODY, delivery, delivery.fact.problem, failures)
        if isinstance(delivery.fact, NothingToDo):
            return await self._store(NOBODY, delivery, lambda _: Decision())
        owner = await self._owner(delivery.fact)
        if owner is None:
            return await self._park(delivery)
        try:
            return await self._store(owner, delivery, lambda held: decide(delivery.fact, held, now, self.catalog))
        except PortFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the rules raise, the event is kept and shown, never lost
            return await self._fail(owner, delivery, f"{type(error).__name__}: {error}", failures)

    async def retry(self, args: Mapping[str, str]) -> None:
        """The job: takes a failed event again. One that was processed meanwhile is left alone."""
        stored = await self.inbox.get(args["account_id"], args["key"])
        if stored is None or stored.status is not CauseStatus.FAILED:
            return
        delivery = self.webhooks.retranslate(stored.body)
        received = await self.take(delivery, now=self.clock.now(), failures=stored.attempts)
        if received.outcome != "failed":  # by another account's commit, where nobody was known to own it before
            await self.accounts.change(stored.account_id, lambda _: Commit(received), cause=_cause(delivery))

    async def receive_parked(self, args: Mapping[str, str]) -> None:
        """The job: takes in what waited for an id that has an owner now."""
        for parked in await self.directory.parked_for(args["provider_id"]):
            received = await self.take(self.webhooks.retranslate(parked.body), now=self.clock.now())
            if received.outcome != "parked":
                await self.directory.unpark(parked.event_id)

    async def _store(self, owner: str, delivery: Delivery, rule: Rule) -> Received:
        received = _received(delivery, "processed")
        return await self.accounts.change(owner, lambda held: _committed(rule(held), received), cause=_cause(delivery))

    async def _park(self, delivery: Delivery) -> Received:
        """Keeps it until its owner is known. One that was claimed while it was being parked is taken at once."""
        parked = ParkedEvent(
            event_id=delivery.event_id,
            provider_id=next(iter(provider_ids(delivery.fact)), ""),
            kind=delivery.type,
            body=delivery.body,
            received_at=self.clock.now(),
        )
        await self.directory.park(parked)
        if await self._owner(delivery.fact) is not None:
            await self.receive_parked({"provider_id": parked.provider_id})
        return _received(delivery, "parked")

    async def _fail(self, owner: str, delivery: Delivery, error: str, failures: int) -> Received:
        """Keeps the event as failed, with an incident, and a job that tries it again, later each time."""
        now, cause = self.clock.now(), _cause(delivery)
        failed = CauseFailed(
            key=cause.key, fingerprint=cause.fingerprint, kind=cause.kind, body=cause.body, error=error, at=now
        )
        incident = IncidentRaised(
            key=f"webhook-failed:{delivery.event_id}",
            kind="webhook_failed",
            detail=f"{delivery.type} {delivery.event_id}: {error}",
            at=now,
        )
        later = now + RETRY_AFTER * 2**failures
        again = (tasks.retry_webhook(owner, delivery, not_before=later),) if failures < RETRIES else ()
        outcome = _received(delivery, "failed")
        return await self.accounts.change(owner, lambda _: Commit(outcome, (), (failed, incident, *again)))

    async def _owner(self, fact: Fact) -> str | None:
        for provider_id in provider_ids(fact):
            owner = await self._owners.of(provider_id)
            if owner is not None:
                return owner
        return None


def provider_ids(fact: Fact) -> tuple[str, ...]:
    """The ids by which the owner of a fact is found, the widest first: what is parked waits for that one."""
    found: tuple[str | None, ...] = ()
    match fact:
        case CheckoutProgressed():
            found = (fact.customer_id, fact.session_id)
        case SubscriptionTouched() | TrialEnding():
            found = (fact.customer_id, fact.subscription_id)
        case InvoicePaid() | InvoiceUnpaid():
            found = (fact.customer_id, fact.subscription_id)
        case NotUnderstood():
            found = (fact.customer_id,)
        case NothingToDo():
            found = ()
    return tuple(provider_id for provider_id in found if provider_id)


def _cause(delivery: Delivery) -> Cause[Received]:
    return Cause(
        key=tasks.webhook_key(delivery.event_id),
        fingerprint=sha256(delivery.event_id.encode()).hexdigest(),
        answer_type=Received,
        kind=delivery.type,
        body=delivery.body,
    )


def _committed(decision: Decision, received: Received) -> Commit[Received]:
    return Commit(received, decision.events, decision.records)


def _received(delivery: Delivery, outcome: str) -> Received:
    return Received(event_id=delivery.event_id, outcome=outcome)
