"""What may be stored: text without NUL or lone surrogates, of bounded size.

Databases disagree about such text, so it is refused here, for all of them, before any of them sees it.
"""

from collections.abc import Iterator

import msgspec

from billing_core.domain.errors import InvalidValue

TEXT_LIMIT_BYTES = 128 * 1024  # a prompt of 32,000 characters, four bytes each
KEY_LIMIT_BYTES = 1024  # an account id of 255 characters, four bytes each
NUL = "\0"


def encoded(what: str, value: object) -> bytes:
    """The value as JSON. Raises InvalidValue where any text inside it cannot be stored."""
    try:
        payload = msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise InvalidValue(what, "has text that is not valid Unicode") from None
    # Only a payload that is long, or that escapes a NUL, can hold a bad text; the walk is for those alone.
    if len(payload) > TEXT_LIMIT_BYTES or b"\\u0000" in payload:
        for text in _texts(msgspec.to_builtins(value, builtin_types=(bytes,))):
            _ensure(what, text, TEXT_LIMIT_BYTES)
    return payload


def ensure_key(what: str, key: str) -> None:
    """Raises InvalidValue for a key that is empty, too long for an index or not storable."""
    if not key:
        raise InvalidValue(what, "is empty")
    try:
        _ensure(what, key, KEY_LIMIT_BYTES)
    except UnicodeEncodeError:
        raise InvalidValue(what, "is not valid Unicode") from None


def _ensure(what: str, text: str, limit_bytes: int) -> None:
    if NUL in text:
        raise InvalidValue(what, "has a NUL character")
    if len(text.encode()) > limit_bytes:
        raise InvalidValue(what, f"has a text of more than {limit_bytes} bytes")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
