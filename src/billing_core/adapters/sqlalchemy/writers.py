"""One writer per kind of record: the statements that write it, and the row that it becomes.

Each statement runs once for all the rows of its kind in a group. `insert` is the dialect's own, since upserts are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Dialect, Executable, case, null

from billing_core.adapters.books.line import place_of
from billing_core.adapters.books.text import encoded
from billing_core.adapters.books.words import owned_already
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
from billing_core.adapters.sqlalchemy.prepared import Prepared
from billing_core.adapters.sqlalchemy.rows import Insert, Values, micros
from billing_core.adapters.sqlalchemy.tables import generations, images, incidents, is_waiting, jobs, owners
from billing_core.adapters.sqlalchemy.warning_writers import keep_warning, kept_row, note_warning, noted_row
from billing_core.domain.incidents import incident_id
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

NEW_JOB = ("task", "args", "place", "not_before", "key", "attempt", "created_at")


@frozen
class Writer:
    """Writes one kind of record."""

    statements: tuple[Prepared, ...]
    row: Callable[[RecordWrite], Values]


def writers(insert: Insert, dialect: Dialect) -> Mapping[type[Record], Writer]:
    """In the order in which they write. CauseFailed is not here: the planner folds it into its inbox row."""

    def writer(row: Callable[[RecordWrite], Values], *statements: Executable) -> Writer:
        return Writer(tuple([Prepared(statement, dialect) for statement in statements]), row)

    return {
        GenerationOpened: writer(generation_row, insert(generations)),
        GenerationMoved: writer(moved_row, move_generation(), forget_partials()),
        AttemptMade: writer(attempt_row, make_attempt(insert)),
        PartialMade: writer(partial_row, make_partial(insert)),
        ImageAdded: writer(image_row, insert(images)),
        ImageChanged: writer(changed_row, change_image()),
        Job: Writer((Prepared(_queue_job(insert), dialect, NEW_JOB),), _job_row),
        IncidentRaised: writer(_incident_row, raise_incident(insert)),
        OwnerClaimed: writer(_owner_row, _claim_owner(insert)),
        WarningKept: writer(kept_row, keep_warning(insert)),
        WarningNoted: writer(noted_row, note_warning()),
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
    }


def conflicts_of(claims: Sequence[RecordWrite], owner_of: Mapping[str, str]) -> tuple[RecordWrite, ...]:
    """An incident for each claim of an id that another account owns and that not many may claim."""
    return tuple(
        [
            RecordWrite(account_id, owned_already(claimed.provider_id, owner, at=at), at)
            for account_id, claimed, at in claims
            if (owner := owner_of.get(claimed.provider_id, account_id)) != account_id and not claimed.contested
        ]
    )
