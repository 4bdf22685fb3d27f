"""The books on PostgreSQL."""

from billing_core.adapters.sqlalchemy.postgresql.books import PostgresqlBooks, open_postgresql

__all__ = ["PostgresqlBooks", "open_postgresql"]
