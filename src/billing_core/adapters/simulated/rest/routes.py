"""Which handler answers which request."""

from collections.abc import Callable, Iterable, Mapping

from attrs import define, field, frozen

from billing_core.adapters.simulated.draft import Json


@frozen
class Reply:
    """An answer with a status of its own, where what was done stays done (a declined card)."""

    status: int
    body: Json


COLLECTION = 2  # the place of its name in a path: /v1/customers

Handler = Callable[..., Json | Reply]
"""`(draft, params, **ids)`; what it raises takes back what it did."""


@frozen
class Route:
    """A method and a path whose parts in braces are handed over by their names."""

    method: str
    path: str
    handler: Handler


@define
class Routes:
    """All routes, looked up by method, collection and number of parts; those without names come first."""

    _alike: dict[tuple[str, str, int], list[tuple[tuple[str, ...], Handler]]] = field(factory=dict)

    @classmethod
    def of(cls, routes: Iterable[Route]) -> "Routes":
        table = cls()
        for route in sorted(routes, key=lambda route: route.path.count("{")):
            parts = tuple(route.path.split("/"))
            table._alike.setdefault((route.method, parts[COLLECTION], len(parts)), []).append((parts, route.handler))
        return table

    def find(self, method: str, path: str) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler, and what stands in the path; None where nothing answers."""
        given = path.split("/")
        collection = given[COLLECTION] if len(given) > COLLECTION else ""
        for parts, handler in self._alike.get((method, collection, len(given)), ()):
            pairs = [*zip(parts, given, strict=True)]
            if all(part == value or part[:1] == "{" for part, value in pairs):
                return handler, {part[1:-1]: value for part, value in pairs if part[:1] == "{"}
        return None
