"""Asking the gateway for a subscription's state, and keeping to one live plan subscription."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta

from attrs import evolve, frozen

from billing_core.application import tasks
from billing_core.application.claiming_cards import ClaimingCards
from billing_core.application.deciding import after_events, unplaced
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.plan_in_force import kind_of, plan_subscription, surplus_subscriptions
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.records import IncidentRaised, OwnerClaimed, Record

A_MOMENT = timedelta(microseconds=1)


@frozen
class Refreshing:
    """Fetches a subscription and lets the books follow. The snapshot is dated by when the fetch began."""

    accounts: AccountRepository
    gateway: PaymentGateway
    claim_card: ClaimingCards
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, subscription_id: str) -> Account:
        """The account afterwards. Raises UnknownAtGateway and the port failures."""
        known = (await self.accounts.get(account_id)).subscription(subscription_id)
        told = await self.gateway.fetch_subscription(subscription_id, now=self.clock.now())
        snapshot = told if known is None or known.snapshot is None else dated_after(known.snapshot, told)
        is_open = told.status is Status.TRIALING and (known is None or known.card_used is None)
        used = await self.claim_card(account_id, subscription_id) if is_open else None
        now = self.clock.now()
        cards = () if used is None else (e.TrialCardSeen(at=now, subscription_id=subscription_id, used=used),)

        def follow(account: Account) -> Commit[Account]:
            held = at(account, now, self.catalog)
            events = held.learned(snapshots=[snapshot], trial_cards=cards)
            after = after_events(account, events)
            records = (
                OwnerClaimed(snapshot.id),
                *oddities(snapshot, events, self.catalog),
                *unplaced(after, held.now),
                *surplus(after, self.catalog, snapshot),
            )
            return Commit(after, events, records)

        return await self.accounts.change(account_id, follow)

    async def run(self, args: Mapping[str, str]) -> None:
        """The job."""
        await self(args["account_id"], args["subscription_id"])


def dated_after(known: SubscriptionSnapshot, told: SubscriptionSnapshot) -> SubscriptionSnapshot:
    """What was asked for once `known` was kept is the newer one, though the clock of who asked did not get on."""
    if told.seen_at > known.seen_at or evolve(told, seen_at=known.seen_at) == known:
        return told
    return evolve(told, seen_at=known.seen_at + A_MOMENT)


def oddities(snapshot: SubscriptionSnapshot, events: tuple[e.Event, ...], catalog: Catalog) -> Iterator[IncidentRaised]:
    """What of a snapshot needs a person: a price that nobody knows, a status that the table does not foresee, a trial
    with a card that had one before."""
    if all(snapshot.price not in version.offers for version in catalog.versions):
        yield IncidentRaised(
            key=f"unknown-price:{snapshot.id}:{snapshot.price}",
            kind=IncidentKind.UNKNOWN_PRICE,
            detail=f"subscription {snapshot.id} has the price {snapshot.price}, which no catalog version knows",
            at=snapshot.seen_at,
            about={"subscription": snapshot.id, "price": snapshot.price},
        )
    for event in events:
        if isinstance(event, e.SubscriptionSeen) and event.unexpected:
            yield IncidentRaised(
                key=f"unexpected-status:{snapshot.id}:{snapshot.seen_at.isoformat()}",
                kind=IncidentKind.UNEXPECTED_STATUS,
                detail=f"subscription {snapshot.id} became {snapshot.status.value}, which its status does not lead to",
                at=snapshot.seen_at,
                about={"subscription": snapshot.id},
            )
        if isinstance(event, e.TrialCardSeen) and event.used:
            yield IncidentRaised(
                key=f"trial-card-used:{snapshot.id}",
                kind=IncidentKind.TRIAL_CARD_USED,
                detail=f"the card for the trial of {snapshot.id} began another account's trial before; no credits",
                at=event.at,
                about={"subscription": snapshot.id},
            )


def surplus(after: Account, catalog: Catalog, snapshot: SubscriptionSnapshot) -> Iterator[Record]:
    """Of several live plan subscriptions the newest stays; the others are canceled, and a person looks at the money."""
    kept = plan_subscription(after, catalog)
    if kept is None or kind_of(after, kept, catalog) is not Kind.PLAN:
        return  # what nobody understands takes nobody's place
    others = (other for other in surplus_subscriptions(after, catalog) if kind_of(after, other, catalog) is Kind.PLAN)
    for other in others:
        yield tasks.cancel_surplus(after.id, other.id)
        yield IncidentRaised(
            key=f"surplus-subscription:{other.id}",
            kind=IncidentKind.SURPLUS_SUBSCRIPTION,
            detail=f"{other.id} is canceled in favour of {kept.id}; consider a refund",
            at=snapshot.seen_at,
            about={"subscription": other.id},
        )


@frozen
class CancelingSurplus:
    """Cancels one of several live plan subscriptions at the gateway, with proration."""

    gateway: PaymentGateway
    refresh: Refreshing

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. One that has ended meanwhile, by whomever, is left alone."""
        subscription_id = args["subscription_id"]
        with suppress(UnknownAtGateway):
            await self.gateway.cancel(
                subscription_id, at_period_end=False, prorate=True, idempotency_key=f"cancel-surplus:{subscription_id}"
            )
        await self.refresh(args["account_id"], subscription_id)
