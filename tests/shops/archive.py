"""A gateway's archive in memory, with the words of a business that has been there for a while."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from attrs import define, evolve, field

from billing_core.domain.calendar import nth_month
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.archive import GatewayCustomer, Unreadable
from billing_core.ports.errors import Unavailable, UnknownAtGateway
from billing_core.ports.facts import InvoiceLine, InvoicePaid
from billing_core.testing.builders import NEW_YEAR, a_snapshot, day

T = TypeVar("T")
JULY = day(2026, 7, 1)


@define
class KeptArchive:
    """What is there, newest first. `breaks_after` more objects it is unavailable, once."""

    kept_customers: list[GatewayCustomer] = field(factory=list)
    kept_subscriptions: list[SubscriptionSnapshot | Unreadable] = field(factory=list)
    kept_invoices: list[InvoicePaid | Unreadable] = field(factory=list)
    kept_events: list[bytes] = field(factory=list)
    touched: list[str] = field(factory=list)
    events_since: list[datetime] = field(factory=list)
    breaks_after: int | None = None
    told: int = 0

    def customers(self, *, after: str | None = None) -> AsyncIterator[GatewayCustomer]:
        return self._told(self.kept_customers, after)

    async def subscriptions(
        self, *, now: datetime, after: str | None = None, customer_id: str | None = None
    ) -> AsyncIterator[SubscriptionSnapshot | Unreadable]:
        async for thing in self._told(self.kept_subscriptions, after):
            if customer_id is None or thing.customer_id == customer_id:
                yield evolve(thing, seen_at=now) if isinstance(thing, SubscriptionSnapshot) else thing

    async def paid_invoices(
        self, *, since: datetime, subscription_id: str | None = None, after: str | None = None
    ) -> AsyncIterator[InvoicePaid | Unreadable]:
        async for thing in self._told(self.kept_invoices, after):
            if isinstance(thing, Unreadable):
                is_asked_for = subscription_id is None
            else:
                is_asked_for = since <= thing.paid_at and subscription_id in {None, thing.subscription_id}
            if is_asked_for:
                yield thing

    async def touched_payments(self, *, since: datetime) -> AsyncIterator[str]:
        for payment in self.touched:
            yield payment

    async def events(self, *, since: datetime) -> AsyncIterator[bytes]:
        self.events_since.append(since)
        async for body in self._told(self.kept_events, None):
            yield body

    async def _told(self, things: Sequence[T], after: str | None) -> AsyncIterator[T]:
        ids = [getattr(thing, "id", getattr(thing, "invoice_id", None)) for thing in things]
        if after is not None and after not in ids:
            raise UnknownAtGateway(after)
        for thing in things[ids.index(after) + 1 if after else 0 :]:
            if self.breaks_after == 0:
                self.breaks_after = None
                raise Unavailable("the gateway")
            if self.breaks_after is not None:
                self.breaks_after -= 1
            self.told += 1
            yield thing


def a_gateway_customer(n: int = 1, *, account_id: str | None = None, **metadata: str) -> GatewayCustomer:
    """The nth customer, made by somebody else unless an account is named."""
    return GatewayCustomer(
        id=f"cus_{n}",
        account_id=account_id,
        email=f"c{n}@app.example",
        name=f"Customer {n}",
        created_at=NEW_YEAR,
        metadata=tuple(metadata.items()),
    )


def a_paid_invoice(
    n: int = 1, *, start: datetime = NEW_YEAR, months: int = 1, price: str = "basic-month", mark: str = ""
) -> InvoicePaid:
    """An invoice of the nth customer's subscription, paid when its period began."""
    line = InvoiceLine(
        key=f"il_{n}{mark}_{start:%Y%m%d}",
        price=price,
        sign=Sign.CHARGE,
        quantity=Decimal(1),
        start=start,
        end=nth_month(start, months),
        prorated=False,
    )
    return InvoicePaid(
        invoice_id=f"in_{n}{mark}_{start:%Y%m%d}",
        subscription_id=f"sub_{n}",
        customer_id=f"cus_{n}",
        amount_minor=1000,
        currency="usd",
        paid_at=start,
        lines=(line,),
    )


def a_sold(n: int = 1, *, status: Status = Status.ACTIVE, **told: Any) -> SubscriptionSnapshot:
    """The nth customer's subscription: monthly since New Year, and in July by now."""
    default: dict[str, Any] = {"id": f"sub_{n}", "customer_id": f"cus_{n}", "period_start": JULY}
    return a_snapshot(status, **(default | told))


def a_business(customers: int = 1) -> KeptArchive:
    """So many customers with a monthly plan that is paid."""
    numbers = range(customers, 0, -1)
    return KeptArchive(
        [a_gateway_customer(n) for n in numbers],
        [a_sold(n) for n in numbers],
        [a_paid_invoice(n, start=JULY) for n in numbers],
    )
