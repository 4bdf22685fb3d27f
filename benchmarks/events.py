"""What Stripe would send to a shop of many subscribers, month after month: bodies in today's shapes, and signatures.

Event `i` is always the same. A third each are `customer.subscription.updated`, `invoice.paid` (the renewal of a
subscriber, one each a month) and `checkout.session.completed` (of a customer who has just bought).
"""

import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from attrs import frozen

from benchmarks.clock import moment_in, period
from benchmarks.shapes.invoices import an_invoice
from benchmarks.shapes.sessions import a_session
from benchmarks.shapes.subscriptions import a_subscription

API_VERSION = "2026-10-28.endive"
KINDS = 3
PATH = "/api/v1/subscriptions/webhook"

Json = dict[str, Any]


@frozen(kw_only=True)
class Shop:
    """How many customers there are: `subscribers` have a live subscription, `newcomers` have an open checkout."""

    subscribers: int
    newcomers: int

    @property
    def a_month(self) -> int:
        """The webhooks of one month."""
        return self.subscribers * KINDS

    def month_of(self, number: int) -> int:
        """The period in which the event arrives; the first that is renewed is number 1."""
        return 1 + number // self.a_month

    def arriving(self) -> Iterator[tuple[int, list[str]]]:
        """The newcomers of each month, by the month in which the first of them pay."""
        for first in range(0, self.newcomers, self.subscribers):
            last = min(self.newcomers, first + self.subscribers)
            yield 1 + first // self.subscribers, [f"new{n}" for n in range(first, last)]

    def event(self, number: int) -> Json:
        """The event of that number."""
        month, turn, kind = self.month_of(number), number // KINDS, number % KINDS
        at = moment_in(month)
        subscriber = turn % self.subscribers
        if kind == 0:
            told = a_subscription(f"{subscriber}", period(month), created=period(0)[0])
            return an_event(f"evt_{number}", "customer.subscription.updated", told, at=at)
        if kind == 1:  # half a shop away from whose state is told, so that few groups hold both
            renewed = (subscriber + self.subscribers // 2) % self.subscribers
            return paid(f"evt_{number}", f"{renewed}", month)
        return completed(f"evt_{number}", f"new{turn % self.newcomers}", at=at)


def paid(event_id: str, customer: str, month: int) -> Json:
    """The customer's subscription is paid for that period."""
    told = an_invoice(customer, month, period(month))
    return an_event(event_id, "invoice.paid", told, at=moment_in(month))


def completed(event_id: str, customer: str, *, at: datetime) -> Json:
    """The customer's checkout of a plan is paid."""
    return an_event(event_id, "checkout.session.completed", a_session(customer, at=at), at=at)


def an_event(event_id: str, event_type: str, told: Json, *, at: datetime) -> Json:
    """The envelope."""
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(at.timestamp()),
        "data": {"object": told},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }


def encoded(event: Json) -> bytes:
    """The body."""
    return json.dumps(event, separators=(",", ":")).encode()


def signature(body: bytes, secret: str, at: datetime) -> str:
    """The header `Stripe-Signature` of the body."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def request(body: bytes, secret: str, at: datetime) -> bytes:
    """The whole HTTP request."""
    head = (
        f"POST {PATH} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
        "Accept: */*; q=0.5, application/xml\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Stripe-Signature: {signature(body, secret, at)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
