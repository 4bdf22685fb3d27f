"""How far long work has come, and what the books belong to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_bookmarks"),
        sqlite_strict=True,
    )
    # Until then there was no other gateway than the simulated one.
    op.execute(
        "insert into bookmarks (name, value) select 'gateway', 'simulated' where exists (select 1 from accounts)"
    )
