"""References that stand in links for good: only this server can make one, and only it can read whose it is."""

import json

from attrs import astuple, frozen

from billing_core.entrypoints.http.sealing import Seal

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
    """Seals and opens references. The same one is always sealed the same, so that a link stays what it is."""

    secret: bytes

    def sealed(self, reference: PlanReference) -> str:
        """The reference as one or more segments of a path."""
        text = self._seal().sealed(json.dumps(astuple(reference), separators=(",", ":"), ensure_ascii=False))
        return "/".join(text[start : start + PART] for start in range(0, len(text), PART))

    def opened(self, sealed: str) -> PlanReference | None:
        """What was sealed; None for what this server did not seal, letter by letter."""
        plain = self._seal().opened(sealed.replace("/", ""))
        if plain is None:
            return None
        account_id, tier, interval, currency = json.loads(plain)
        reference = PlanReference(account_id=account_id, tier=tier, interval=interval, currency=currency)
        return reference if self.sealed(reference) == sealed else None

    def _seal(self) -> Seal:
        return Seal(self.secret, b"references in links")
