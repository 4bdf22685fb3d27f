"""The simulated gateway: the port's verbs, what a customer's hands do, and how time and news get on."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from attrs import evolve

from billing_core.adapters.simulated import changing, checkout, outbox
from billing_core.adapters.simulated.answers import told_invoice, told_subscription
from billing_core.adapters.simulated.cards import Behaviour, read_card
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.engine import Engine, request_of
from billing_core.adapters.simulated.events import tell_customer
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Customer, Portal, Sent, State
from billing_core.domain.catalog import Catalog
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, CheckoutRequest, CheckoutSession, PlanChange

PORTAL_LIVES_FOR = timedelta(hours=1)


class SimulatedGateway:
    """A PaymentGateway that takes test cards and lives by a clock.

    Every verb and every read first does what is due by then. Events are kept in the outbox until `deliver_pending`.
    Besides what the port says, verbs raise IdempotencyKeyReused, and what the change breaks: IllegalTransition,
    CurrencyLocked, InvalidValue.
    """

    def __init__(
        self,
        catalog: Callable[[], Catalog],
        clock: Clock,
        webhook_secret: str,
        base_url: str,
        deliver: Callable[[bytes, str], Awaitable[int]],
        *,
        state_path: Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._engine = Engine(
            catalog, clock, webhook_secret, base_url.rstrip("/"), deliver, state_path, settings or Settings()
        )

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        def verb(draft: Draft) -> str:
            known = next((c for c in draft.state.customers.values() if c.account_id == account_id), None)
            if known is not None:
                tell_customer(draft, evolve(known, email=email, name=name), before=known)
                return known.id
            customer = Customer(
                id=draft.new_id("cus"), account_id=account_id, email=email, name=name, created_at=draft.now
            )
            tell_customer(draft, customer)
            return customer.id

        return await self._engine.change(verb)

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        return await self._engine.change_once(
            lambda draft: checkout.open_session(draft, request),
            key=idempotency_key,
            request=request_of("open_checkout", request),
            answer_type=CheckoutSession,
        )

    async def expire_checkout(self, session_id: str) -> None:
        await self._engine.change(lambda draft: checkout.expire(draft, draft.session(session_id)))

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        def verb(draft: Draft) -> str:
            door = Portal(
                customer_id=draft.customer(customer_id).id,
                return_url=return_url,
                expires_at=draft.now + PORTAL_LIVES_FOR,
            )
            secret, told = self._engine.secret.encode(), draft.new_id("bps").encode()
            token = hmac.new(secret, told, hashlib.sha256).hexdigest()
            draft.state.portals = {
                known: portal for known, portal in draft.state.portals.items() if portal.expires_at > draft.now
            }
            draft.state.portals[token] = door
            return f"{self._engine.base_url}/dev/portal/{token}"

        return await self._engine.change(verb)

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        return await self._engine.change(lambda draft: changing.preview(draft, change))

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        return await self._engine.change_once(
            lambda draft: changing.change_plan(draft, change),
            key=idempotency_key,
            request=request_of("change_plan", change),
            answer_type=ChangeOutcome,
        )

    async def drop_change(self, subscription_id: str) -> None:
        await self._engine.change(lambda draft: changing.drop_change(draft, draft.subscription(subscription_id)))

    async def cancel(self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str) -> None:
        def verb(draft: Draft) -> None:
            sub = draft.subscription(subscription_id)
            changing.cancel(draft, sub, at_period_end=at_period_end, prorate=prorate)

        await self._engine.change_once(
            verb,
            key=idempotency_key,
            request=request_of("cancel", subscription_id, at_period_end, prorate),
            answer_type=type(None),
        )

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        await self._engine.change_once(
            lambda draft: changing.resume(draft, draft.subscription(subscription_id)),
            key=idempotency_key,
            request=request_of("resume", subscription_id),
            answer_type=type(None),
        )

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        sub = await self._engine.read(lambda state: state.subscriptions.get(subscription_id))
        if sub is None:
            raise UnknownAtGateway(f"subscription {subscription_id}")
        return told_subscription(sub, seen_at=now)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        invoice = await self._engine.read(lambda state: state.invoices.get(invoice_id))
        if invoice is None:
            raise UnknownAtGateway(f"invoice {invoice_id}")
        return told_invoice(invoice)

    async def pay(self, session_id: str, card: str | None) -> PaymentResult:
        """The customer pays a checkout; without a card, where a trial needs none. Raises InvalidValue."""
        given = None if card is None else read_card(card)
        return await self._engine.change(lambda draft: checkout.pay(draft, draft.session(session_id), given))

    async def authenticate(self, session_id: str, *, ok: bool = True) -> PaymentResult:
        """The card's owner answers the bank's question at a checkout."""
        return await self._engine.change(lambda draft: checkout.authenticate(draft, draft.session(session_id), ok=ok))

    async def authenticate_invoice(self, invoice_id: str, *, ok: bool = True) -> PaymentResult:
        """The card's owner answers the bank's question for an invoice; a change that waited for it is applied."""
        return await self._engine.change(lambda draft: changing.authenticate(draft, draft.invoice(invoice_id), ok=ok))

    async def replace_card(self, customer_id: str, card: str) -> PaymentResult:
        """Later charges go to this card; open invoices too, at their next retry."""
        given = read_card(card)

        def verb(draft: Draft) -> PaymentResult:
            holder = draft.customer(customer_id)
            if given.behaviour is Behaviour.DECLINES:
                return PaymentResult(status=PaymentStatus.DECLINED, decline_code="insufficient_funds")
            tell_customer(draft, evolve(holder, card=given), before=holder)
            return PaymentResult(status=PaymentStatus.SUCCEEDED)

        return await self._engine.change(verb)

    async def retry_invoice(self, invoice_id: str) -> PaymentResult:
        """Charges an open invoice at once."""
        return await self._engine.change(lambda draft: changing.retry(draft, draft.invoice(invoice_id)))

    async def portal(self, token: str) -> Portal:
        """Whose door the token opens. Raises UnknownAtGateway, also once it has closed."""
        door = await self._engine.read(lambda state: state.portals.get(token))
        if door is None or door.expires_at <= self._engine.now():
            raise UnknownAtGateway("portal")
        return door

    async def advance(self) -> None:
        """Does all that is due by the clock, in the order of time."""
        await self._engine.advance()

    async def deliver_pending(self) -> int:
        """Sends the events that are due; answers how many were taken."""
        return await self._engine.deliver_pending()

    async def sent(self) -> tuple[Sent, ...]:
        """Every event that is kept, oldest first, and how its delivery stands."""
        return await self._engine.read(lambda state: tuple(state.outbox.values()))

    async def resend(self, event_id: str) -> None:
        """Makes an event due once more."""
        await self._engine.change(lambda draft: outbox.resend(draft, event_id))

    async def state(self) -> State:
        """A copy of all that it remembers, for the pages of a developer."""
        return await self._engine.read(State.copy)
