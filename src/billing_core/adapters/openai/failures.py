"""What went wrong, in our words. One table, read from the top: the first line that fits is the answer.

What counts is whether pictures may have been made and billed. `Unavailable` is said only where that cannot be: no
connection came about, or the provider itself turned the request away (429; 503 with words in it). What broke off once
the request was under way is `OutcomeUnknown`, and so is every other 5xx, 408 and 409: a proxy says those for a server
that is still drawing. A request that is turned away for what it is would be turned away again, hence `Misconfigured`.
"""

import re
from collections.abc import Callable, Sequence

import anyio
import httpx2
import openai
from attrs import field, frozen

from billing_core.adapters.openai.capping import Compressed
from billing_core.adapters.openai.said import Said, said_in
from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable

REFUSING = frozenset({400, 403, 422, None})  # None: an error that came as, or within, an answer of status 200
REFUSED_CODES = frozenset(
    {
        "content_filter",
        "content_moderation",
        "content_policy_violation",
        "contentfilter",
        "moderation_blocked",
        "nsfw",
        "nsfw_content",
        "responsibleaipolicyviolation",
    }
)
REFUSED_WORDS = re.compile(
    r"content[ _-]?(policy|moderation|filter)|moderation|safety[ _-](system|filter|checker|policy)|nsfw"
    r"|\b(prompt|input|image)\b.{0,40}\b(flagged|blocked|rejected)",
    re.IGNORECASE,
)
UNPAID_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
SETTING_CODES = UNPAID_CODES | {"invalid_api_key", "model_not_found"}
PERHAPS_BUSY = frozenset({408, 409})
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
NOT_SENDABLE = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, UnicodeEncodeError)
REFUSED = "moderation_blocked"
# What a request ends with that the SDK does not put into words of its own: a connection that broke in the midst of a
# body, a line of no JSON or text, a key that no header can carry.
BROKEN = (httpx2.HTTPError, anyio.EndOfStream, OSError, ValueError, RecursionError)


@frozen
class Asked:
    """Who was asked, and with what key, so that the key can be struck out of what is told."""

    provider: str
    key: str = field(repr=False)

    def refused(self, said: Said) -> ImageRefused:
        return ImageRefused(said.code_or(REFUSED), said.words(self.key))

    def misconfigured(self, said: Said) -> Misconfigured:
        return Misconfigured(self.provider, said.words(self.key))

    def unavailable(self, said: Said) -> Unavailable:
        return Unavailable(self.provider, retry_after_s=said.retry_after_s)

    def unknown(self, said: Said | None = None) -> OutcomeUnknown:
        return OutcomeUnknown(f"a request to {self.provider}")


def _is_refused_by_code(said: Said) -> bool:
    return said.status in REFUSING and said.code in REFUSED_CODES


def _is_refused_by_words(said: Said) -> bool:
    """Relays give no code. What is said of another parameter than the prompt is no refusal."""
    is_of_prompt = said.param in {None, "", "prompt"}
    return said.status in REFUSING and is_of_prompt and REFUSED_WORDS.search(said.message) is not None


Line = tuple[Callable[[Said], bool], Callable[[Asked, Said], PortFailure]]
TABLE: Sequence[Line] = (
    (_is_refused_by_code, Asked.refused),
    (_is_refused_by_words, Asked.refused),
    (lambda said: said.status == 451, Asked.refused),  # for legal reasons
    (lambda said: said.status in {400, 422} and said.param == "prompt", Asked.refused),  # it is too long, say
    (lambda said: said.code in SETTING_CODES, Asked.misconfigured),
    (lambda said: said.status == 429, Asked.unavailable),
    (lambda said: said.status == 503 and said.has_body, Asked.unavailable),
    (lambda said: said.status is None, Asked.unknown),  # what came before it may have been billed
    (lambda said: said.status in PERHAPS_BUSY or (said.status or 0) >= 500, Asked.unknown),
    (lambda said: True, Asked.misconfigured),  # 401, 402, 403, 404, an unknown 400 or 422, a redirect
)


def failure_of(error: Exception, asked: Asked) -> PortFailure:
    """What an error of the SDK, or of the transport below it, means. Raise it where it gets no cause and no context:
    those carry the request, and with it the key."""
    match error:
        case openai.APIConnectionError():
            return _lost(error.__cause__, asked)
        case openai.APIError():
            return failure_said(said_in(error), asked)
        case httpx2.HTTPError() | UnicodeEncodeError():
            return _lost(error, asked)
        case _:
            return asked.unknown()


def failure_said(said: Said, asked: Asked) -> PortFailure:
    """What the provider's words mean, by the table."""
    return next(becomes(asked, said) for fits, becomes in TABLE if fits(said))


def _lost(cause: BaseException | None, asked: Asked) -> PortFailure:
    """What a connection that failed means, by how far it came."""
    if isinstance(cause, NOT_SENDABLE):
        return Misconfigured(asked.provider, "the request cannot be sent: look at the base URL and the key")
    if isinstance(cause, httpx2.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return Misconfigured(asked.provider, "its certificate is not one that this machine trusts")
    if isinstance(cause, Compressed):
        return Misconfigured(asked.provider, "it answers compressed, though it was asked not to")
    if isinstance(cause, NOT_SENT):
        return Unavailable(asked.provider)
    return asked.unknown()


# Several calls for one request, none of which brought a picture, end as the first of these that is among them. A
# refusal or a wrong setting will be there the next time too. Else one that may have been billed counts before those
# that were not.
PRECEDENCE = (ImageRefused, Misconfigured, OutcomeUnknown, Unavailable)


def worst(failures: Sequence[PortFailure]) -> PortFailure:
    """Which of the failures stands for all of them. Of several `Unavailable`, the one that wants the longest wait."""

    def rank(failure: PortFailure) -> tuple[int, int]:
        place = next(place for place, kind in enumerate(PRECEDENCE) if isinstance(failure, kind))
        return place, -failure.retry_after_s if isinstance(failure, Unavailable) else 0

    return min(failures, key=rank)
