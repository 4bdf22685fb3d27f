"""What is known of each attempt, unfinished pictures, and the place in line of a job.

Whether an older attempt had ended is told by its outcome. SQLite cannot add a column where it
is declared, so the tables are made anew, and what was in them copied; the ids of jobs go on from where they
were.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HEAD_START_S = 30
EPOCH_S = 1_577_836_800  # 2020, from which Procrastinate's priorities count


def upgrade() -> None:
    op.drop_index("ix_generations_status", "generations")
    op.create_index("ix_generations_status", "generations", ["status", "expires_at"])
    op.create_index("ix_generations_id", "generations", ["id"])
    _make_attempts()
    _make_partials()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"UPDATE procrastinate_jobs SET priority = priority * {HEAD_START_S}"
            f" - floor(extract(epoch from now()) - {EPOCH_S})"
        )
    else:
        _make_jobs()


def _make_attempts() -> None:
    op.rename_table("attempts", "attempts_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE attempts_before RENAME CONSTRAINT pk_attempts TO pk_attempts_before")
    op.create_table(
        "attempts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("started_at", LONG, nullable=False),
        sa.Column("ended_at", LONG, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("provider_request_id", sa.Text(), nullable=True),
        sa.Column("input_tokens", LONG, nullable=True),
        sa.Column("output_tokens", LONG, nullable=True),
        _of_a_generation("attempts"),
        sa.PrimaryKeyConstraint("account_id", "generation_id", "number", name="pk_attempts"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO attempts (account_id, generation_id, number, outcome, started_at, ended_at)"
        " SELECT account_id, generation_id, number, outcome, at, CASE WHEN outcome <> 'started' THEN at END"
        " FROM attempts_before"
    )
    op.drop_table("attempts_before")


def _make_partials() -> None:
    op.create_table(
        "partials",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("attempt", LONG, autoincrement=False, nullable=False),
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("width", LONG, nullable=False),
        sa.Column("height", LONG, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        _of_a_generation("partials"),
        sa.PrimaryKeyConstraint("account_id", "generation_id", "attempt", "number", name="pk_partials"),
        sqlite_strict=True,
    )


def _of_a_generation(table: str) -> Any:
    return sa.ForeignKeyConstraint(
        ["account_id", "generation_id"], ["generations.account_id", "generations.id"], name=f"fk_{table}_generations"
    )


def _make_jobs() -> None:
    op.drop_index("ix_jobs_key", "jobs")
    op.drop_index("ix_jobs_order", "jobs")
    op.rename_table("jobs", "jobs_before")
    op.create_table(
        "jobs",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("place", LONG, nullable=False),
        sa.Column("not_before", LONG, nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("attempt", LONG, nullable=False),
        sa.Column("leased_until", LONG, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.execute(
        f"INSERT INTO jobs SELECT id, task, args, created_at - priority * {HEAD_START_S * 1_000_000},"
        " not_before, key, attempt, leased_until, error, created_at FROM jobs_before"
    )
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'jobs'")
    op.execute("UPDATE sqlite_sequence SET name = 'jobs' WHERE name = 'jobs_before'")
    op.drop_table("jobs_before")
    op.create_index(
        "ix_jobs_key",
        "jobs",
        ["key"],
        unique=True,
        sqlite_where=sa.and_(sa.column("leased_until").is_(None), sa.column("key").is_not(None)),
    )
    op.create_index("ix_jobs_place", "jobs", ["task", "place", "id"])
