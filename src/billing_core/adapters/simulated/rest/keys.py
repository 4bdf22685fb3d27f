"""Whether a request bears a key of this shop: a secret or restricted one of the test mode."""

import base64
import binascii

from billing_core.adapters.simulated.refusals import Refused

OURS = ("sk_test_", "rk_test_")


def ensure_key(authorization: str | None) -> None:
    """Raises Refused, as Stripe does, for a missing key, for a key of the live mode and for what is no secret key."""
    key = _key(authorization or "")
    if not key:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, using"
            " Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise Refused(message=message, status=401)
    if not key.startswith(OURS):
        raise Refused(message=f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}", status=401)


def _key(authorization: str) -> str:
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(said, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return said.strip() if scheme.lower() == "bearer" else ""
