"""Texts that only this server can make and read, to stand in a URL."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


@frozen
class Seal:
    """Seals and opens texts for one purpose; what was sealed for another is not opened.

    AES-SIV, which needs no nonce: the same text is always sealed the same. It hides the text too, since an account's id
    may be an e-mail address, and URLs are passed on and logged.
    """

    secret: bytes
    purpose: bytes

    def sealed(self, text: str) -> str:
        return urlsafe_b64encode(self._cipher().encrypt(text.encode(), None)).decode().rstrip("=")

    def opened(self, sealed: str) -> str | None:
        """What was sealed; None for what this server did not seal, letter by letter."""
        try:
            text = self._cipher().decrypt(urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), None).decode()
        except (ValueError, InvalidTag):
            return None
        return text if self.sealed(text) == sealed else None

    def _cipher(self) -> AESSIV:
        return AESSIV(hmac.new(self.secret, self.purpose, "sha512").digest())
