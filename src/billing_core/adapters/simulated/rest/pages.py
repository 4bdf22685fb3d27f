"""Lists, newest first, a page at a time."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import dropwhile, islice
from typing import Protocol, TypeVar

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.state import Kept

USUAL, MOST = 10, 100


class Dated(Kept, Protocol):
    """What can be listed by its age."""

    @property
    def created_at(self) -> datetime: ...


T = TypeVar("T")
D = TypeVar("D", bound=Dated)


def listing(
    draft: Draft,
    params: Params,
    url: str,
    kind: type[D],
    shape: Callable[[D], Json],
    *,
    by: Kept | str | None = None,
    where: Callable[[D], bool] = lambda _: True,
) -> Json:
    """The page that `limit`, `starting_after` and `created` ask for: of all of the kind, or of those that are found by
    a name, which may be another object's id; latest first. Raises Refused."""
    name = by if isinstance(by, str) or by is None else by.id
    older = created_in(params, _older(draft, params, kind, name))
    return _cut(params, url, filter(where, older), shape)


def _older(draft: Draft, params: Params, kind: type[D], by: str | None) -> Iterator[D]:
    """Those behind `starting_after`, latest first, or all."""
    table, after = draft.state.table(kind), params.text("starting_after")
    keys = list(table) if by is None else [value.id for value in draft.named(kind, by)]
    if after is not None and after not in table:
        raise params.refused("starting_after", f"No such object: '{after}'", code="resource_missing")
    end = keys.index(after) if after in keys else len(keys)
    return (table[key] for key in reversed(keys[:end]))


def chunk(
    params: Params, url: str, values: Iterable[T], *, key: Callable[[T], str], shape: Callable[[T], Json]
) -> Json:
    """The page of any other values, in the order in which they come. Raises Refused."""
    after = params.text("starting_after")
    if after is not None:
        behind = dropwhile(lambda value: key(value) != after, values)
        if next(behind, None) is None:
            raise params.refused("starting_after", f"No such object: '{after}'", code="resource_missing")
        values = behind
    return _cut(params, url, values, shape)


def _cut(params: Params, url: str, values: Iterable[T], shape: Callable[[T], Json]) -> Json:
    limit = params.whole("limit", least=1, most=MOST) or USUAL
    found = list(islice(values, limit + 1))
    return {
        "object": "list",
        "data": [shape(value) for value in found[:limit]],
        "has_more": len(found) > limit,
        "url": url,
    }


def created_in(params: Params, values: Iterable[D]) -> Iterable[D]:
    """Those of the age that `created` asks for: a moment, or `gt`, `gte`, `lt`, `lte`."""
    if not params.has("created"):
        return iter(values)
    if isinstance(params.anything("created"), str):
        at = params.moment("created")
        return (value for value in values if value.created_at == at)
    within = params.inside("created")
    gt, gte, lt, lte = (within.moment(name) for name in ("gt", "gte", "lt", "lte"))
    return (
        value
        for value in values
        if (gt is None or value.created_at > gt)
        and (gte is None or value.created_at >= gte)
        and (lt is None or value.created_at < lt)
        and (lte is None or value.created_at <= lte)
    )
