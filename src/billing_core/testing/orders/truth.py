"""The gateway as it stands when everything has happened: it answers what is asked, and nothing changes it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import define, field

from billing_core.adapters.stripe.transport import Answering

_REFUSED = b'{"error": {"type": "invalid_request_error", "message": "what is over cannot be changed"}}'
_MISSING = b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "it was not recorded"}}'


@define
class Truth:
    """An `Answering` that remembers every answer. Without anybody to ask, it knows only what it remembers.

    `missing` names what it was asked for and does not know.
    """

    asking: Answering | None = None
    known: dict[str, tuple[int, bytes]] = field(factory=dict)
    missing: set[str] = field(factory=set)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if method != "GET":
            return 400, {}, _REFUSED
        parts = urlsplit(url)
        asked = f"{parts.path}?{parts.query}"
        if asked not in self.known:
            if self.asking is None:
                self.missing.add(asked)
                return 404, {}, _MISSING
            status, outside, told = await self.asking(method, url, headers, body)
            if status not in {200, 404}:
                return status, outside, told  # a bad moment is no truth
            self.known[asked] = status, told
        status, told = self.known[asked]
        return status, {}, told
