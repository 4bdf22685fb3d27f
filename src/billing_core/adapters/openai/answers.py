"""From what a provider answered to pictures."""

from base64 import b64decode
from collections.abc import Mapping

import anyio.to_thread
import msgspec
from attrs import frozen

from billing_core.adapters.openai.failures import Asked, failure_said
from billing_core.adapters.openai.said import said_of
from billing_core.adapters.pictures.reading import NotAPicture, read_picture
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import Picture

MOST_TOKENS = 10**12  # more are nonsense, and a number that no column holds would cost the picture


@frozen(kw_only=True)
class Item:
    """One picture of an answer: itself in base64, or where it can be got."""

    b64: str = ""
    url: str = ""


@frozen(kw_only=True)
class Answer:
    """What came of one call, undecoded."""

    items: tuple[Item, ...]
    input_tokens: int | None = None
    output_tokens: int | None = None


def read_answer(content: bytes, asked: Asked) -> Answer:
    """What the body of a 200 holds. Raises ImageRefused where that is no picture at all: some providers refuse without
    a word; what an error within it says; OutcomeUnknown where it is no JSON object."""
    body = decoded(content)
    if not isinstance(body, dict):
        raise asked.unknown()
    if body.get("error") and not body.get("data"):
        raise failure_said(said_of(body["error"]), asked)
    items = _items(body.get("data"))
    if not items:
        raise ImageRefused(
            "no_picture", f"{asked.provider} answered without a picture, as some do in place of a refusal"
        )
    return answer_of(items, body.get("usage"))


def answer_of(items: tuple[Item, ...], usage: object) -> Answer:
    counted = usage if isinstance(usage, Mapping) else {}
    return Answer(
        items=items, input_tokens=_count(counted, "input_tokens"), output_tokens=_count(counted, "output_tokens")
    )


async def picture_of(b64: str) -> Picture:
    """The picture, decoded in a thread. Raises NotAPicture."""
    return await anyio.to_thread.run_sync(_picture, b64)


def decoded(content: bytes) -> object:
    """What the JSON says; None where it is none."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _picture(b64: str) -> Picture:
    try:
        content = b64decode(b64)
    except ValueError:
        raise NotAPicture("it is no base64") from None
    return read_picture(content)


def _items(data: object) -> tuple[Item, ...]:
    listed = data if isinstance(data, list) else []
    items = (Item(b64=_text(each, "b64_json"), url=_text(each, "url")) for each in listed if isinstance(each, dict))
    return tuple(item for item in items if item.b64 or item.url)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _count(fields: Mapping[str, object], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None
