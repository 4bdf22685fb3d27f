"""The JSON of a webhook is read as everybody would read it, or not at all."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_core.adapters.stripe.bodies import DEEPEST, parse
from billing_core.ports.errors import BadSignature

# Quotes, colons, backslashes and what their escapes are made of: where a count of colons could go wrong.
TEXTS = st.text(alphabet=':"\\u003aA é画\n', max_size=6) | st.text(max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)
BLANKS = st.sampled_from(["", " ", "\n", "\t", "\r\n  "])


def spelled(draw: st.DrawFn, text: str) -> str:
    """The text as JSON, some of its characters escaped, in either case."""
    forms = ("{}", "\\u{:04x}", "\\u{:04X}")
    return "".join(
        json.dumps(char, ensure_ascii=False)[1:-1] if form == "{}" or ord(char) > 0xFFFF else form.format(ord(char))
        for char in text
        for form in [draw(st.sampled_from(forms))]
    )


@st.composite
def bodies(draw: st.DrawFn, *, twice: bool = False) -> bytes:
    """An object in somebody's handwriting; with `twice`, one name in it comes again."""
    told: dict[str, Any] = draw(OBJECTS.filter(bool) if twice else OBJECTS)
    before, after = draw(BLANKS), draw(BLANKS)
    separators = (f",{before}", f"{before}:{after}")
    pairs = [
        f'"{spelled(draw, name)}"{before}:{after}'
        + json.dumps(
            value, ensure_ascii=draw(st.booleans()), separators=separators, indent=draw(st.none() | st.just(2))
        )
        for name, value in told.items()
    ]
    if twice:
        name = spelled(draw, draw(st.sampled_from(sorted(told))))
        again = f'"{name}"{after}:{before}' + json.dumps(draw(VALUES))
        pairs.insert(draw(st.integers(0, len(pairs))), again)
    return f"{before}{{{','.join(pairs)}}}{after}".encode()


@given(body=bodies())
@example(body=rb'{"a":"\\u003a","b":"\u003a\\\u003A"}')
def test_it_is_read_as_everybody_reads_it(body: bytes) -> None:
    expected = json.loads(body)
    assert (expected, repr(expected)) == (parse(body), repr(parse(body)))


@pytest.mark.failure("E3")
@given(body=bodies(twice=True))
def test_a_name_that_comes_twice_is_refused_however_it_is_spelled(body: bytes) -> None:
    with pytest.raises(BadSignature, match="malformed"):
        parse(body)


@given(body=bodies(twice=True), outer=st.sampled_from([b'{"a":%s}', b'{"a":[1,{"b":[%s]}]}', b'{"a":":","b":[{},%s]}']))
def test_nor_may_it_come_twice_further_inside(body: bytes, outer: bytes) -> None:
    with pytest.raises(BadSignature, match="malformed"):
        parse(outer % body)


@pytest.mark.failure("E3")
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_nest_has_a_deepest_level(opening: bytes, closing: bytes) -> None:
    def nested(levels: int) -> bytes:
        return b'{"beside":[],"a":' + opening * (levels - 1) + b"1" + closing * (levels - 1) + b"}"

    assert parse(nested(DEEPEST))
    with pytest.raises(BadSignature, match="malformed"):
        parse(nested(DEEPEST + 1))


def test_many_things_beside_each_other_are_no_nest() -> None:
    body = b'{"a":[' + b",".join([b'{"b":[]}'] * DEEPEST) + b"]}"
    assert {"a": [{"b": []}] * DEEPEST} == parse(body)
