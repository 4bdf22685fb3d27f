"""How the gateway is set up for us, as far as it can be asked."""

from datetime import datetime
from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class WebhookEndpoint:
    """Where the gateway sends webhooks. `missing` are the events that are needed and not sent there; `version` None
    follows the account's default, whatever that is."""

    url: str
    enabled: bool
    missing: tuple[str, ...]
    version: str | None
    is_version_known: bool


class GatewaySetup(Protocol):
    """Reads only. Raises: Unavailable, GatewayRefused (also where the key is not taken)."""

    async def server_time(self) -> datetime | None:
        """What time it is at the gateway, to the second; None where it does not say."""
        ...

    async def endpoints(self) -> tuple[WebhookEndpoint, ...]:
        """All of the account's webhook endpoints."""
        ...
