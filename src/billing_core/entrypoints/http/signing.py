"""Signed URLs, since an `<img>` and an `EventSource` cannot send a token."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from math import ceil
from urllib.parse import quote

from attrs import frozen

from billing_core.domain.generation import Generation, Partial
from billing_core.entrypoints.http.sealing import Seal

VALID_FOR = timedelta(hours=1)


@frozen
class Link:
    """Where a picture is, and until when; None is for as long as it is public."""

    url: str
    expires_at: datetime | None = None


@frozen
class Links:
    """Makes links and checks them. `prefix` is where the app is mounted."""

    secret: bytes
    now: datetime
    prefix: str = ""

    def image(self, image_id: str) -> Link:
        """Holds for an hour, whoever has it."""
        expires_s = ceil((self.now + VALID_FOR).timestamp())
        query = f"expires={expires_s}&signature={self._mac(image_id, expires_s)}"
        return Link(f"{self._path('images', image_id)}?{query}", datetime.fromtimestamp(expires_s, UTC))

    def public_image(self, image_id: str) -> Link:
        return Link(self._path("images", image_id))

    def is_signed(self, image_id: str, expires_s: int | None, signature: str | None) -> bool:
        """Whether the link to the image is ours and still holds."""
        if expires_s is None or signature is None:
            return False
        is_ours = hmac.compare_digest(self._mac(image_id, expires_s).encode(), signature.encode())
        return is_ours and self.now.timestamp() < expires_s

    def events(self, generation: Generation) -> str:
        """Where its progress can be watched, for as long as it may wait and an hour more."""
        until = max(generation.expires_at, self.now) + VALID_FOR
        return f"{self._path('generations', generation.id)}/events?token={self._pass(generation, until)[0]}"

    def partial(self, generation: Generation, partial: Partial) -> Link:
        """Holds for an hour, or until the generation is done."""
        token, expires_at = self._pass(generation, self.now + VALID_FOR)
        path = f"{self._path('generations', generation.id)}/partials/{partial.attempt}.{partial.number}"
        return Link(f"{path}?token={token}", expires_at)

    def watcher(self, generation_id: str, token: str | None) -> str | None:
        """The account whose generation the token shows; None for a token that is not ours, of another generation, or
        no longer valid."""
        text = None if token is None else self._seal().opened(token)
        if text is None:
            return None
        account_id, shown, expires_s = json.loads(text)
        return str(account_id) if shown == generation_id and self.now.timestamp() < expires_s else None

    def _pass(self, generation: Generation, until: datetime) -> tuple[str, datetime]:
        expires_s = ceil(until.timestamp())
        told = json.dumps([generation.account_id, generation.id, expires_s], separators=(",", ":"), ensure_ascii=False)
        return self._seal().sealed(told), datetime.fromtimestamp(expires_s, UTC)

    def _seal(self) -> Seal:
        return Seal(self.secret, b"watching a generation")

    def _path(self, kind: str, id_: str) -> str:
        return f"{self.prefix}/api/v1/{kind}/{quote(id_, safe='')}"

    def _mac(self, image_id: str, expires_s: int) -> str:
        return hmac.new(self.secret, f"image\x1f{image_id}\x1f{expires_s}".encode(), "sha256").hexdigest()
