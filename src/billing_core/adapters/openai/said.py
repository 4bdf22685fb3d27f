"""What a provider says when it does not do what it was asked, whichever way it puts that."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai
from attrs import frozen

CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
KEY_LIKE = re.compile(r"\b(?:sk|pk|key|tgp)[-_][\w*.-]{6,}|\bBearer +\S+|[\w-]{0,64}\*{3,}[\w-]{0,64}", re.IGNORECASE)
LONGEST_WAIT_S = 3600
MOST_WORDS = 300
MOST_READ = 4000  # letters: it may be a page of megabytes
DEEPEST = 5


@frozen(kw_only=True)
class Said:
    """`status` is None where the error came with, or within, a status of 200. `code` is in lower case, `message` one
    line."""

    status: int | None
    code: str = ""
    message: str = ""
    param: str | None = None
    has_body: bool = True
    retry_after_s: int = 1

    def code_or(self, default: str) -> str:
        """The provider's code, where it is one that a program may rely on."""
        return self.code if CODE.fullmatch(self.code) else default

    def words(self, key: str) -> str:
        """The provider's own words for a person: one line, not too long, with everything like a key struck out."""
        said = self.message
        if not said or said.startswith("<"):  # a page of some proxy says nothing
            return f"it answered {self.status}" if self.status else "it answered with an error"
        said = KEY_LIKE.sub("…", said.replace(key, "…") if key else said)
        told = "".join(letter for letter in said if letter.isprintable())
        return told if len(told) <= MOST_WORDS else f"{told[:MOST_WORDS]}…"


def said_in(error: openai.APIError) -> Said:
    """What the error says. One that came in a stream has no status."""
    if not isinstance(error, openai.APIStatusError):
        return said_of(error.body)
    return said_of(
        error.body,
        status=error.status_code,
        retry_after_s=_wait(error.response.headers),
    )


def said_of(body: object, *, status: int | None = None, retry_after_s: int = 1) -> Said:
    """What the body says: OpenAI's `{code, message, param}`, a relay's `{detail}` or `{message}`, or plain text."""
    fields = body if isinstance(body, Mapping) else {}
    code, param = fields.get("code"), fields.get("param")
    return Said(
        status=status,
        code=code.lower() if isinstance(code, str) else "",
        message=" ".join(_message(body)[:MOST_READ].split()),
        param=param if isinstance(param, str) else None,
        has_body=bool(body),
        retry_after_s=retry_after_s,
    )


def _message(body: object, deepest: int = DEEPEST) -> str:
    """The first text under the names that errors are told by."""
    match body:
        case str():
            return body
        case [first, *_] if deepest:
            return _message(first, deepest - 1)
        case Mapping() if deepest:
            found = (_message(body.get(name), deepest - 1) for name in ("message", "msg", "error", "detail"))
            return next((said for said in found if said), "")
        case _:
            return ""


def _wait(headers: Mapping[str, str]) -> int:
    """The seconds that the provider wants us to wait, rounded up, one at least."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wanted = float(headers.get(name, "")) * unit_s
        except ValueError:
            continue
        return _bounded(wanted)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        return _bounded((until - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 1


def _bounded(wanted_s: float) -> int:
    return max(1, math.ceil(min(wanted_s, LONGEST_WAIT_S))) if math.isfinite(wanted_s) else 1
