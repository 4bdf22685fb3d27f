"""Any value of an annotated type, for tests of what every value of it must bear."""

import types
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMED = {"sign": st.sampled_from([1, -1]), "currency": st.sampled_from(["usd", "jpy", "kwd"])}
"""Fields whose type alone does not tell what they may hold."""


def shaped(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of the annotated type, drawn all the way down."""
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXTS,
        int: st.integers(1, 10**12),
        bool: st.booleans(),
        date: st.dates(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        type(None): st.none(),
    }
    if hint in simple:
        return simple[hint]
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of([shaped(option) for option in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(shaped(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(TEXTS, shaped(get_args(hint)[1]), max_size=3)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    hints = get_type_hints(hint)
    fields: Iterable[attrs.Attribute[Any]] = attrs.fields(hint)
    drawn = {f.name: NAMED[f.name] if f.name in NAMED else shaped(hints[f.name]) for f in fields}
    return st.builds(hint, **drawn)
