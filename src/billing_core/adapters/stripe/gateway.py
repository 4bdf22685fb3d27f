"""The payment gateway at Stripe: each verb is done by the part that knows how."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.stripe import pages
from billing_core.adapters.stripe.announced import Announcements
from billing_core.adapters.stripe.api import Api
from billing_core.adapters.stripe.changes import Changes
from billing_core.adapters.stripe.customers import Customers
from billing_core.adapters.stripe.fetching import Fetching
from billing_core.adapters.stripe.links import Links
from billing_core.adapters.stripe.payment_history import PaymentHistory
from billing_core.adapters.stripe.payments import Payments
from billing_core.adapters.stripe.portal import Portal
from billing_core.adapters.stripe.previews import Previews
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.refunds import Refunds
from billing_core.adapters.stripe.sessions import Sessions
from billing_core.adapters.stripe.subscriptions import Subscriptions
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import (
    ChangeOutcome,
    ChangeQuote,
    CheckoutRequest,
    CheckoutSession,
    PaymentLink,
    PaymentLinkRequest,
    PaymentShown,
    PaymentState,
    PlanChange,
    RefundOutcome,
    RefundReason,
)


@frozen
class StripeGateway:
    """A PaymentGateway. `dashboard` is where the operator's pages are: LIVE_DASHBOARD or TEST_DASHBOARD."""

    api: Api
    prices: PriceBook
    dashboard: str

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        return await Customers(self.api).ensure_customer(account_id, email=email, name=name)

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        return await Sessions(self.api, self.prices).open_checkout(request, idempotency_key=idempotency_key)

    async def expire_checkout(self, session_id: str) -> None:
        await Sessions(self.api, self.prices).expire_checkout(session_id)

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        return await Portal(self.api).open_portal(customer_id, return_url=return_url)

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        return await Previews(self.api, self.prices).preview_change(change)

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        return await Changes(self.api, self.prices).change_plan(change, idempotency_key=idempotency_key)

    async def drop_change(self, subscription_id: str) -> None:
        await Subscriptions(self.api, self.prices).drop_change(subscription_id)

    async def cancel(self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str) -> None:
        await Subscriptions(self.api, self.prices).cancel(
            subscription_id, at_period_end=at_period_end, prorate=prorate, idempotency_key=idempotency_key
        )

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        await Subscriptions(self.api, self.prices).resume(subscription_id, idempotency_key=idempotency_key)

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        return await Fetching(self.api, self.prices).fetch_subscription(subscription_id, now=now)

    async def card_of(self, subscription_id: str) -> str | None:
        return await Fetching(self.api, self.prices).card_of(subscription_id)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        return await Fetching(self.api, self.prices).fetch_invoice(invoice_id)

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        return await Payments(self.api, self.prices).fetch_payment(payment, now=now)

    async def fetch_event(self, event_id: str) -> bytes:
        return await Announcements(self.api).fetch_event(event_id)

    async def refund(
        self, payment: str, *, amount_minor: int | None, reason: RefundReason, idempotency_key: str
    ) -> RefundOutcome:
        return await Refunds(self.api, self.prices).refund(
            payment, amount_minor=amount_minor, reason=reason, idempotency_key=idempotency_key
        )

    async def payments(
        self, customer_id: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[PaymentShown, ...], str | None]:
        return await PaymentHistory(self.api).payments(customer_id, limit=limit, after=after)

    async def open_payment_link(self, request: PaymentLinkRequest, *, idempotency_key: str) -> PaymentLink:
        return await Links(self.api, self.prices).open_payment_link(request, idempotency_key=idempotency_key)

    async def fetch_payment_link(self, link_id: str) -> PaymentLink:
        return await Links(self.api, self.prices).fetch_payment_link(link_id)

    def page_of(self, object_id: str) -> str:
        return pages.page_of(object_id, dashboard=self.dashboard)
