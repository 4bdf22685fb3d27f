"""Statements built from the tables, compiled once: what runs all the time needs no layer above the driver."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from sqlalchemy import Dialect, Executable


@frozen
class Prepared:
    """A statement's text and the names of its arguments, in order. `columns` are those that it writes, if not all."""

    statement: Executable
    dialect: Dialect
    columns: Sequence[str] | None = None
    text: str = field(init=False)
    _names: tuple[str, ...] = field(init=False)
    _constants: Mapping[str, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        compiled: Any = self.statement.compile(  # type: ignore[attr-defined]
            dialect=self.dialect, column_keys=self.columns
        )
        object.__setattr__(self, "text", compiled.string)
        object.__setattr__(self, "_names", tuple(compiled.positiontup or ()))
        constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        object.__setattr__(self, "_constants", constants)

    def arguments(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """In the order of the text. Raises KeyError where one is missing."""
        return tuple([given[name] if name in given else self._constants[name] for name in self._names])
