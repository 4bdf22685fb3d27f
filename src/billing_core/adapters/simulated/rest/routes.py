"""Which handler answers which request."""

from collections.abc import Callable, Iterable, Mapping

from attrs import define, field, frozen

from billing_core.adapters.simulated.draft import Json


@frozen
class Reply:
    """An answer with a status of its own, where what was done stays done (a declined card)."""

    status: int
    body: Json


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
    """All routes, looked up by method and number of parts; those without names come first."""

    _by_shape: dict[tuple[str, int], list[tuple[tuple[str, ...], Handler]]] = field(factory=dict)

    @classmethod
    def of(cls, routes: Iterable[Route]) -> "Routes":
        table = cls()
        for route in routes:
            parts = tuple(route.path.split("/"))
            table._by_shape.setdefault((route.method, len(parts)), []).append((parts, route.handler))
        for found in table._by_shape.values():
            found.sort(key=lambda entry: sum(part.startswith("{") for part in entry[0]))
        return table

    def find(self, method: str, path: str) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler, and what stands in the path; None where nothing answers."""
        given = path.split("/")
        for parts, handler in self._by_shape.get((method, len(given)), ()):
            ids = {name[1:-1]: value for name, value in zip(parts, given, strict=True) if name.startswith("{")}
            if all(part.startswith("{") or part == value for part, value in zip(parts, given, strict=True)):
                return handler, ids
        return None
