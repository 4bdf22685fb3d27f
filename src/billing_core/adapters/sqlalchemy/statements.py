"""The statements of a group on SQLite: load its accounts, load its causes, write what was planned, each once for all.

They go to the driver as they are: a layer above it would take as long for each as the database.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.selectable import TableValuedAlias

from billing_core.adapters.books.encoding import Encoded
from billing_core.adapters.books.writes import AccountWrite, Call, CauseKey, KnownCause, RecordWrite, Writes
from billing_core.adapters.sqlalchemy.prepared import Prepared
from billing_core.adapters.sqlalchemy.rows import InOrder, Values, account_row, cause_row, event_row
from billing_core.adapters.sqlalchemy.tables import accounts, events, inbox, owners
from billing_core.adapters.sqlalchemy.writers import Writer, conflicts_of, writers
from billing_core.ports.errors import StaleVersion
from billing_core.ports.records import CauseStatus, IncidentRaised, OwnerClaimed


def each(name: str) -> TableValuedAlias:
    """The members of the list that is the argument of that name, told as JSON, as a column `value`."""
    return func.json_each(bindparam(name, type_=Text)).table_valued("value")


def listed(column: Column[str], name: str) -> ColumnElement[bool]:
    """Whether the column is one of that list."""
    return column.in_(select(each(name).c.value))


def _prepared(statement: Executable) -> Prepared:
    return Prepared(statement, _DIALECT)


_DIALECT = sqlite.dialect()
_wanted = each("wanted")
_LOAD_ACCOUNTS = _prepared(
    select(accounts.c.id, accounts.c.schema, accounts.c.snapshot).where(listed(accounts.c.id, "wanted"))
)
_LOAD_CAUSES = _prepared(
    select(inbox.c.account_id, inbox.c.key, inbox.c.status, inbox.c.fingerprint, inbox.c.answer).join_from(
        _wanted,
        inbox,
        and_(
            inbox.c.account_id == func.json_extract(_wanted.c.value, "$[0]"),
            inbox.c.key == func.json_extract(_wanted.c.value, "$[1]"),
        ),
    )
)
_LOAD_OWNERS = _prepared(
    select(owners.c.provider_id, owners.c.account_id).where(listed(owners.c.provider_id, "wanted"))
)
_NEW_ACCOUNTS = _prepared(insert(accounts))
_CHANGED_ACCOUNTS = _prepared(
    update(accounts)
    .where(accounts.c.id == bindparam("of_account"), accounts.c.version == bindparam("before"))
    .values({column.name: bindparam(f"new_{column.name}") for column in accounts.c if column.name != "id"})
)
_NEW_VALUES = [f"new_{column.name}" for column in accounts.c]
_NEW_EVENTS = _prepared(insert(events))


def upserted_causes(wanted: Any) -> Any:
    """Failures add up; the first fingerprint and time stay; a processed cause is never written over."""
    written = ("kind", "status", "answer", "body", "error", "commit_id")
    return wanted.on_conflict_do_update(
        index_elements=list(inbox.primary_key),
        set_={name: wanted.excluded[name] for name in written}
        | {"attempts": inbox.c.attempts + wanted.excluded.attempts},
        where=inbox.c.status != literal_column(f"'{CauseStatus.PROCESSED.value}'"),  # no argument of each row
    )


_CAUSES = _prepared(upserted_causes(sqlite.insert(inbox)))
WRITERS = writers(sqlite.insert, _DIALECT)


def load_accounts(driver: sqlite3.Connection, calls: Sequence[Call[Any]]) -> dict[str, Encoded]:
    """The snapshots of those accounts of the group that there are."""
    wanted = sorted({call.account_id for call in calls})
    rows = _found(driver, _LOAD_ACCOUNTS, wanted)
    return {account_id: Encoded(schema, snapshot) for account_id, schema, snapshot in rows}


def load_causes(driver: sqlite3.Connection, calls: Sequence[Call[Any]]) -> dict[CauseKey, KnownCause]:
    """What is known of the group's causes; asked after the lock is held, so that nothing slips in between."""
    keys = sorted({(call.account_id, call.cause.key) for call in calls if call.cause is not None})
    if not keys:
        return {}
    rows = _found(driver, _LOAD_CAUSES, keys)
    return {
        (account_id, key): KnownCause(CauseStatus(status), fingerprint, answer)
        for account_id, key, status, fingerprint, answer in rows
    }


def load_owners(driver: sqlite3.Connection, provider_ids: Collection[str]) -> dict[str, str]:
    """Who owns each of the ids that has an owner."""
    return dict(_found(driver, _LOAD_OWNERS, list(provider_ids)))


def _found(driver: sqlite3.Connection, statement: Prepared, wanted: Sequence[Any]) -> list[Any]:
    return driver.execute(
        statement.text, statement.arguments({"wanted": msgspec.json.encode(wanted).decode()})
    ).fetchall()


def write(driver: sqlite3.Connection, writes: Writes) -> None:
    """Writes the plan. Raises StaleVersion where an account is not as it was when it was decided on."""
    _write_accounts(driver, writes.accounts)
    if writes.events:
        _insert(driver, _NEW_EVENTS, [event_row(event, writes.commit_id) for event in writes.events])
    if writes.causes:
        _insert(driver, _CAUSES, [cause_row(cause, writes.commit_id) for cause in writes.causes])
    for kind, writer in WRITERS.items():
        if kind in writes.records:
            _write_records(driver, writer, writes.records[kind])
    if claims := writes.records.get(OwnerClaimed):
        owner_of = load_owners(driver, [write.record.provider_id for write in claims])
        if conflicts := conflicts_of(claims, owner_of):
            _write_records(driver, WRITERS[IncidentRaised], conflicts)


def _write_records(driver: sqlite3.Connection, writer: Writer, writes: Sequence[RecordWrite]) -> None:
    rows = [writer.row(write) for write in writes]
    for statement in writer.statements:
        _run(driver, statement, rows)


def _write_accounts(driver: sqlite3.Connection, writes: Sequence[AccountWrite]) -> None:
    new = [account_row(account) for account in writes if account.before == 0]
    changed = [_changed_row(account) for account in writes if account.before != 0]
    if new:
        _insert(driver, _NEW_ACCOUNTS, new)
    if changed and _run(driver, _CHANGED_ACCOUNTS, changed) != len(changed):
        raise StaleVersion(", ".join(row["of_account"] for row in changed))


def _insert(driver: sqlite3.Connection, statement: Prepared, rows: Sequence[InOrder]) -> None:
    driver.executemany(statement.text, rows)


def _run(driver: sqlite3.Connection, statement: Prepared, rows: Sequence[Values]) -> int:
    """Runs it once for each row; how many rows of the table it hit."""
    return driver.executemany(statement.text, [statement.arguments(row) for row in rows]).rowcount


def _changed_row(write: AccountWrite) -> Values:
    return {
        "of_account": write.account_id,
        "before": write.before,
        **dict(zip(_NEW_VALUES, account_row(write), strict=True)),
    }
