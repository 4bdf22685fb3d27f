"""Customers of the product, as they really come to be.

A subscriber was linked to the gateway's customer, opened a checkout and completed it; the state of the subscription
was stored, and its first invoice was paid. A newcomer has got as far as the open checkout, in the month in which it
will be paid.
"""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

from benchmarks.clock import ANCHOR, moment_in, period, shared_clock
from benchmarks.events import Json, Shop, completed, encoded, paid, signature
from benchmarks.product import for_each, opened, settings_of
from benchmarks.shapes.common import PRICE, TIER, customer_id, session_id, subscription_id
from billing_core.application.receiving import Receiving
from billing_core.domain.account import Account
from billing_core.domain.account_at import at as brought_to
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.checkouts import Checkout
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.entrypoints.parts.books import upgrade_books
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.records import OwnerClaimed


@frozen
class Founding:
    """Makes customers by what the product itself does at that point."""

    accounts: AccountRepository
    receiving: Receiving
    catalog: Catalog
    clock: Clock
    secret: str

    async def newcomer(self, customer: str) -> None:
        """Linked, with an open checkout."""
        claims = (OwnerClaimed(customer_id(customer)), OwnerClaimed(session_id(customer)))

        def begin(account: Account) -> Commit[None]:
            linked = brought_to(account, self.clock.now(), self.catalog).customer_known(customer_id(customer))
            for event in linked:
                account = account.evolve(event)
            checkout = a_checkout(customer, at=self.clock.now())
            opened = brought_to(account, self.clock.now(), self.catalog).checkout_opened(checkout)
            return Commit(None, (*linked, *opened), claims)

        await self.accounts.change(f"user-{customer}", begin)

    async def subscriber(self, customer: str) -> None:
        """One who has paid for the first month."""
        await self.newcomer(customer)
        await self._receive(completed(f"evt_begun_{customer}", customer, at=moment_in(0)))
        snapshot = a_snapshot(customer)

        def seen(account: Account) -> Commit[None]:
            events = brought_to(account, self.clock.now(), self.catalog).learned(snapshots=[snapshot])
            return Commit(None, events, (OwnerClaimed(snapshot.id),))

        await self.accounts.change(f"user-{customer}", seen)
        await self._receive(paid(f"evt_first_{customer}", customer, 0))

    async def _receive(self, event: Json) -> None:
        body = encoded(event)
        received = await self.receiving(body, signature(body, self.secret, self.clock.now()))
        if received.outcome != "processed":
            raise RuntimeError(f"{event['id']} is {received.outcome}")


def a_checkout(customer: str, *, at: datetime) -> Checkout:
    """A session for a plan that nobody has paid yet."""
    return Checkout(
        session_id=session_id(customer),
        kind=Kind.PLAN,
        item=TIER,
        price=PRICE,
        version=1,
        wish=f"{customer:>032}",
        url=f"https://checkout.stripe.com/c/pay/{session_id(customer)}",
        opened_at=at,
        expires_at=at + timedelta(days=1),
    )


def a_snapshot(customer: str) -> SubscriptionSnapshot:
    """What the gateway tells of the subscription once it has begun."""
    start, end = period(0)
    return SubscriptionSnapshot(
        id=subscription_id(customer),
        customer_id=customer_id(customer),
        status=Status.ACTIVE,
        created_at=ANCHOR,
        seen_at=moment_in(0),
        price=PRICE,
        anchor=ANCHOR,
        period_start=start,
        period_end=end,
    )


async def found(url: str, shop: Shop, *, clock_file: Path, secret: str) -> None:
    """Fills the database with the shop's customers: the subscribers in their first month, newcomers month by month."""
    settings = settings_of(url, secret)
    await asyncio.to_thread(upgrade_books, settings)
    with shared_clock(clock_file) as clock:
        clock.move_to(moment_in(0))
        async with opened(settings, clock) as product:
            founding = Founding(product.books().accounts, product.receiving(), product.catalog(), clock, secret)
            await for_each([f"{n}" for n in range(shop.subscribers)], founding.subscriber)
            for month, newcomers in shop.arriving():
                clock.move_to(moment_in(month))
                await for_each(newcomers, founding.newcomer)
