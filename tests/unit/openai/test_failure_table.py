"""The table of failures, where the line that fits depends on more than a status."""

from collections.abc import Mapping

import httpx2
import openai
import pytest

from billing_core.adapters.openai.failures import Asked, failure_of, failure_said, worst
from billing_core.adapters.openai.said import said_of
from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable

ASKED = Asked("studio", "sk-sentinel")
REQUEST = httpx2.Request("POST", "https://studio.example/v1/images/generations")


def meaning(status: int | None, **body: str) -> type[PortFailure]:
    return type(failure_said(said_of(body, status=status), ASKED))


@pytest.mark.parametrize("status", [400, 403, 422, None])
@pytest.mark.parametrize(
    "body",
    [
        {"code": "moderation_blocked"},
        {"code": "content_filter"},
        {"code": "contentFilter"},
        {"code": "ResponsibleAIPolicyViolation"},
        {"message": "Request blocked by content moderation"},
        {"message": "violates our content policy"},
        {"message": "rejected by the safety system"},
        {"message": "NSFW content was found"},
        {"message": "your prompt was flagged"},
        {"message": "the generated image was rejected", "param": "prompt"},
    ],
)
def test_a_refusal_is_known_by_its_code_or_its_words(status: int | None, body: Mapping[str, str]) -> None:
    assert ImageRefused is meaning(status, **body)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Invalid value for 'moderation'", "param": "moderation"},
        {"message": "Unknown parameter: content_policy", "param": "content_policy"},
        {"message": "your account is blocked"},
        {"message": "the input has no such field"},
    ],
)
@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_word_of_refusal_about_something_else_is_none(status: int, body: Mapping[str, str]) -> None:
    assert Misconfigured is meaning(status, **body)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_words_of_refusal_under_another_status_are_none(status: int) -> None:
    assert ImageRefused is not meaning(status, message="Rate limit of the content filter", code="nsfw")


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"])
@pytest.mark.parametrize("status", [400, 403, 429, 503, None])
def test_what_is_not_paid_for_waits_for_a_person(status: int | None, code: str) -> None:
    assert Misconfigured is meaning(status, code=code)


@pytest.mark.parametrize("status", [500, 501, 502, 504, 520, 524, 529, 599, 408, 409])
def test_what_may_have_been_worked_on_is_unknown(status: int) -> None:
    assert OutcomeUnknown is meaning(status, message="try again")


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 402, 403, 404, 405, 410, 413, 415, 418, 431])
def test_what_was_turned_away_for_what_it_is_waits_for_a_person(status: int) -> None:
    assert Misconfigured is meaning(status, message="no")


@pytest.mark.parametrize(
    ("cause", "means"),
    [
        (httpx2.ConnectError("refused"), Unavailable),
        (httpx2.ConnectTimeout("slow"), Unavailable),
        (httpx2.PoolTimeout("full"), Unavailable),
        (httpx2.ProxyError("407"), Unavailable),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), Misconfigured),
        (httpx2.UnsupportedProtocol("gopher"), Misconfigured),
        (httpx2.LocalProtocolError("Illegal header value b'Bearer sk-sentinel'"), Misconfigured),
        (httpx2.ReadTimeout("slow"), OutcomeUnknown),
        (httpx2.WriteTimeout("slow"), OutcomeUnknown),
        (httpx2.ReadError("reset"), OutcomeUnknown),
        (httpx2.WriteError("broken pipe"), OutcomeUnknown),
        (httpx2.RemoteProtocolError("disconnected"), OutcomeUnknown),
        (httpx2.DecodingError("gzip"), OutcomeUnknown),
        (None, OutcomeUnknown),
    ],
)
def test_a_lost_connection_means_what_it_may_have_carried(cause: Exception | None, means: type[PortFailure]) -> None:
    error = openai.APITimeoutError(REQUEST) if cause is None else openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause

    failure = failure_of(error, ASKED)

    assert means is type(failure)
    assert "sentinel" not in repr(failure)


@pytest.mark.parametrize(
    "error", [httpx2.ReadError("reset"), ValueError("no JSON"), OSError("reset"), RecursionError()]
)
def test_what_breaks_in_the_midst_of_a_body_is_unknown(error: Exception) -> None:
    assert OutcomeUnknown is type(failure_of(error, ASKED))


def test_of_several_the_longest_wait_is_told() -> None:
    failures = [Unavailable("studio", retry_after_s=wait) for wait in (3, 30, 7)]

    assert failures[1] is worst(failures)
