"""What must never be told, whatever brought it into a line: secrets, and whatever looks like a key or an address."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import attrs

from billing_core.entrypoints.settings import Settings

Redact = Callable[[str], str]

REDACTED = "[redacted]"
SHORTEST = 8
"""A shorter value is part of too many words to be taken out of every line."""

LOOKS_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:sk|rk|pk|whsec|bk)[_-][A-Za-z0-9][A-Za-z0-9_-]{5,}"  # a key of Stripe, a provider, or our own
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/=-]+"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a token
    r"|(?<=://)[^/\s@\"']+(?=@)"  # who connects, and with which password
    r"|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"  # an e-mail address
)
MARKS = ("k_", "k-", "whsec", "bearer", "eyj", "@")
"""What any of them has in it, in small letters: it is looked for first, since most lines have none."""


def redacting(secrets: Iterable[str] = ()) -> Redact:
    """Takes out of a text these secrets, what looks like a key, a token or a password, and e-mail addresses."""
    known = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    exact = tuple(sorted(known, key=len, reverse=True))

    def redact(text: str) -> str:
        for secret in exact:
            if secret in text:
                text = text.replace(secret, REDACTED)
        lowered = text.lower()
        for mark in MARKS:
            if mark in lowered:
                return LOOKS_SECRET.sub(REDACTED, text)
        return text

    return redact


def secrets_of(settings: Settings) -> frozenset[str]:
    """Every secret that the settings hold: what their reprs leave out or shorten."""
    return frozenset(_unshown(settings)) - {""}


def _unshown(value: Any) -> Iterator[str]:
    for field in attrs.fields(type(value)):
        held = getattr(value, field.name)
        if field.repr is not True:
            for secret in (held,) if isinstance(held, str) else held or ():
                yield from (secret,) if field.repr is False else _in_url(secret)
            continue
        for part in held.values() if isinstance(held, Mapping) else (held,):
            if attrs.has(type(part)):
                yield from _unshown(part)


def _in_url(url: str) -> Iterator[str]:
    """The password, and whatever is sent with each request."""
    parts = urlsplit(url)
    yield parts.password or ""
    yield from (value for _, value in parse_qsl(parts.query))


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, as JSON writes it, and as a URL does."""
    return secret, json.dumps(secret)[1:-1], quote(secret, safe="")
