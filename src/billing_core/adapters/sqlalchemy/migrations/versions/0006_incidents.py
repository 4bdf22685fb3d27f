"""What is known of each incident: its id, what it is about, how often it was met, and how it was resolved.

SQLite cannot add a column where it is declared, so the table is made anew, and what was in it copied. Nobody could
resolve an incident before, so all that were there are open.
"""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_incidents_open", "incidents")
    op.rename_table("incidents", "incidents_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE incidents_before RENAME CONSTRAINT pk_incidents TO pk_incidents_before")
    incidents = op.create_table(
        "incidents",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("last_at", LONG, nullable=False),
        sa.Column("times", LONG, nullable=False),
        sa.Column("resolved_at", LONG, nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_incidents"),
        sqlite_strict=True,
    )
    before = op.get_bind().execute(sa.text("SELECT account_id, key, kind, detail, at FROM incidents_before"))
    rows = [
        {
            **row._mapping,
            "id": _id_of(row.account_id, row.key),
            "about": "{}",
            "last_at": row.at,
            "times": 1,
        }
        for row in before
    ]
    if rows:
        op.bulk_insert(incidents, rows)
    op.drop_table("incidents_before")
    resolved_at: sa.ColumnElement[int] = sa.column("resolved_at")
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["at", "id"],
        sqlite_where=resolved_at.is_(None),
        postgresql_where=resolved_at.is_(None),
    )
    op.create_index("ix_incidents_id", "incidents", ["id"], unique=True)
    op.create_index("ix_incidents_at", "incidents", ["at", "id"])


def _id_of(account_id: str, key: str) -> str:
    """As domain/incidents.py makes it."""
    return "inc_" + sha256(f"{len(account_id)}:{account_id}{key}".encode()).hexdigest()[:16]
