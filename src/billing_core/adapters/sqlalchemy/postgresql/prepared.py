"""Statements built from the tables, as the driver takes them: constant text, so that each is planned once; arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from sqlalchemy import Column, Executable, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY, asyncpg
from sqlalchemy.sql.selectable import TableValuedAlias

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


def unnested(prefix: str, columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Rows that come as one array per column; the array of `name` is the argument `prefix_name`."""
    arrays = [bindparam(f"{prefix}_{name}", type_=ARRAY(like.type)) for name, like in columns.items()]
    names = [column(name, like.type) for name, like in columns.items()]
    return func.unnest(*arrays).table_valued(*names, name=f"of_{prefix}").render_derived()


def arrays(prefix: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The arguments for rows whose values come in the order of the names."""
    turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return {f"{prefix}_{name}": values for name, values in zip(names, turned, strict=True)}


@frozen
class Prepared:
    """A statement's text and the names of its arguments, in order."""

    statement: Executable
    text: str = field(init=False)
    _names: tuple[str, ...] = field(init=False)
    _constants: Mapping[str, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        compiled: Any = self.statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        object.__setattr__(self, "text", compiled.string)
        object.__setattr__(self, "_names", tuple(compiled.positiontup or ()))
        constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
        object.__setattr__(self, "_constants", constants)

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """In the order of the text. Raises KeyError where one is missing."""
        return [given[name] if name in given else self._constants[name] for name in self._names]
