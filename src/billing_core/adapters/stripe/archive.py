"""Everything that Stripe keeps, page by page, at a pace that leaves room for others."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import msgspec
from attrs import frozen

from billing_core.adapters.stripe.api import Api, reading
from billing_core.adapters.stripe.charges import payment_of
from billing_core.adapters.stripe.checkouts import ACCOUNT
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.fetching import INVOICES, SUBSCRIPTIONS, Fetching
from billing_core.adapters.stripe.payments import DISPUTES, REFUNDS
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Shape, customer_of, moment, needed, part, text
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.archive import GatewayCustomer, Unreadable
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.facts import InvoicePaid


@frozen
class StripeArchive:
    """The Archive of Stripe."""

    api: Api
    prices: PriceBook

    async def customers(self, *, after: str | None = None) -> AsyncIterator[GatewayCustomer]:
        async for customer in self.api.pages("/v1/customers", after=after):
            with reading("a customer"):
                yield _customer(customer)

    async def subscriptions(
        self, *, now: datetime, after: str | None = None, customer_id: str | None = None
    ) -> AsyncIterator[SubscriptionSnapshot | Unreadable]:
        fetching = Fetching(self.api, self.prices)
        pages = self.api.pages(SUBSCRIPTIONS, after=after, customer=customer_id, status="all", expand=["data.schedule"])
        async for subscription in pages:
            try:
                yield await fetching.snapshot(subscription, now=now)
            except GatewayRefused as refused:
                yield _unreadable(subscription, refused)

    async def paid_invoices(
        self, *, since: datetime, subscription_id: str | None = None, after: str | None = None
    ) -> AsyncIterator[InvoicePaid | Unreadable]:
        fetching = Fetching(self.api, self.prices)
        pages = self.api.pages(
            INVOICES, after=after, subscription=subscription_id, status="paid", created=_since(since)
        )
        async for invoice in pages:
            try:
                paid = await fetching.paid(invoice)
            except GatewayRefused as refused:
                yield _unreadable(invoice, refused)
            else:
                if paid is not None:
                    yield paid

    async def touched_payments(self, *, since: datetime) -> AsyncIterator[str]:
        for path in (REFUNDS, DISPUTES):
            async for told in self.api.pages(path, created=_since(since)):
                with reading("a refund or a dispute"):
                    yield payment_of(told)

    async def events(self, *, since: datetime) -> AsyncIterator[bytes]:
        async for event in self.api.pages("/v1/events", created=_since(since)):
            yield msgspec.json.encode(event)


def _customer(customer: Shape) -> GatewayCustomer:
    """Raises Misshapen."""
    metadata = part(customer, "metadata")
    return GatewayCustomer(
        id=needed(text(customer, "id"), "id"),
        account_id=text(metadata, ACCOUNT),
        email=text(customer, "email", longest=512) or "",
        name=text(customer, "name", longest=512) or "",
        created_at=needed(moment(customer, "created"), "created"),
        metadata=tuple((name, value) for name, value in metadata.items() if isinstance(value, str)),
    )


def _unreadable(told: Shape, refused: GatewayRefused) -> Unreadable:
    """Raises the refusal where it is Stripe's own, which is about us and not about the object."""
    if isinstance(refused, Refused):
        raise refused
    return Unreadable(id=text(told, "id") or "", customer_id=customer_of(told), problem=refused.problem)


def _since(at: datetime) -> Mapping[str, int]:
    return {"gte": int(at.timestamp())}
