"""What the gateway sends: verified, and turned into domain words."""

from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.ports.facts import Fact


@frozen(kw_only=True)
class Delivery:
    """A verified webhook: its id, what it says in domain words, and its raw body."""

    event_id: str
    type: str
    created_at: datetime
    livemode: bool
    fact: Fact
    body: bytes


class Webhooks(Protocol):
    """Turns what the gateway sends into domain words."""

    def translate(self, body: bytes, signature: str, *, now: datetime) -> Delivery:
        """Verifies the raw bytes and translates them. Raises: BadSignature, and nothing else, whatever comes in."""
        ...

    def retranslate(self, body: bytes) -> Delivery:
        """Translates a body that was verified and kept before. Raises: BadSignature where it cannot be read."""
        ...
