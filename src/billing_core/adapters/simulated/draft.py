"""A change under way: a copy of the state that replaces it as a whole, or not at all."""

import json
from datetime import datetime
from typing import Any, TypeVar

from attrs import define, field, frozen

from billing_core.adapters.simulated.agenda import Kept
from billing_core.adapters.simulated.prices import Prices
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Customer, Invoice, Sent, Session, State, Subscription
from billing_core.ports.errors import UnknownAtGateway

API_VERSION = "2026-10-28.endive"

Json = dict[str, Any]
T = TypeVar("T")


@frozen
class World:
    """What stays the same while a change is made."""

    prices: Prices
    settings: Settings
    base_url: str


@define
class Draft:
    """The copy, the moment, and the verbs that every change is made of. `key` is the request's idempotency key."""

    world: World
    state: State
    now: datetime
    key: str | None = None
    touched: bool = False
    _moved: list[Kept] = field(factory=list)

    def new_id(self, prefix: str) -> str:
        """Counted, so that the same story has the same ids."""
        self.touched = True
        n = self.state.counters.get(prefix, 0) + 1
        self.state.counters[prefix] = n
        return f"{prefix}_{self.world.settings.seed}{n:08d}"

    def put(self, *values: Kept) -> None:
        """Keeps them under their ids."""
        self.touched = True
        self._moved.extend(values)
        for value in values:
            match value:
                case Customer():
                    self.state.customers[value.id] = value
                case Session():
                    self.state.sessions[value.id] = value
                case Subscription():
                    self.state.subscriptions[value.id] = value
                case Invoice():
                    self.state.invoices[value.id] = value

    def taken(self) -> list[Kept]:
        """What was put since this was last asked."""
        moved, self._moved = self._moved, []
        return moved

    def customer(self, customer_id: str) -> Customer:
        """Raises UnknownAtGateway."""
        return _found(self.state.customers.get(customer_id), f"customer {customer_id}")

    def session(self, session_id: str) -> Session:
        """Raises UnknownAtGateway."""
        return _found(self.state.sessions.get(session_id), f"checkout {session_id}")

    def subscription(self, subscription_id: str) -> Subscription:
        """Raises UnknownAtGateway."""
        return _found(self.state.subscriptions.get(subscription_id), f"subscription {subscription_id}")

    def invoice(self, invoice_id: str) -> Invoice:
        """Raises UnknownAtGateway."""
        return _found(self.state.invoices.get(invoice_id), f"invoice {invoice_id}")

    def emit(self, kind: str, shape: Json, *, before: Json | None = None) -> None:
        """Puts an event into the outbox. `before` is the same object's shape as it was, told by what differs."""
        event_id = self.new_id("evt")
        content: Json = {"object": shape}
        if before is not None:
            content["previous_attributes"] = {k: v for k, v in before.items() if shape.get(k) != v}
        body = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": int(self.now.timestamp()),
            "data": content,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": self.key},
            "type": kind,
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        self.state.outbox[event_id] = Sent(id=event_id, type=kind, created_at=self.now, body=text, next_at=self.now)


def _found(value: T | None, what: str) -> T:
    if value is None:
        raise UnknownAtGateway(what)
    return value
