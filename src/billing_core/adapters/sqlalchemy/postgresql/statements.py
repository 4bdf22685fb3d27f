"""The statements of a group: one that locks its accounts, one that looks up its causes, one that writes.

A decision on an account makes a row of it, some events, and often a cause: these go together. Other records
are rarer; each kind of them has a statement of its own.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Table, any_, bindparam, func, insert, literal, select, true, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from billing_core.adapters.books.encoding import Encoded
from billing_core.adapters.books.writes import Call, CauseKey, KnownCause, RecordWrite, Writes
from billing_core.adapters.sqlalchemy.postgresql.prepared import DIALECT, arrays, prepared, typed_rows, unnested
from billing_core.adapters.sqlalchemy.prepared import Prepared
from billing_core.adapters.sqlalchemy.procrastinate_jobs import QUEUE_JOBS, job_arguments
from billing_core.adapters.sqlalchemy.rows import account_row, cause_row, event_row
from billing_core.adapters.sqlalchemy.statements import upserted_causes
from billing_core.adapters.sqlalchemy.tables import accounts, events, inbox, owners
from billing_core.adapters.sqlalchemy.writers import Writer, conflicts_of, writers
from billing_core.ports.errors import StaleVersion
from billing_core.ports.records import CauseStatus, IncidentRaised, Job, OwnerClaimed


def _columns(table: Table) -> dict[str, Column[Any]]:
    return {column.name: column for column in table.c}


_IDS = bindparam("ids", type_=ARRAY(accounts.c.id.type))
_LOCK = prepared(
    select(accounts.c.id, accounts.c.version, accounts.c.schema, accounts.c.snapshot)
    .where(accounts.c.id == any_(_IDS))
    .order_by(accounts.c.id)
    .with_for_update(key_share=True)
)


def _opening() -> Prepared:
    """An account that was never seen gets an empty row, so that there is something to lock."""
    wanted = unnested("account", {"id": accounts.c.id})
    empty = {"version": 0, "schema": 0, "snapshot": b"", "email": "", "name": "", "plan": "", "status": "none"}
    values = {**empty, "available": 0, "held": 0, "debt": 0, "suspended": False}
    columns = [wanted.c.id, *(literal(value, accounts.c[name].type) for name, value in values.items())]
    rows = select(*columns).order_by(wanted.c.id)
    return prepared(postgresql.insert(accounts).from_select(["id", *values], rows).on_conflict_do_nothing())


def _looking_up() -> Prepared:
    """Each cause by its key alone: a plain join may be planned as a walk over all causes of the account."""
    wanted = unnested("cause", {"account_id": inbox.c.account_id, "key": inbox.c.key})
    known = (
        select(inbox.c.status, inbox.c.fingerprint, inbox.c.answer)
        .where(inbox.c.account_id == wanted.c.account_id, inbox.c.key == wanted.c.key)
        .limit(1)
        .lateral("known")
    )
    return prepared(select(wanted.c.account_id, wanted.c.key, known).select_from(wanted.join(known, true())))


def _writing() -> Prepared:
    """Accounts, events and causes in one statement, which tells how many accounts were as they were expected."""
    account = typed_rows("account", {**_columns(accounts), "before": accounts.c.version})
    changed = (
        update(accounts)
        .where(accounts.c.id == account.c.id, accounts.c.version == account.c.before)
        .values({name: account.c[name] for name in _columns(accounts) if name != "id"})
        .returning(literal(1).label("one"))
        .cte("changed_accounts")
    )
    new_events = insert(events).from_select(list(_columns(events)), select(typed_rows("event", _columns(events))))
    causes = postgresql.insert(inbox).from_select(list(_columns(inbox)), select(typed_rows("cause", _columns(inbox))))
    return prepared(
        select(func.count())
        .select_from(changed)
        .add_cte(new_events.cte("new_events"), upserted_causes(causes).cte("written_causes"))
    )


def _claiming() -> Prepared:
    """An id that has an owner keeps it; the owner of each that another account claims."""
    claim = unnested("owner", _columns(owners))
    claims = (
        postgresql.insert(owners)
        .from_select(list(_columns(owners)), select(claim).order_by(claim.c.provider_id))
        .on_conflict_do_nothing()
        .returning(owners.c.provider_id, owners.c.account_id)
        .cte("claims")
    )
    before = select(owners.c.account_id).where(owners.c.provider_id == claim.c.provider_id).limit(1).lateral("before")
    owner = func.coalesce(before.c.account_id, claims.c.account_id)
    return prepared(
        select(claim.c.provider_id, owner)
        .select_from(claim.outerjoin(before, true()).outerjoin(claims, claims.c.provider_id == claim.c.provider_id))
        .where(owner != claim.c.account_id)
    )


_OPEN, _LOOK_UP, _WRITE, _CLAIM = _opening(), _looking_up(), _writing(), _claiming()
_LANDED_EVENT = prepared(
    select(events.c.commit_id).where(
        events.c.account_id == bindparam("account_id"), events.c.number == bindparam("number")
    )
)
_LANDED_CAUSE = prepared(
    select(inbox.c.commit_id).where(inbox.c.account_id == bindparam("account_id"), inbox.c.key == bindparam("key"))
)
_WRITERS = writers(postgresql.insert, DIALECT)
_OTHERS = {kind: writer for kind, writer in _WRITERS.items() if kind not in {Job, OwnerClaimed}}
_OWNER = tuple(_columns(owners))


async def lock_accounts(connection: Any, account_ids: Iterable[str]) -> dict[str, Encoded]:
    """Locks the accounts in the order of their keys, so that no two groups wait for each other; the snapshots.

    It begins the transaction. Accounts that were never seen are opened first, in a short transaction of their own.
    """
    ids = sorted(set(account_ids))
    await connection.execute("BEGIN")
    rows = await connection.fetch(_LOCK.text, ids)
    if len(rows) < len(ids):
        await connection.execute("ROLLBACK")
        missing = sorted(set(ids) - {row[0] for row in rows})
        await connection.execute(_OPEN.text, *_OPEN.arguments({"account_id": missing}))
        await connection.execute("BEGIN")
        rows = await connection.fetch(_LOCK.text, ids)
    return {account_id: Encoded(schema, snapshot) for account_id, version, schema, snapshot in rows if version}


async def load_causes(connection: Any, calls: Sequence[Call[Any]]) -> dict[CauseKey, KnownCause]:
    """What is known of the group's causes; asked after the lock is held, so that nothing slips in between."""
    keys = {(call.account_id, call.cause.key) for call in calls if call.cause is not None}
    if not keys:
        return {}
    given = arrays("cause", ("account_id", "key"), tuple(keys))
    return {
        (account_id, key): KnownCause(CauseStatus(status), fingerprint, answer)
        for account_id, key, status, fingerprint, answer in await connection.fetch(
            _LOOK_UP.text, *_LOOK_UP.arguments(given)
        )
    }


async def write(connection: Any, writes: Writes) -> None:
    """Writes the plan. Raises StaleVersion where an account is not as it was when it was decided on."""
    if writes.accounts or writes.causes:
        await _write_changes(connection, writes)
    for kind, writer in _OTHERS.items():
        if kind in writes.records:
            await _write_records(connection, writer, writes.records[kind])
    if claims := writes.records.get(OwnerClaimed):
        await _write_claims(connection, claims)
    if jobs := writes.records.get(Job):
        await connection.execute(QUEUE_JOBS, *job_arguments(jobs))


async def _write_records(connection: Any, writer: Writer, writes: Sequence[RecordWrite]) -> None:
    rows = [writer.row(write) for write in writes]
    for statement in writer.statements:
        await connection.executemany(statement.text, [statement.arguments(row) for row in rows])


async def _write_claims(connection: Any, claims: Sequence[RecordWrite]) -> None:
    """What another account owns stays its own, and is shown to a person."""
    row = _WRITERS[OwnerClaimed].row
    given = arrays("owner", _OWNER, [itemgetter(*_OWNER)(row(write)) for write in claims])
    if taken := await connection.fetch(_CLAIM.text, *_CLAIM.arguments(given)):
        conflicts = conflicts_of(claims, dict(map(tuple, taken)))
        await _write_records(connection, _WRITERS[IncidentRaised], conflicts)


async def _write_changes(connection: Any, writes: Writes) -> None:
    given = {
        "account": [(*account_row(write), write.before) for write in writes.accounts],
        "event": [event_row(write, writes.commit_id) for write in writes.events],
        "cause": [cause_row(write, writes.commit_id) for write in writes.causes],
    }
    if await connection.fetchval(_WRITE.text, *_WRITE.arguments(given)) != len(writes.accounts):
        raise StaleVersion(", ".join(write.account_id for write in writes.accounts))


async def has_landed(connection: Any, writes: Writes) -> bool:
    """Whether the group was committed, as far as it left anything that says so: an event or a cause.

    A group that wrote neither made only records, which may be written twice.
    """
    found = None
    if writes.events:
        first = writes.events[0]
        found = await connection.fetchval(_LANDED_EVENT.text, *_named(_LANDED_EVENT, first, number=first.number))
    elif writes.causes:
        cause = writes.causes[0]
        found = await connection.fetchval(_LANDED_CAUSE.text, *_named(_LANDED_CAUSE, cause, key=cause.key))
    return bool(found == writes.commit_id)


def _named(statement: Prepared, write: Any, **more: Any) -> Sequence[Any]:
    return statement.arguments({"account_id": write.account_id, **more})
