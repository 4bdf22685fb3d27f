"""The tables. Those of an account have keys that begin with its id; times are whole microseconds since 1970, UTC.

Whole numbers rather than a database's own type of time: they sort, compare and index alike everywhere.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    false,
    literal_column,
)

from billing_core.adapters.books.columns import LARGEST
from billing_core.ports.inbox import REQUEST

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# SQLite's strict tables know INTEGER, TEXT and BLOB, and nothing else.
Long = BigInteger().with_variant(Integer(), "sqlite")
Flag = Boolean().with_variant(Integer(), "sqlite")


def _table(name: str, *parts: Any, **options: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, **options)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _long(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Long, nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Flag, nullable=False)


def _between(name: str, low: int, high: int) -> CheckConstraint:
    return CheckConstraint(f"{name} BETWEEN {low} AND {high}", name=name)


def _where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


accounts = _table(
    "accounts",
    Column("id", Text, primary_key=True),
    _long("version"),
    _long("schema"),
    Column("snapshot", LargeBinary, nullable=False),
    _text("email"),
    _text("name"),
    _text("customer_id", nullable=True),
    _text("plan"),
    _text("status"),
    _long("available"),
    _long("held"),
    _long("debt"),
    _flag("suspended"),
    _long("opened_at", nullable=True),
    _long("next_due_at", nullable=True),
    _between("available", 0, LARGEST),
    _between("held", 0, LARGEST),
    _between("debt", 0, LARGEST),
)
Index("ix_accounts_email", accounts.c.email)
Index("ix_accounts_customer_id", accounts.c.customer_id)
Index("ix_accounts_next_due_at", accounts.c.next_due_at, **_where(accounts.c.next_due_at.is_not(None)))

events = _table(
    "events",
    Column("account_id", Text, primary_key=True),
    Column("number", Long, primary_key=True, autoincrement=False),
    _long("at"),
    _text("type"),
    _long("schema"),
    _text("payload"),
    _text("cause", nullable=True),
    _text("commit_id"),
)

inbox = _table(
    "inbox",
    Column("account_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    _text("kind"),
    _text("status"),
    _text("fingerprint"),
    Column("answer", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _text("error", nullable=True),
    _long("attempts"),
    _long("received_at"),
    _text("commit_id"),
    CheckConstraint("status IN ('started', 'processed', 'failed', 'dead')", name="status"),
)
Index("ix_inbox_status", inbox.c.status, inbox.c.received_at)
is_request = inbox.c.kind == literal_column(f"'{REQUEST}'")  # as an argument, it would not be seen to fit the index
Index("ix_inbox_requests", inbox.c.status, inbox.c.received_at, **_where(is_request))

generations = _table(
    "generations",
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("prompt"),
    _text("model"),
    _text("size"),
    _text("quality"),
    _long("n"),
    _long("credits"),
    _long("priority"),
    _flag("private"),
    _flag("watermark"),
    _long("created_at"),
    _long("expires_at"),
    _text("status"),
    _long("started_at", nullable=True),
    _long("ended_at", nullable=True),
    _long("charged"),
    _text("failure_code", nullable=True),
    _text("failure_message", nullable=True),
    _between("credits", 0, LARGEST),
    _between("charged", 0, LARGEST),
)
Index("ix_generations_id", generations.c.id)
Index("ix_generations_status", generations.c.status, generations.c.expires_at)

images = _table(
    "images",
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("generation_id"),
    _text("key"),
    _long("width"),
    _long("height"),
    _text("format"),
    _flag("private"),
    _flag("watermark"),
    _flag("deleted"),
    _long("created_at"),
    ForeignKeyConstraint(["account_id", "generation_id"], ["generations.account_id", "generations.id"]),
)
is_public = and_(images.c.private == false(), images.c.deleted == false())
Index("ix_images_generation", images.c.account_id, images.c.generation_id)
Index("ix_images_id", images.c.id)
Index("ix_images_gallery", images.c.id.desc(), **_where(is_public))

attempts = _table(
    "attempts",
    Column("account_id", Text, primary_key=True),
    Column("generation_id", Text, primary_key=True),
    Column("number", Long, primary_key=True, autoincrement=False),
    _text("outcome"),
    _long("started_at"),
    _long("ended_at", nullable=True),
    _text("error", nullable=True),
    _text("provider_request_id", nullable=True),
    _long("input_tokens", nullable=True),
    _long("output_tokens", nullable=True),
    ForeignKeyConstraint(["account_id", "generation_id"], ["generations.account_id", "generations.id"]),
)

partials = _table(
    "partials",
    Column("account_id", Text, primary_key=True),
    Column("generation_id", Text, primary_key=True),
    Column("attempt", Long, primary_key=True, autoincrement=False),
    Column("number", Long, primary_key=True, autoincrement=False),
    _text("key"),
    _long("width"),
    _long("height"),
    _text("format"),
    _long("at"),
    ForeignKeyConstraint(["account_id", "generation_id"], ["generations.account_id", "generations.id"]),
)

incidents = _table(
    "incidents",
    Column("account_id", Text, primary_key=True),  # empty where no account is known
    Column("key", Text, primary_key=True),
    _text("id"),
    _text("kind"),
    _text("detail"),
    _text("about"),
    _long("at"),
    _long("last_at"),
    _long("times"),
    _long("resolved_at", nullable=True),
    _text("resolved_by", nullable=True),
    _text("resolution", nullable=True),
    _text("note", nullable=True),
)
Index("ix_incidents_open", incidents.c.at, incidents.c.id, **_where(incidents.c.resolved_at.is_(None)))
Index("ix_incidents_id", incidents.c.id, unique=True)
Index("ix_incidents_at", incidents.c.at, incidents.c.id)

fraud_warnings = _table(
    "fraud_warnings",
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("payment"),
    _text("kind"),
    _text("risk"),
    _text("policy"),
    _flag("actionable"),
    _long("at"),
    _text("status"),
    _text("notes"),
    _long("updated_at", nullable=True),
    _text("updated_by", nullable=True),
)
Index("ix_fraud_warnings_id", fraud_warnings.c.id)
Index("ix_fraud_warnings_at", fraud_warnings.c.at, fraud_warnings.c.id)

api_keys = _table(
    "api_keys",
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("scopes"),
    _text("hint"),
    _text("digest"),
    _long("made_at"),
    _long("used_at", nullable=True),
)
Index("ix_api_keys_digest", api_keys.c.digest, unique=True)

standings = _table(
    "standings",
    Column("account_id", Text, primary_key=True),
    _long("version"),
    _text("plan"),
    _text("status"),
    _text("currency", nullable=True),
    _long("mrr_minor"),
)

daily_figures = _table(
    "daily_figures",
    Column("day", Long, primary_key=True, autoincrement=False),  # whole days since 1970, UTC
    Column("name", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    _long("amount"),
)

jobs = _table(
    "jobs",
    Column("id", Long, primary_key=True, autoincrement=True),
    _text("task"),
    _text("args"),
    _long("place"),
    _long("not_before"),
    _text("key", nullable=True),
    _long("attempt"),
    _long("leased_until", nullable=True),
    _text("error", nullable=True),
    _long("created_at"),
    sqlite_autoincrement=True,  # an id that came again would let an old claim finish another job
)
is_waiting = and_(jobs.c.leased_until.is_(None), jobs.c.key.is_not(None))
Index("ix_jobs_place", jobs.c.task, jobs.c.place, jobs.c.id)
Index("ix_jobs_key", jobs.c.key, unique=True, **_where(is_waiting))

owners = _table(
    "owners",
    Column("provider_id", Text, primary_key=True),
    _text("account_id"),
    _long("claimed_at"),
)
Index("ix_owners_account", owners.c.account_id)

parked = _table(
    "parked",
    Column("event_id", Text, primary_key=True),
    _text("provider_id"),
    _text("kind"),
    Column("body", LargeBinary, nullable=False),
    _long("received_at"),
)
Index("ix_parked_provider", parked.c.provider_id, parked.c.received_at)

catalogs = _table(
    "catalogs",
    Column("number", Long, primary_key=True, autoincrement=False),
    _long("since"),
    _text("text"),
)

bookmarks = _table(
    "bookmarks",
    Column("name", Text, primary_key=True),
    _text("value"),
)
