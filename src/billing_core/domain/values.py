"""How a value is changed: by a copy of it in which some fields are new.

Every event is folded by a few such copies, so they must cost little. `attrs.evolve` builds the value anew and checks
every field of it, also those that were checked when it was made; `changed` copies the value and checks what is new.
The classes it is used on keep their fields in a plain `__dict__` (`slots=False`), since that can be copied at once.

What such a value has worked out about itself it may keep beside its fields under MEMO: nothing that compares, shows or
stores values sees it, and a copy does not take it along.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import Attribute, fields

__all__ = ["MEMO", "changed", "memo", "not_negative", "positive"]

MEMO = "_memo"
T = TypeVar("T")

if TYPE_CHECKING:
    from attrs import evolve as changed  # so that mypy checks the names and types of the fields
else:

    def changed(value: T, **news: Any) -> T:
        """The value with these fields new. Runs their validators; raises KeyError for a field that it has not."""
        kind = value.__class__
        copy = object.__new__(kind)
        kept = copy.__dict__
        kept.update(value.__dict__)
        kept.update(news)
        if MEMO in kept:
            del kept[MEMO]
        checks = _checks(kind)
        for name, new in news.items():
            attribute = checks[name]
            if attribute.validator is not None:
                attribute.validator(copy, attribute, new)
        return copy


def memo(value: object) -> dict[str, Any]:
    """What the value has worked out about itself so far."""
    noted: dict[str, Any] = value.__dict__.setdefault(MEMO, {})
    return noted


def not_negative(_owner: object, attribute: "Attribute[int]", value: int) -> None:
    """An attrs validator, as is `positive`: attrs' own take longer, and they run for every number that is read."""
    if value < 0:
        raise ValueError(f"{attribute.name} must not be negative: {value}")


def positive(_owner: object, attribute: "Attribute[int]", value: int) -> None:
    if value <= 0:
        raise ValueError(f"{attribute.name} must be positive: {value}")


@cache
def _checks(of: type) -> Mapping[str, Any]:
    return {attribute.name: attribute for attribute in fields(of)}
