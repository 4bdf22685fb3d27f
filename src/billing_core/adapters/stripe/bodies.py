"""Reading the JSON of a webhook strictly, before anybody looks at what it says.

What two readers could understand differently (duplicate names, NaN, numbers beyond all use) is refused, and so is
what the stores could not keep (half a surrogate pair) or a reader could choke on (deep nests). msgspec is faster,
but keeps the last of two equal names without a word.
"""

import json
from collections.abc import Iterable
from math import isfinite
from typing import NoReturn

from billing_core.ports.errors import BadSignature

DEEPEST = 64
_LONGEST_NUMBER = 20  # digits of 2^63, and a sign


def parse(body: bytes) -> dict[str, object]:
    """The object that the body is. Raises BadSignature, and nothing else."""
    try:
        value: object = json.loads(
            body.decode(),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_refused,
        )
    except (ValueError, RecursionError) as problem:
        raise BadSignature("malformed") from problem
    if not isinstance(value, dict) or not _is_sound(value):
        raise BadSignature("malformed")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _is_sound(value: object) -> bool:
    """Whether it is no deeper than allowed and all of its text can be encoded. Level by level, so never recursive."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        if not all(_can_encode(item) for item in level if isinstance(item, str)):
            return False
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return True
    return False


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list) else ()


def _can_encode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
