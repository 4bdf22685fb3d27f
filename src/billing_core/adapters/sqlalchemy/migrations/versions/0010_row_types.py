"""On PostgreSQL the rows of a group are sent as values of these types: an account's, its events', and its causes'."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TYPES = (
    """
CREATE TYPE account_row AS (
    id text, version bigint, schema bigint, snapshot bytea, email text, name text, customer_id text, plan text,
    status text, available bigint, held bigint, debt bigint, suspended boolean, opened_at bigint, next_due_at bigint,
    before bigint
)
""",
    """
CREATE TYPE event_row AS (
    account_id text, number bigint, at bigint, type text, schema bigint, payload text, cause text, commit_id text
)
""",
    """
CREATE TYPE cause_row AS (
    account_id text, key text, kind text, status text, fingerprint text, answer bytea, body bytea, error text,
    attempts bigint, received_at bigint, commit_id text
)
""",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in TYPES:
            op.execute(statement)
