"""Signed image URLs, since an `<img>` cannot send a token."""

import hmac
from datetime import UTC, datetime, timedelta
from math import ceil
from urllib.parse import quote

from attrs import frozen

VALID_FOR = timedelta(hours=1)


@frozen
class Link:
    """Where a picture is, and until when; None is for as long as it is public."""

    url: str
    expires_at: datetime | None = None


@frozen
class ImageLinks:
    """Makes links and checks them. `prefix` is where the app is mounted."""

    secret: bytes
    now: datetime
    prefix: str = ""

    def signed(self, image_id: str) -> Link:
        expires_s = ceil((self.now + VALID_FOR).timestamp())
        query = f"expires={expires_s}&signature={self._mac(image_id, expires_s)}"
        return Link(f"{self._path(image_id)}?{query}", datetime.fromtimestamp(expires_s, UTC))

    def public(self, image_id: str) -> Link:
        return Link(self._path(image_id))

    def is_signed(self, image_id: str, expires_s: int | None, signature: str | None) -> bool:
        """Whether the link is ours and still holds."""
        if expires_s is None or signature is None:
            return False
        is_ours = hmac.compare_digest(self._mac(image_id, expires_s).encode(), signature.encode())
        return is_ours and self.now.timestamp() < expires_s

    def _path(self, image_id: str) -> str:
        return f"{self.prefix}/api/v1/images/{quote(image_id, safe='')}"

    def _mac(self, image_id: str, expires_s: int) -> str:
        return hmac.new(self.secret, f"image\x1f{image_id}\x1f{expires_s}".encode(), "sha256").hexdigest()
