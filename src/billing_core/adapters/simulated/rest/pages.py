"""Lists, newest first, a page at a time."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import dropwhile, islice
from typing import Protocol, TypeVar

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.state import K, Kept

USUAL, MOST = 10, 100


class Dated(Kept, Protocol):
    """What can be listed by its age."""

    @property
    def created_at(self) -> datetime: ...


T = TypeVar("T")
D = TypeVar("D", bound=Dated)


def newest(draft: Draft, kind: type[K], name: str | None = None) -> Iterator[K]:
    """All of the kind, or those that are found by the name: the latest first."""
    if name is None:
        return reversed(draft.state.table(kind).values())
    return reversed([*draft.named(kind, name)])


def page(params: Params, url: str, newest_first: Iterable[D], shape: Callable[[D], Json]) -> Json:
    """The page that `limit`, `starting_after` and `created` ask for. Raises Refused."""
    return chunk(params, url, created_in(params, newest_first), key=lambda value: value.id, shape=shape)


def chunk(
    params: Params, url: str, values: Iterable[T], *, key: Callable[[T], str], shape: Callable[[T], Json]
) -> Json:
    """The same of what has no age, in the order in which it comes. Raises Refused."""
    limit = params.whole("limit", least=1, most=MOST) or USUAL
    after = params.text("starting_after")
    if after is not None:
        behind = dropwhile(lambda value: key(value) != after, values)
        if next(behind, None) is None:
            raise params.refused("starting_after", f"No such object: '{after}'", code="resource_missing")
        values = behind
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
