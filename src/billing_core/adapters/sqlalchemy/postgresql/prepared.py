"""Statements as PostgreSQL's driver takes them: constant text, so that each is planned once, and rows as arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Executable, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY, asyncpg
from sqlalchemy.sql.selectable import TableValuedAlias

from billing_core.adapters.sqlalchemy.prepared import Prepared

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


def unnested(prefix: str, columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """Rows that come as one array per column; the array of `name` is the argument `prefix_name`."""
    arrays = [bindparam(f"{prefix}_{name}", type_=ARRAY(like.type)) for name, like in columns.items()]
    names = [column(name, like.type) for name, like in columns.items()]
    return func.unnest(*arrays).table_valued(*names, name=f"of_{prefix}").render_derived()


def arrays(prefix: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The arguments for rows whose values come in the order of the names."""
    turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return {f"{prefix}_{name}": values for name, values in zip(names, turned, strict=True)}


def prepared(statement: Executable) -> Prepared:
    """The statement, compiled for this driver."""
    return Prepared(statement, DIALECT)
