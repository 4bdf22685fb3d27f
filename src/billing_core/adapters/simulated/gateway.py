"""The port's verbs over the simulated Stripe, in domain words."""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated import checkout, port_changes, portals
from billing_core.adapters.simulated.answers import told_invoice, told_subscription
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.engine import request_of
from billing_core.adapters.simulated.events import tell_customer
from billing_core.adapters.simulated.goods import recurring
from billing_core.adapters.simulated.server import SimulatedStripe
from billing_core.adapters.simulated.shapes import checkout_url
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.stocking import priced
from billing_core.adapters.simulated.visits import Bought, Selling, Session
from billing_core.domain.errors import InvalidValue
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, CheckoutRequest, CheckoutSession, PlanChange


class SimulatedGateway(SimulatedStripe):
    """Besides what the port says, verbs raise what is broken: IllegalTransition, CurrencyLocked, InvalidValue."""

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        def verb(draft: Draft) -> str:
            known = next(draft.named(Customer, account_id), None)
            if known is not None:
                tell_customer(draft, evolve(known, email=email, name=name), before=known)
                return known.id
            marks = {"billing_core_account": account_id}
            made = Customer(id=draft.new_id("cus"), email=email, name=name, metadata=marks, created_at=draft.now)
            tell_customer(draft, made)
            return made.id

        return self._engine.change(verb)

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        return self._engine.change_once(
            lambda draft: _open(draft, request),
            key=idempotency_key,
            request=request_of("open_checkout", request),
            answer_type=CheckoutSession,
        )

    async def expire_checkout(self, session_id: str) -> None:
        self._engine.change(lambda draft: checkout.expire(draft, draft.session(session_id)))

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        return self._engine.change(
            lambda draft: portals.portal_url(draft, portals.open_portal(draft, customer_id, return_url))
        )

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        return self._engine.change(lambda draft: port_changes.preview(draft, change))

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        return self._engine.change_once(
            lambda draft: port_changes.change_plan(draft, change),
            key=idempotency_key,
            request=request_of("change_plan", change),
            answer_type=ChangeOutcome,
        )

    async def drop_change(self, subscription_id: str) -> None:
        self._engine.change(lambda draft: port_changes.drop_change(draft, draft.subscription(subscription_id)))

    async def cancel(self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str) -> None:
        def verb(draft: Draft) -> None:
            sub = draft.subscription(subscription_id)
            port_changes.cancel(draft, sub, at_period_end=at_period_end, prorate=prorate)

        self._engine.change_once(
            verb,
            key=idempotency_key,
            request=request_of("cancel", subscription_id, at_period_end, prorate),
            answer_type=type(None),
        )

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        self._engine.change_once(
            lambda draft: port_changes.resume(draft, draft.subscription(subscription_id)),
            key=idempotency_key,
            request=request_of("resume", subscription_id),
            answer_type=type(None),
        )

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        def verb(draft: Draft) -> SubscriptionSnapshot:
            return told_subscription(draft, draft.subscription(subscription_id), seen_at=now)

        return self._engine.change(verb)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        return self._engine.change(lambda draft: told_invoice(draft, draft.invoice(invoice_id)))


def _open(draft: Draft, request: CheckoutRequest) -> CheckoutSession:
    holder, price = draft.customer(request.customer_id), priced(draft, request.price)
    if request.recurring:
        recurring(price)
    elif price.interval is not None:
        raise InvalidValue("price", f"{request.price} is paid again and again")
    metadata = {
        "billing_core_account": request.account_id,
        "billing_core_kind": request.kind.value,
        "billing_core_item": request.item,
        "billing_core_version": str(request.version),
    }
    selling = Selling(
        mode="subscription" if request.recurring else "payment",
        lines=(Bought(id=draft.new_id("li"), price=price.id),),
        currency=price.currency,
        metadata=metadata,
        subscription_metadata=metadata if request.recurring else {},
        trial_days=request.trial_days if request.recurring else 0,
        without_card="cancel",
        collection="always" if request.trial_needs_card or not request.trial_days else "if_required",
        allow_promotion_codes=request.promotion_codes or request.promotion_code is not None,
        billing_address_collection="required" if request.billing_address else "auto",
    )
    session = checkout.open_session(
        draft,
        Session(
            id=draft.new_id("cs_test"),
            selling=selling,
            amount_minor=0,
            customer_id=holder.id,
            client_reference_id=request.account_id,
            success_url=request.success_url,
            cancel_url=request.cancel_url,
            created_at=draft.now,
            expires_at=draft.now + checkout.LIFETIME,
        ),
    )
    return CheckoutSession(id=session.id, url=checkout_url(session.id, draft.world), expires_at=session.expires_at)
