"""References that stand in links for good: only this server can make one, and only it can read whose it is."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from attrs import astuple, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PART = 200  # a segment of a path may have 255 characters, and an account's id be longer when it is sealed


@frozen(kw_only=True)
class PlanReference:
    """A plan that an account is invited to: which, and how it would be paid."""

    account_id: str
    tier: str
    interval: str
    currency: str


@frozen
class References:
    """Seals and opens references. The same one is always sealed the same, so that a link stays what it is.

    AES-SIV, which needs no nonce: an account's id may be an e-mail address, and links are passed on.
    """

    secret: bytes

    def sealed(self, reference: PlanReference) -> str:
        """The reference as one or more segments of a path."""
        plain = json.dumps(astuple(reference), separators=(",", ":"), ensure_ascii=False)
        text = urlsafe_b64encode(self._cipher().encrypt(plain.encode(), None)).decode().rstrip("=")
        return "/".join(text[start : start + PART] for start in range(0, len(text), PART))

    def opened(self, sealed: str) -> PlanReference | None:
        """What was sealed; None for what this server did not seal, letter by letter."""
        text = sealed.replace("/", "")
        try:
            plain = self._cipher().decrypt(urlsafe_b64decode(text + "=" * (-len(text) % 4)), None)
        except (ValueError, InvalidTag):
            return None
        account_id, tier, interval, currency = json.loads(plain)
        reference = PlanReference(account_id=account_id, tier=tier, interval=interval, currency=currency)
        return reference if self.sealed(reference) == sealed else None

    def _cipher(self) -> AESSIV:
        return AESSIV(hmac.new(self.secret, b"references in links", "sha512").digest())
