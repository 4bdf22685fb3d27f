"""Early fraud warnings with what was made of each; and figures for operators: where each account stands, and each day.

The figures follow from the events, so the tables begin empty and are filled by the first reckoning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fraud_warnings",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("actionable", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("updated_at", LONG, nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_fraud_warnings"),
        sqlite_strict=True,
    )
    op.create_index("ix_fraud_warnings_id", "fraud_warnings", ["id"])
    op.create_index("ix_fraud_warnings_at", "fraud_warnings", ["at", "id"])
    op.create_table(
        "standings",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("version", LONG, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("mrr_minor", LONG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_standings"),
        sqlite_strict=True,
    )
    op.create_table(
        "daily_figures",
        sa.Column("day", LONG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("amount", LONG, nullable=False),
        sa.PrimaryKeyConstraint("day", "name", "label", name="pk_daily_figures"),
        sqlite_strict=True,
    )
