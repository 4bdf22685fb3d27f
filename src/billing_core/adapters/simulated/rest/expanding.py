"""`expand[]`: an id, or what is left out by default, becomes the whole object."""

from collections.abc import Callable, Mapping
from typing import Any

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.refusals import Refused

DEEPEST = 4

Expanding = Callable[[Draft, Json], Any]
"""Makes the whole object out of the shape that it is expanded in."""
Expandings = Mapping[tuple[str, str], Expanding]
"""How, by the object and the property."""


def expand(draft: Draft, shape: Json, paths: list[str], table: Expandings) -> None:
    """Expands the paths in place; `table` tells how, by the object and the property. Raises Refused."""
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise Refused(message=f"You cannot expand more than {DEEPEST} levels of a property.", param="expand")
        _expand(draft, shape, names, path, table)


def _expand(draft: Draft, shape: Json, names: list[str], path: str, table: Expandings) -> None:
    name, *rest = names
    kind = str(shape.get("object"))
    if (kind, name) in table and not isinstance(shape.get(name), dict):
        value = table[kind, name](draft, shape)
        if value is not None:
            shape[name] = value
    elif name not in shape or not isinstance(shape[name], dict | list):
        raise Refused(message=f"This property cannot be expanded ({path}).", param="expand")
    if not rest:
        if (kind, name) not in table:
            raise Refused(message=f"This property cannot be expanded ({path}).", param="expand")
        return
    inside = shape.get(name)
    for each in inside if isinstance(inside, list) else [inside]:
        if isinstance(each, dict):
            _expand(draft, each, rest, path, table)
