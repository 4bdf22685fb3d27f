"""Whether a webhook is from Stripe, and from now.

Stripe signs `<unix seconds>.<raw body>` with HMAC-SHA256 and sends `t=<seconds>,v1=<hex>[,v1=<hex>…]`. The check is
our own because the SDK's raises whatever it stumbles over (a header or body that is not ASCII or UTF-8), and accepts
a signature dated years ahead.
"""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from billing_core.ports.errors import BadSignature

TOLERANCE_S = 300
_LONGEST_HEADER = 8192
_SECONDS = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def keys_of(secrets: Sequence[str]) -> tuple[bytes, ...]:
    """The keys of the secrets; two while one is being rolled. Raises ValueError where one could never verify."""
    if isinstance(secrets, str) or not secrets:
        raise ValueError("webhook secrets are a list of at least one")
    if any(not secret or secret != secret.strip() for secret in secrets):
        raise ValueError("a webhook secret is empty, or has blanks around it")
    return tuple(secret.encode() for secret in secrets)


def verify(body: bytes, header: str, *, keys: Sequence[bytes], now: datetime) -> None:
    """Raises BadSignature, and nothing else. Only a genuine body can be too old or too new, so a clock that is
    off can be told from a forgery."""
    seconds, digests = _read(header)
    signed = seconds.encode() + b"." + body
    if not _is_signed(signed, keys, digests):
        raise BadSignature("no signature matches")
    age = now.timestamp() - int(seconds)
    if age > TOLERANCE_S:
        raise BadSignature("too old")
    if age < -TOLERANCE_S:
        raise BadSignature("too far ahead")


def _is_signed(signed: bytes, keys: Sequence[bytes], digests: Sequence[str]) -> bool:
    for key in keys:
        mine = hmac.digest(key, signed, "sha256").hex()
        for theirs in digests:
            if hmac.compare_digest(mine, theirs):
                return True
    return False


def _read(header: str) -> tuple[str, list[str]]:
    """The timestamp as it was signed, and every digest of the one scheme that is not broken."""
    if not header:
        raise BadSignature("no signature")
    if len(header) > _LONGEST_HEADER:
        raise BadSignature("header too long")
    seconds, digests = [], []
    for part in header.split(","):
        name, _, value = part.strip(" ").partition("=")
        if name == "t" and _SECONDS.fullmatch(value):
            seconds.append(value)
        elif name == "v1" and _DIGEST.fullmatch(value):
            digests.append(value)
    if len(seconds) != 1:
        raise BadSignature("no single timestamp")
    return seconds[0], digests
