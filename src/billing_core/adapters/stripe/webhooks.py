"""The webhook door of Stripe: verify the raw bytes, then read, then translate."""

from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import field, frozen

from billing_core.adapters.stripe.bodies import parse
from billing_core.adapters.stripe.shapes import dated, text
from billing_core.adapters.stripe.signatures import keys_of, verify
from billing_core.adapters.stripe.translation import fact_of
from billing_core.ports.errors import BadSignature
from billing_core.ports.webhooks import Delivery

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class StripeWebhooks:
    """Webhooks by Stripe. `prices` tells our price key by Stripe's price id; it may grow while we run.

    Nothing but BadSignature leaves it. What is genuine but cannot be read is a delivery of NotUnderstood, so that it
    is kept; without an id and a type there is nothing to keep it by.
    """

    _keys: tuple[bytes, ...] = field(converter=keys_of, alias="secrets", repr=False)
    _prices: Mapping[str, str]

    def translate(self, body: bytes, signature: str, *, now: datetime) -> Delivery:
        verify(body, signature, keys=self._keys, now=now)
        return self.retranslate(body)

    def retranslate(self, body: bytes) -> Delivery:
        event = parse(body)
        event_id, event_type = text(event, "id"), text(event, "type")
        if event_id is None or event_type is None:
            raise BadSignature("malformed")
        created = dated(event, "created")
        return Delivery(
            event_id=event_id,
            type=event_type,
            created_at=created or _EPOCH,
            livemode=event.get("livemode") is True,
            fact=fact_of(event, event_type, prices=self._prices, at=created),
            body=body,
        )
