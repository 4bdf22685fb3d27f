"""What callers ask of the server while it is being killed, each request with the key that makes it happen once."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path

from attrs import define, frozen

from billing_core.application.tasks import webhook_key
from tests.stripe import samples as stripe

CATALOG = Path(__file__).with_name("catalog.toml")
WEBHOOK = "/api/v1/subscriptions/webhook"
PERIOD_CREDITS = 7
PACK, PACK_CREDITS = "pack_9", 9
PLAN_PRICE = "price_basic_month_usd"


class Kind(Enum):
    """What is asked for."""

    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    GENERATION = "generation"
    CHECKOUT = "checkout.session.completed"
    INVOICE = "invoice.paid"
    TOUCH = "customer.subscription.updated"

    @property
    def is_webhook(self) -> bool:
        return self in {Kind.CHECKOUT, Kind.INVOICE, Kind.TOUCH}

    @property
    def may_be_refused(self) -> bool:
        """Whether it needs credits that may be missing now and there in a moment."""
        return self in {Kind.HOLD, Kind.GENERATION}


@frozen(kw_only=True)
class Operation:
    """One request. `subject` is the hold, the payment or the invoice that it is about, where it is known beforehand."""

    kind: Kind
    account_id: str
    key: str
    path: str
    body: bytes
    subject: str = ""

    @property
    def cause(self) -> str:
        """The key under which the books keep it."""
        return webhook_key(self.key) if self.kind.is_webhook else f"http:POST {self.path}:{self.key}"


@frozen(kw_only=True)
class Customer:
    """An account with a subscription, as the books and the gateway know it."""

    account_id: str
    customer_id: str
    subscription_id: str
    period_start: datetime
    period_end: datetime


@define
class Numbering:
    """Makes operations that are told apart by a number."""

    count: int = 0

    def grant(self, who: Customer, amount: int) -> Operation:
        path = f"/api/v1/admin/accounts/{who.account_id}/credits"
        return self._request(Kind.GRANT, who, path, {"amount": amount, "reason": "a present"})

    def hold(self, who: Customer, amount: int, *, ttl_s: int) -> Operation:
        body = {"amount": amount, "reason": "work", "ttl_seconds": ttl_s}
        return self._request(Kind.HOLD, who, "/api/v1/credits/holds", body)

    def capture(self, who: Customer, hold_id: str, amount: int) -> Operation:
        path = f"/api/v1/credits/holds/{hold_id}/capture"
        return self._request(Kind.CAPTURE, who, path, {"amount": amount}, subject=hold_id)

    def release(self, who: Customer, hold_id: str) -> Operation:
        path = f"/api/v1/credits/holds/{hold_id}/release"
        return self._request(Kind.RELEASE, who, path, {}, subject=hold_id)

    def generation(self, who: Customer) -> Operation:
        return self._request(Kind.GENERATION, who, "/api/v1/generations", {"prompt": "a fox"})

    def checkout(self, who: Customer, at: datetime) -> Operation:
        """A pack was bought and paid."""
        number = self._next()
        metadata = {"billing_core_kind": "pack", "billing_core_item": PACK, "billing_core_version": "1"}
        session = stripe.a_session(
            id=f"cs_{number}", customer=who.customer_id, payment_intent=f"pi_{number}", metadata=metadata
        )
        return self._webhook(Kind.CHECKOUT, who, session, at=at, subject=f"pi_{number}")

    def invoice(self, who: Customer, at: datetime) -> Operation:
        """The period in progress was paid, once more."""
        number = self._next()
        line = stripe.a_line(
            id=f"il_{number}",
            period={"start": stripe.seconds(who.period_start), "end": stripe.seconds(who.period_end)},
            pricing={"type": "price_details", "price_details": {"price": PLAN_PRICE, "product": "prod_1"}},
        )
        line["parent"]["subscription_item_details"]["subscription"] = who.subscription_id
        invoice = stripe.an_invoice(
            line,
            id=f"in_{number}",
            customer=who.customer_id,
            status_transitions={"paid_at": stripe.seconds(at)},
        )
        invoice["parent"]["subscription_details"]["subscription"] = who.subscription_id
        return self._webhook(Kind.INVOICE, who, invoice, at=at, subject=f"in_{number}")

    def touch(self, who: Customer, at: datetime) -> Operation:
        """Something about the subscription changed: a reason to ask the gateway."""
        subscription = stripe.a_subscription(id=who.subscription_id, customer=who.customer_id, status="active")
        return self._webhook(Kind.TOUCH, who, subscription, at=at, subject=who.subscription_id)

    def _request(
        self, kind: Kind, who: Customer, path: str, body: Mapping[str, object], *, subject: str = ""
    ) -> Operation:
        return Operation(
            kind=kind,
            account_id=who.account_id,
            key=f"key-{self._next()}",
            path=path,
            body=json.dumps(body).encode(),
            subject=subject,
        )

    def _webhook(self, kind: Kind, who: Customer, told: stripe.Json, *, at: datetime, subject: str) -> Operation:
        event_id = f"evt_load_{self._next()}"
        event = stripe.an_event(kind.value, told, id=event_id, created=stripe.seconds(at))
        return Operation(
            kind=kind,
            account_id=who.account_id,
            key=event_id,
            path=WEBHOOK,
            body=json.dumps(event).encode(),
            subject=subject,
        )

    def _next(self) -> int:
        self.count += 1
        return self.count
