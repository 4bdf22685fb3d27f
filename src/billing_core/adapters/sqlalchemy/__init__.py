"""The books in a database: SQLAlchemy Core tables, no mapping of domain values. SQLite is the embedded default."""
