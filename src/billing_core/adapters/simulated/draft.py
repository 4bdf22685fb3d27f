"""A change under way, and the verbs that every change is made of. What it did stays as a whole, or not at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from attrs import define, field, frozen

from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.habits import sent_at
from billing_core.adapters.simulated.keeping import Keeping
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Customer, K, Kept, Sent, State
from billing_core.adapters.simulated.subscriptions import Invoice, Subscription
from billing_core.adapters.simulated.visits import Session
from billing_core.ports.errors import UnknownAtGateway

API_VERSION = "2026-10-28.endive"

Json = dict[str, Any]


@frozen
class World:
    """What stays the same while a change is made."""

    settings: Settings
    base_url: str
    secret: str = field(repr=False)


@define
class Draft:
    """The moment, and what is kept. `key` is the request's idempotency key, `request` its id."""

    world: World
    now: datetime
    _keeping: Keeping
    key: str | None = None
    request: str | None = None
    _moved: list[Kept] = field(factory=list)

    @property
    def state(self) -> State:
        """For reading; what changes it is `put`."""
        return self._keeping.state

    def new_id(self, prefix: str) -> str:
        """Counted, so that the same story has the same ids."""
        return f"{prefix}_{self.world.settings.seed}{self._keeping.count(prefix):08d}"

    def put(self, *values: Kept) -> None:
        """Keeps them under their ids."""
        for value in values:
            self._keeping.put(value)
        self._moved.extend(values)

    def taken(self) -> list[Kept]:
        """What was put since this was last asked."""
        moved, self._moved = self._moved, []
        return moved

    def find(self, kind: type[K], key: str) -> K:
        """Raises UnknownAtGateway."""
        value = self.state.table(kind).get(key)
        if value is None:
            raise UnknownAtGateway(f"{_NAMES.get(kind, kind.__name__.lower())} {key}")
        return value

    def named(self, kind: type[K], name: str) -> Iterator[K]:
        """Those that are found by that name (`found_by`), oldest first."""
        return self._keeping.named(kind, name)

    def customer(self, customer_id: str) -> Customer:
        """Raises UnknownAtGateway."""
        return self.find(Customer, customer_id)

    def session(self, session_id: str) -> Session:
        """Raises UnknownAtGateway."""
        return self.find(Session, session_id)

    def subscription(self, subscription_id: str) -> Subscription:
        """Raises UnknownAtGateway."""
        return self.find(Subscription, subscription_id)

    def invoice(self, invoice_id: str) -> Invoice:
        """Raises UnknownAtGateway."""
        return self.find(Invoice, invoice_id)

    def price(self, price_id: str) -> Price:
        """Raises UnknownAtGateway."""
        return self.find(Price, price_id)

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
            "request": {"id": self.request, "idempotency_key": self.key},
            "type": kind,
        }
        at = sent_at(self.world.settings, event_id, self.now)
        text = msgspec.json.encode(body).decode()
        self.put(Sent(id=event_id, type=kind, created_at=self.now, body=text, next_at=at))


_NAMES: dict[type, str] = {Session: "checkout"}
