"""A cause that is not tried again by itself is dead.

SQLite cannot change a check of a table, so there the table is made anew, and what was in it copied.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATUS = "status IN ('started', 'processed', 'failed', 'dead')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_inbox_status"), "inbox", type_="check")
        op.create_check_constraint(op.f("ck_inbox_status"), "inbox", STATUS)
        return
    op.drop_index("ix_inbox_status", "inbox")
    op.rename_table("inbox", "inbox_before")
    op.create_table(
        "inbox",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.CheckConstraint(STATUS, name=op.f("ck_inbox_status")),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_inbox"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO inbox SELECT * FROM inbox_before")
    op.drop_table("inbox_before")
    op.create_index("ix_inbox_status", "inbox", ["status", "received_at"])
