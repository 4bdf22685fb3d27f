"""What providers say when something is wrong, as a person may read it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import openai
import pytest

from billing_core.adapters.openai.failures import Asked, failure_said
from billing_core.adapters.openai.said import MOST_READ, MOST_WORDS, Said, said_in, said_of
from billing_core.domain.errors import PortFailure

KEY = "a key without any shape"


@pytest.mark.parametrize(
    "body",
    [
        {"code": "bad", "message": "too many steps", "param": None, "type": "invalid"},
        {"error": {"message": "too many steps"}},
        {"error": "too many steps"},
        {"detail": "too many steps"},
        {"detail": {"error": "too many steps"}},
        {"detail": [{"loc": ["body", "steps"], "msg": "too many steps"}]},
        {"message": "  too\nmany\r\n steps "},
        "too many steps",
    ],
)
def test_the_words_are_found_wherever_they_stand(body: object) -> None:
    assert "too many steps" == said_of(body, status=400).words(KEY)


@pytest.mark.parametrize("body", [None, "", {}, [], {"error": None}, {"detail": [[]]}, 7, "<html><h1>Bad</h1></html>"])
def test_where_there_are_no_words_the_status_is_told(body: object) -> None:
    assert "it answered 400" == said_of(body, status=400).words(KEY)
    assert "it answered with an error" == said_of(body).words(KEY)


@pytest.mark.parametrize("letter", ["x", "-", "*x", "prompt ", "sk-", "Bearer "])
def test_long_words_are_cut_before_they_are_looked_at(letter: str) -> None:
    said = said_of(letter * 5_000_000, status=400)

    assert len(said.message) <= MOST_READ
    assert len(said.words(KEY)) <= MOST_WORDS + 1
    assert isinstance(failure_said(said, Asked("studio", KEY)), PortFailure)


def test_words_are_not_looked_for_in_the_depths() -> None:
    body: object = "deep down"
    for _ in range(100_000):
        body = {"error": body}

    assert "it answered 400" == said_of(body, status=400).words(KEY)
    assert "" == said_of({"code": body}).code


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-proj-AbC123xyz456.",
        "Incorrect API key provided: sk-pr*************x456.",
        "bad header Bearer AbC123xyz456 given",
        f"unknown key {KEY}",
    ],
)
def test_nothing_like_a_key_is_told(said: str) -> None:
    words = said_of(said).words(KEY)

    assert "…" in words
    assert not any(part in words for part in ("AbC", "x456", "shape"))


def test_what_cannot_be_shown_is_left_out() -> None:
    assert "plain [31m" == said_of("plain \x1b[31m\u202e\0").words(KEY)


@pytest.mark.parametrize("code", ["", "Two Words", "x" * 65, "drop\ntable", "{}"])
def test_a_code_that_no_program_could_rely_on_is_replaced(code: str) -> None:
    assert "refused" == Said(status=400, code=code.lower()).code_or("refused")


def test_a_code_is_kept_in_lower_case() -> None:
    assert "contentfilter" == said_of({"code": "ContentFilter"}).code_or("refused")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.2"}, 1),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "-5"}, 1),
        ({"retry-after-ms": "1500"}, 2),
        ({"retry-after-ms": "1500", "retry-after": "60"}, 2),
        ({"retry-after-ms": "soon", "retry-after": "60"}, 60),
        ({"retry-after": "1e99"}, 3600),
        ({"retry-after": "inf"}, 1),
        ({"retry-after": "nan"}, 1),
        ({"retry-after": "soon"}, 1),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 1),
        ({"retry-after": format_datetime(datetime.now(UTC) + timedelta(days=2), usegmt=True)}, 3600),
    ],
)
def test_the_wait_that_is_wanted_is_told_in_whole_seconds_within_an_hour(headers: dict[str, str], seconds: int) -> None:
    response = httpx2.Response(429, headers=headers, request=httpx2.Request("POST", "https://studio.example"))

    assert seconds == said_in(openai.RateLimitError("", response=response, body={})).retry_after_s


def test_what_was_said_in_a_stream_has_no_status() -> None:
    request = httpx2.Request("POST", "https://studio.example")
    error = openai.APIError("", request, body={"code": "moderation_blocked", "message": "no", "param": 7})

    assert Said(status=None, code="moderation_blocked", message="no") == said_in(error)
