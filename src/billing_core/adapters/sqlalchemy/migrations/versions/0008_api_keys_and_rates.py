"""API keys, as digests; and on PostgreSQL how often something may happen, which is counted for all processes.

That table is not logged: without its rows somebody asks a little more often once, and writing them waits for nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", LONG, nullable=False),
        sa.Column("used_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_api_keys"),
        sqlite_strict=True,
    )
    op.create_index("ix_api_keys_digest", "api_keys", ["digest"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.create_table(
            "rates",
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("full_at", LONG, nullable=False),
            sa.Column("granted", LONG, nullable=False),
            sa.PrimaryKeyConstraint("name", name="pk_rates"),
            prefixes=["UNLOGGED"],
        )
