"""The books on PostgreSQL."""

from billing_core.adapters.sqlalchemy.postgresql.books import PostgresqlBooks, open_postgresql
from billing_core.adapters.sqlalchemy.postgresql.engine import Timeouts

__all__ = ["PostgresqlBooks", "Timeouts", "open_postgresql"]
