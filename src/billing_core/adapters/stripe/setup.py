"""How our account at Stripe is set up: what time it is there, and where its webhooks go."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from attrs import define, field, frozen

from billing_core.adapters.stripe.api import Api, open_api, reading
from billing_core.adapters.stripe.events import READERS
from billing_core.adapters.stripe.shapes import Shape, needed, text
from billing_core.adapters.stripe.transport import Answering
from billing_core.adapters.stripe.versions import is_known
from billing_core.ports.gateway_setup import WebhookEndpoint

_EVERY = "*"
_LONGEST_URL = 5000


@define
class _Dated:
    """An Answering that remembers when its last answer was given, by the clock of whoever gave it."""

    _answering: Answering
    at: datetime | None = field(default=None, init=False)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, told, content = await self._answering(method, url, headers, body)
        self.at = _date(httpx.Headers(dict(told)).get("date", ""))
        return status, told, content


@frozen
class StripeSetup:
    """The GatewaySetup at Stripe."""

    _api: Api
    _dated: _Dated

    async def server_time(self) -> datetime | None:
        await self._api.get("/v1/prices", limit=1)
        return self._dated.at

    async def endpoints(self) -> tuple[WebhookEndpoint, ...]:
        with reading("a webhook endpoint"):
            return tuple([_endpoint(told) async for told in self._api.pages("/v1/webhook_endpoints")])


def open_setup(answering: Answering, *, key: str, base: str) -> StripeSetup:
    """The setup as the owner of the key may read it."""
    dated = _Dated(answering)
    return StripeSetup(open_api(dated, key=key, base=base), dated)


def _endpoint(told: Shape) -> WebhookEndpoint:
    version, events = text(told, "api_version"), told.get("enabled_events")
    sent = set(events) if isinstance(events, list) else set()
    return WebhookEndpoint(
        url=needed(text(told, "url", longest=_LONGEST_URL), "url"),
        enabled=told.get("status") == "enabled",
        missing=() if _EVERY in sent else tuple(sorted(READERS.keys() - sent)),
        version=version,
        is_version_known=version is not None and is_known(version),
    )


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None
