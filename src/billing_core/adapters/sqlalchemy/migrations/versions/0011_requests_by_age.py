"""What was answered under an idempotency key is found by its age, so that it can be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

REQUEST = sa.text("kind = 'http'")


def upgrade() -> None:
    op.create_index(
        "ix_inbox_requests",
        "inbox",
        ["status", "received_at"],
        sqlite_where=REQUEST,
        postgresql_where=REQUEST,
    )
