"""On PostgreSQL the bodies of webhooks stay as they are: compressing them took it half of their time."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE inbox SET (toast_tuple_target = 8160)")
