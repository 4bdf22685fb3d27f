"""Small things at the door: paths, places of mistakes, and how long one waits."""

from datetime import timedelta

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.http.bodies import place_of
from billing_core.entrypoints.http.door import routed_path
from billing_core.entrypoints.http.generations import preferred_wait
from billing_core.entrypoints.http.refusals import FieldProblem
from billing_core.entrypoints.settings import Settings


@pytest.mark.parametrize(
    ("path", "raw", "routed"),
    [
        ("/a/b", b"/a/b", "/a/b"),
        ("/a/b", b"", "/a/b"),
        ("/a/b", b"/a/b?c=%zz", "/a/b"),
        ("/a/b c", b"/a/b%20c", "/a/b c"),
        ("/a/b/c", b"/a/b%2Fc", "/a/b%2Fc"),
        ("/a/b%2Fc", b"/a/b%252Fc", "/a/b%252Fc"),
        ("/a/é", b"/%61/%C3%A9", "/a/é"),
        ("/b/c", b"/mount/b%2Fc", "/b%2Fc"),
        ("/b/c/", b"/mount/b%2Fc", "/b%2Fc"),
        ("/mount/b/c", b"/mount/b%2Fc", "/mount/b%2Fc"),
    ],
)
def test_a_slash_within_a_segment_is_no_border(path: str, raw: bytes, routed: str) -> None:
    assert routed == routed_path(path, raw)


@pytest.mark.parametrize(
    ("message", "field", "problem"),
    [
        ("Expected `int`, got `str` - at `$.amount`", "amount", "Expected `int`, got `str`"),
        ("Expected `object`, got `array`", "", "Expected `object`, got `array`"),
        ("Object contains unknown field `x`", "x", "Object contains unknown field `x`"),
        ("Object missing required field `x` - at `$.y`", "y.x", "Object missing required field `x`"),
        ("Number out of range - at `$[...]`", "[...]", "Number out of range"),
    ],
)
def test_a_mistake_is_told_with_its_place(message: str, field: str, problem: str) -> None:
    assert FieldProblem(field, problem) == place_of(message)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=30", 30),
        ("respond-async, wait=5", 5),
        ("Wait = 7; x", 7),
        ("wait=0", 0),
        ("wait=3600", 60),
        ("wait=-1", None),
        ("wait=x", None),
        ("wait=999999", None),
        ("return=minimal", None),
        ("", None),
    ],
)
def test_how_long_a_client_would_wait(header: str, seconds: int | None) -> None:
    assert preferred_wait(header) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("account", ["", "a" * 256, "a\0b", "\ud800"])
def test_no_token_is_made_for_what_is_no_account(account: str) -> None:
    with pytest.raises(InvalidValue, match="account"):
        token(Settings(jwt_secret="x" * 40), account)
