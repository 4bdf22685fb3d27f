"""Secrets that are none: too short, set twice, or left as an example had them."""

from collections.abc import Iterable

from billing_core.entrypoints.environment import SettingsError

SHORTEST_SECRET = 32
SHORTEST_SIGNING_SECRET = 24
"""Of the endpoint of a live webhook, with its `whsec_`; Stripe's have 38 characters."""
FEWEST_LETTERS = 8
"""That differ. A secret made at random has twice as many."""
EXAMPLES = ("change", "example", "placeholder", "replace", "secret", "...")


def ensure_strong(jwt_secret: str, webhook_secrets: Iterable[str], others: Iterable[str], *, is_live: bool) -> None:
    """Raises SettingsError, which names the setting and shows nothing of it. Where real money moves, a secret must also
    look as if it had been made at random."""
    if jwt_secret and len(jwt_secret.encode()) < SHORTEST_SECRET:
        raise SettingsError(f"BILLING_JWT_SECRET must have at least {SHORTEST_SECRET} bytes")
    if jwt_secret in {*webhook_secrets, *others} - {""}:
        raise SettingsError("BILLING_JWT_SECRET is the same as another secret: whoever has one of them has both")
    if not is_live:
        return
    if jwt_secret and (len(set(jwt_secret)) < FEWEST_LETTERS or any(word in jwt_secret.lower() for word in EXAMPLES)):
        raise SettingsError("BILLING_JWT_SECRET can be guessed: make one with `openssl rand -hex 32`")
    if any(len(secret) < SHORTEST_SIGNING_SECRET for secret in webhook_secrets):
        raise SettingsError("STRIPE_WEBHOOK_SECRET is too short to be Stripe's: anybody could sign a payment with it")
