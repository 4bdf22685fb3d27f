"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def _where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", LONG, nullable=False),
        sa.Column("schema", LONG, nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("available", LONG, nullable=False),
        sa.Column("held", LONG, nullable=False),
        sa.Column("debt", LONG, nullable=False),
        sa.Column("suspended", FLAG, nullable=False),
        sa.Column("opened_at", LONG, nullable=True),
        sa.Column("next_due_at", LONG, nullable=True),
        sa.CheckConstraint("available BETWEEN 0 AND 1000000000000000", name=op.f("ck_accounts_available")),
        sa.CheckConstraint("debt BETWEEN 0 AND 1000000000000000", name=op.f("ck_accounts_debt")),
        sa.CheckConstraint("held BETWEEN 0 AND 1000000000000000", name=op.f("ck_accounts_held")),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sqlite_strict=True,
    )
    op.create_index("ix_accounts_customer_id", "accounts", ["customer_id"])
    op.create_index("ix_accounts_email", "accounts", ["email"])
    op.create_index(
        "ix_accounts_next_due_at", "accounts", ["next_due_at"], **_where(sa.column("next_due_at").is_not(None))
    )
    op.create_table(
        "catalogs",
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_catalogs"),
        sqlite_strict=True,
    )
    op.create_table(
        "generations",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("n", LONG, nullable=False),
        sa.Column("credits", LONG, nullable=False),
        sa.Column("priority", LONG, nullable=False),
        sa.Column("private", FLAG, nullable=False),
        sa.Column("watermark", FLAG, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", LONG, nullable=True),
        sa.Column("ended_at", LONG, nullable=True),
        sa.Column("charged", LONG, nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.CheckConstraint("charged BETWEEN 0 AND 1000000000000000", name=op.f("ck_generations_charged")),
        sa.CheckConstraint("credits BETWEEN 0 AND 1000000000000000", name=op.f("ck_generations_credits")),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_generations"),
        sqlite_strict=True,
    )
    op.create_index("ix_generations_status", "generations", ["status", "created_at"])
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
        sa.Column("attempts", LONG, nullable=False),
        sa.Column("received_at", LONG, nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('started', 'processed', 'failed')", name=op.f("ck_inbox_status")),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_inbox"),
        sqlite_strict=True,
    )
    op.create_index("ix_inbox_status", "inbox", ["status", "received_at"])
    op.create_table(
        "incidents",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("resolved_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_incidents"),
        sqlite_strict=True,
    )
    op.create_index("ix_incidents_open", "incidents", ["at"], **_where(sa.column("resolved_at").is_(None)))
    op.create_table(
        "jobs",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("priority", LONG, nullable=False),
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
    op.create_index(
        "ix_jobs_key",
        "jobs",
        ["key"],
        unique=True,
        **_where(sa.and_(sa.column("leased_until").is_(None), sa.column("key").is_not(None))),
    )
    op.create_index("ix_jobs_order", "jobs", [sa.text("priority DESC"), "id"])
    op.create_table(
        "owners",
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("claimed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name="pk_owners"),
        sqlite_strict=True,
    )
    op.create_index("ix_owners_account", "owners", ["account_id"])
    op.create_table(
        "parked",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_parked"),
        sqlite_strict=True,
    )
    op.create_index("ix_parked_provider", "parked", ["provider_id", "received_at"])
    op.create_table(
        "attempts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "generation_id"],
            ["generations.account_id", "generations.id"],
            name="fk_attempts_generations",
        ),
        sa.PrimaryKeyConstraint("account_id", "generation_id", "number", name="pk_attempts"),
        sqlite_strict=True,
    )
    op.create_table(
        "events",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("schema", LONG, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_events"),
        sqlite_strict=True,
    )
    op.create_table(
        "images",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("width", LONG, nullable=False),
        sa.Column("height", LONG, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("private", FLAG, nullable=False),
        sa.Column("watermark", FLAG, nullable=False),
        sa.Column("deleted", FLAG, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "generation_id"], ["generations.account_id", "generations.id"], name="fk_images_generations"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_images"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_images_gallery",
        "images",
        [sa.text("id DESC")],
        **_where(sa.and_(sa.column("private") == sa.false(), sa.column("deleted") == sa.false())),
    )
    op.create_index("ix_images_generation", "images", ["account_id", "generation_id"])
    op.create_index("ix_images_id", "images", ["id"])
    # ### end Alembic commands ###
