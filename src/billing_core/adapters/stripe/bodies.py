"""Reading the JSON of a webhook strictly, before anybody looks at what it says.

msgspec reads fast, and refuses what is no JSON (NaN, numbers beyond all use) or could not be kept (half a surrogate
pair). It keeps the last of two equal names without a word, though, and two readers could understand such a body
differently; so names are counted here. Deep nests are refused too: a later reader could choke on them.
"""

import msgspec

from billing_core.ports.errors import BadSignature

DEEPEST = 64


def parse(body: bytes) -> dict[str, object]:
    """The object that the body is. Raises BadSignature, and nothing else."""
    try:
        value: object = msgspec.json.decode(body)
        has_every_name = _colons(body) == msgspec.json.encode(value).count(b":")
    except (ValueError, RecursionError) as problem:
        raise BadSignature("malformed") from problem
    if not isinstance(value, dict) or not has_every_name or _is_deep(body, value):
        raise BadSignature("malformed")
    return value


def _colons(body: bytes) -> int:
    """How many colons it says, however they are spelled. One stands behind each name, so where a name comes twice and
    is kept once, what is written anew has fewer; those within texts are in both."""
    plain = body.count(b":")
    if rb"\u" not in body:
        return plain
    return plain + body.replace(rb"\\", b"").lower().count(rb"\u003a")


def _is_deep(body: bytes, value: dict[str, object]) -> bool:
    """Whether it is nested deeper than allowed; what opens few brackets cannot be."""
    return body.count(b"{") + body.count(b"[") > DEEPEST and not _fits(value, DEEPEST)


def _fits(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_fits(inner, levels - 1) for inner in inside)
