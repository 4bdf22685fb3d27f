"""`expand[]`: an id, or what is left out by default, becomes the whole object."""

from collections.abc import Callable, Mapping
from typing import Any

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.refusals import Refused

DEEPEST = 4

Expanding = Callable[[Draft, Json], Any]
"""Makes what belongs there out of the shape of the object that it is expanded in."""
Expandings = Mapping[tuple[str, str], Expanding]
"""How, by the object and the property."""


def expand(draft: Draft, shape: Json, paths: list[str], table: Expandings) -> None:
    """Expands the paths in place. `table` tells how, by the object and the property; a part that is no object itself
    goes by its object's name and its own: `promotion_code.promotion`. Raises Refused."""
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise Refused(message=f"You cannot expand more than {DEEPEST} levels of a property.", param="expand")
        _expand(draft, shape, names, owner=shape, kind=str(shape["object"]), path=path, table=table)


def _expand(
    draft: Draft, part: Json, names: list[str], *, owner: Json, kind: str, path: str, table: Expandings
) -> None:
    """`owner` is the object that the part is in or is itself; `kind` its name, with the way to the part."""
    name, *rest = names
    how = table.get((kind, name))
    if how is not None and not isinstance(part.get(name), dict | list):
        whole = how(draft, owner)
        if whole is not None:
            part[name] = whole
    elif not isinstance(part.get(name), dict | list) or (how is None and not rest):
        raise Refused(message=f"This property cannot be expanded ({path}).", param="expand")
    if not rest:
        return
    inside = part.get(name)
    for each in inside if isinstance(inside, list) else [inside]:
        if isinstance(each, dict) and "object" in each:
            _expand(draft, each, rest, owner=each, kind=str(each["object"]), path=path, table=table)
        elif isinstance(each, dict):
            _expand(draft, each, rest, owner=owner, kind=f"{kind}.{name}", path=path, table=table)
