"""Statements as PostgreSQL's driver takes them: constant text, so that each is planned once.

Where many are written, rows come as one array of a type that has their columns: the driver asks of each element of an
array what it is, but not of the values of a row. Other rows come as one array per column.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Executable, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY, asyncpg
from sqlalchemy.sql.functions import Function
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import UserDefinedType

from billing_core.adapters.sqlalchemy.prepared import Prepared

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


class RowType(UserDefinedType[Sequence[Any]]):
    """A composite type of the database. Its values are tuples, in the order of its attributes."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


def typed_rows(argument: str, columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Rows that come as the argument of that name, an array of the type `argument_row`, which has these columns."""
    given = bindparam(argument, type_=ARRAY(RowType(f"{argument}_row")))
    return _with_columns(func.unnest(given), columns, name=f"of_{argument}")


def unnested(prefix: str, columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Rows that come as one array per column; the array of `name` is the argument `prefix_name`."""
    arrays = [bindparam(f"{prefix}_{name}", type_=ARRAY(like.type)) for name, like in columns.items()]
    return _with_columns(func.unnest(*arrays), columns, name=f"of_{prefix}")


def _with_columns(rows: Function[Any], columns: Mapping[str, Column[Any]], *, name: str) -> TableValuedAlias:
    return rows.table_valued(*[column(key, like.type) for key, like in columns.items()], name=name).render_derived()


def arrays(prefix: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The arguments for rows whose values come in the order of the names."""
    turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return {f"{prefix}_{name}": values for name, values in zip(names, turned, strict=True)}


def prepared(statement: Executable) -> Prepared:
    """The statement, compiled for this driver."""
    return Prepared(statement, DIALECT)
