"""One writer per kind of record: the statements that write it, and the row that it becomes.

Each statement runs once for all the rows of its kind in a group. `insert` is the dialect's own, since upserts are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Executable, bindparam, case, literal, null, select

from billing_core.adapters.books.line import place_of
from billing_core.adapters.books.text import encoded
from billing_core.adapters.books.words import claimed_about
from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.generation_writers import (
    attempt_row,
    change_image,
    changed_row,
    forget_partials,
    generation_row,
    image_row,
    make_attempt,
    make_partial,
    move_generation,
    moved_row,
    partial_row,
)
from billing_core.adapters.sqlalchemy.rows import Insert, Values, micros
from billing_core.adapters.sqlalchemy.tables import generations, images, incidents, is_waiting, jobs, owners
from billing_core.adapters.sqlalchemy.warning_writers import keep_warning, kept_row, note_warning, noted_row
from billing_core.domain.incidents import IncidentKind, incident_id
from billing_core.ports.incidents import Incident
from billing_core.ports.records import (
    AttemptMade,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
    IncidentRaised,
    Job,
    OwnerClaimed,
    PartialMade,
    Record,
    WarningKept,
    WarningNoted,
)

CONFLICT = ["account_id", "key", "id", "kind", "detail", "about", "at", "last_at", "times"]
"""The columns of an incident that a claim of an owned id makes."""


@frozen
class Writer:
    """Writes one kind of record."""

    statements: tuple[Executable, ...]
    row: Callable[[RecordWrite], Values]

    def write(self, connection: Connection, writes: tuple[RecordWrite, ...]) -> None:
        rows = [self.row(write) for write in writes]
        for statement in self.statements:
            connection.execute(statement, rows)


def writers(insert: Insert) -> Mapping[type[Record], Writer]:
    """In the order in which they write. CauseFailed is not here: the planner folds it into its inbox row."""
    return {
        GenerationOpened: Writer((insert(generations),), generation_row),
        GenerationMoved: Writer((move_generation(), forget_partials()), moved_row),
        AttemptMade: Writer((make_attempt(insert),), attempt_row),
        PartialMade: Writer((make_partial(insert),), partial_row),
        ImageAdded: Writer((insert(images),), image_row),
        ImageChanged: Writer((change_image(),), changed_row),
        Job: Writer((_queue_job(insert),), _job_row),
        IncidentRaised: Writer((raise_incident(insert),), _incident_row),
        OwnerClaimed: Writer((_claim_owner(insert), _report_conflict(insert)), _owner_row),
        WarningKept: Writer((keep_warning(insert),), kept_row),
        WarningNoted: Writer((note_warning(),), noted_row),
    }


def _queue_job(insert: Insert) -> Executable:
    """Where a job of that key waits already, that one is moved forward instead."""
    wanted = insert(jobs)
    sooner = wanted.excluded.not_before < jobs.c.not_before
    ahead = wanted.excluded.place < jobs.c.place
    upsert: Executable = wanted.on_conflict_do_update(
        index_elements=[jobs.c.key],
        index_where=is_waiting,
        set_={
            "not_before": case((sooner, wanted.excluded.not_before), else_=jobs.c.not_before),
            "place": case((ahead, wanted.excluded.place), else_=jobs.c.place),
        },
    )
    return upsert


def raise_incident(insert: Insert) -> Executable:
    """The same key keeps the first one, and counts; one that was resolved before it was met again is open again."""
    upsert: Executable = met_again(insert(incidents))
    return upsert


def met_again(met: Any) -> Any:
    """The insert, where the incident may be there already."""
    again = met.excluded.at > incidents.c.resolved_at  # unknown, so no, where it is open
    told = {
        name: case((again, met.excluded[name]), else_=incidents.c[name]) for name in ("kind", "detail", "about", "at")
    }
    reopened = {
        column.name: case((again, null()), else_=column)
        for column in (incidents.c.resolved_at, incidents.c.resolved_by, incidents.c.resolution, incidents.c.note)
    }
    last_at = case((met.excluded.last_at > incidents.c.last_at, met.excluded.last_at), else_=incidents.c.last_at)
    return met.on_conflict_do_update(
        index_elements=[incidents.c.account_id, incidents.c.key],
        set_={**told, **reopened, "last_at": last_at, "times": incidents.c.times + met.excluded.times},
    )


def _claim_owner(insert: Insert) -> Executable:
    """An id that has an owner keeps it."""
    upsert: Executable = insert(owners).on_conflict_do_nothing()
    return upsert


def _report_conflict(insert: Insert) -> Executable:
    """An incident for each claim of an id that another account owns."""
    claimant: Any = bindparam("account_id")
    conflicts = select(
        claimant,
        literal("owner:") + owners.c.provider_id,
        bindparam("incident_id"),
        literal(IncidentKind.OWNER_CONFLICT.value),
        owners.c.provider_id + literal(" is owned by ") + owners.c.account_id,
        bindparam("about"),
        bindparam("claimed_at"),
        bindparam("claimed_at"),
        literal(1),
    ).where(owners.c.provider_id == bindparam("provider_id"), owners.c.account_id != claimant)
    upsert: Executable = met_again(insert(incidents).from_select(CONFLICT, conflicts))
    return upsert


def _job_row(write: RecordWrite) -> Values:
    job: Job = write.record
    return {
        "task": job.task,
        "args": encoded("job", job.args).decode(),
        "place": micros(place_of(job, write.at)),
        "not_before": 0 if job.not_before is None else micros(job.not_before),
        "key": job.key,
        "attempt": 0,
        "created_at": micros(write.at),
    }


def _incident_row(write: RecordWrite) -> Values:
    return incident_row(write.account_id, write.record)


def incident_row(account_id: str | None, raised: IncidentRaised | Incident) -> Values:
    """The row of one that is met for the first time."""
    return {
        "account_id": account_id or "",
        "key": raised.key,
        "id": incident_id(account_id, raised.key),
        "kind": raised.kind.value,
        "detail": raised.detail,
        "about": encoded("about", raised.about).decode(),
        "at": micros(raised.at),
        "last_at": micros(raised.at),
        "times": 1,
        "resolved_at": None,
        "resolved_by": None,
        "resolution": None,
        "note": None,
    }


def _owner_row(write: RecordWrite) -> Values:
    claimed: OwnerClaimed = write.record
    return {
        "provider_id": claimed.provider_id,
        "account_id": write.account_id,
        "claimed_at": micros(write.at),
        "incident_id": incident_id(write.account_id, f"owner:{claimed.provider_id}"),
        "about": encoded("about", claimed_about(claimed.provider_id)).decode(),
    }
