"""Asking Stripe for a subscription or an invoice as it is."""

from datetime import UTC, datetime

from attrs import frozen

from billing_core.adapters.stripe import invoices
from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Misshapen, Shape, moment, needed, part, text
from billing_core.adapters.stripe.snapshots import snapshot_of
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import InvoicePaid

SUBSCRIPTIONS = "/v1/subscriptions"
INVOICES = "/v1/invoices"

CARDS = (("default_payment_method",), ("customer", "invoice_settings", "default_payment_method"))
"""Where the means of payment stands that pays a subscription, the first that is there."""

UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of what is looked at and not kept."""


@frozen
class Fetching:
    """Subscriptions and invoices, read with the price book. Raises what Api raises; GatewayRefused also for an object
    that cannot be read."""

    api: Api
    prices: PriceBook

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        return await self.snapshot(await self.subscription(subscription_id), now=now)

    async def card_of(self, subscription_id: str) -> str | None:
        """The subscription's own card goes before the customer's."""
        told = await self.api.get(of(SUBSCRIPTIONS, subscription_id), expand=[".".join(way) for way in CARDS])
        prints = (text(part(told, *way, "card"), "fingerprint") for way in CARDS)
        return next(filter(None, prints), None)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        return await self.paid(await self.api.get(of(INVOICES, invoice_id)))

    async def subscription(self, subscription_id: str) -> Shape:
        """The subscription in Stripe's words, with its schedule."""
        return await self.api.get(of(SUBSCRIPTIONS, subscription_id), expand=["schedule"])

    async def snapshot(self, subscription: Shape, *, now: datetime) -> SubscriptionSnapshot:
        """The subscription in ours."""
        with reading(f"subscription {text(subscription, 'id')}"):
            return await self.prices.read(lambda prices: snapshot_of(subscription, prices=prices, seen_at=now))

    async def paid(self, invoice: Shape) -> InvoicePaid | None:
        """The invoice with all its lines; None where it is not paid."""
        if text(invoice, "status") != "paid":
            return None
        with reading(f"invoice {text(invoice, 'id')}"):
            whole = await with_all_lines(self.api, invoice)
            at = needed(moment(invoice, "created"), "created")
            told = await self.prices.read(lambda prices: invoices.paid(whole, prices=prices, at=at))
            if not told.complete:
                raise Misshapen("its lines cannot be told apart")
            return told


async def with_all_lines(api: Api, invoice: Shape) -> Shape:
    """An invoice tells only its first lines; the others are on pages of their own. Raises Misshapen."""
    if part(invoice, "lines").get("has_more") is False:
        return invoice
    path = of(INVOICES, needed(text(invoice, "id"), "id"), "lines")
    lines = [line async for line in api.pages(path)]
    return {**invoice, "lines": {"object": "list", "data": lines, "has_more": False}}
