"""One writer per kind of record: the statements that write it, and the row that it becomes.

Each statement runs once for all the rows of its kind in a group. `insert` is the dialect's own, since upserts are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Executable, bindparam, case, func, literal, or_, select, update

from billing_core.adapters.books.text import encoded
from billing_core.adapters.books.words import OWNER_CONFLICT, STARTED
from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.rows import Values, micros, micros_or_none
from billing_core.adapters.sqlalchemy.tables import (
    attempts,
    generations,
    images,
    incidents,
    is_waiting,
    jobs,
    owners,
)
from billing_core.domain.generation import Generation, GenerationStatus, Image
from billing_core.ports.records import (
    AttemptMade,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
    IncidentRaised,
    Job,
    OwnerClaimed,
    Record,
)

Insert = Callable[..., Any]
GOING_ON = [status.value for status in GenerationStatus if not status.is_terminal]


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
        GenerationOpened: Writer((insert(generations),), _generation_row),
        GenerationMoved: Writer((_move_generation(),), _moved_row),
        AttemptMade: Writer((_make_attempt(insert),), _attempt_row),
        ImageAdded: Writer((insert(images),), _image_row),
        ImageChanged: Writer((_change_image(),), _changed_row),
        Job: Writer((_queue_job(insert),), _job_row),
        IncidentRaised: Writer((raise_incident(insert),), _incident_row),
        OwnerClaimed: Writer((_claim_owner(insert), _report_conflict(insert)), _owner_row),
    }


def _move_generation() -> Executable:
    """None leaves a column as it was; a row in a terminal status never changes."""
    columns = ("started_at", "ended_at", "charged", "failure_code", "failure_message")
    kept: dict[str, Any] = {name: func.coalesce(bindparam(f"new_{name}"), generations.c[name]) for name in columns}
    return (
        update(generations)
        .where(
            generations.c.account_id == bindparam("of_account"),
            generations.c.id == bindparam("of_generation"),
            or_(*(generations.c.status == status for status in GOING_ON)),
        )
        .values(status=bindparam("new_status"), **kept)
    )


def _make_attempt(insert: Insert) -> Executable:
    """An outcome that is known is not forgotten again."""
    wanted = insert(attempts)
    upsert: Executable = wanted.on_conflict_do_update(
        index_elements=list(attempts.primary_key),
        set_={"outcome": wanted.excluded.outcome, "at": wanted.excluded.at},
        where=attempts.c.outcome == STARTED,
    )
    return upsert


def _change_image() -> Executable:
    return (
        update(images)
        .where(images.c.account_id == bindparam("of_account"), images.c.id == bindparam("of_image"))
        .values(
            private=func.coalesce(bindparam("new_private"), images.c.private),
            deleted=or_(images.c.deleted, bindparam("new_deleted", type_=images.c.deleted.type)),
        )
    )


def _queue_job(insert: Insert) -> Executable:
    """Where a job of that key waits already, that one is moved forward instead."""
    wanted = insert(jobs)
    sooner = wanted.excluded.not_before < jobs.c.not_before
    urgent = wanted.excluded.priority > jobs.c.priority
    upsert: Executable = wanted.on_conflict_do_update(
        index_elements=[jobs.c.key],
        index_where=is_waiting,
        set_={
            "not_before": case((sooner, wanted.excluded.not_before), else_=jobs.c.not_before),
            "priority": case((urgent, wanted.excluded.priority), else_=jobs.c.priority),
        },
    )
    return upsert


def raise_incident(insert: Insert) -> Executable:
    """The same key keeps the first one."""
    upsert: Executable = insert(incidents).on_conflict_do_nothing()
    return upsert


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
        literal(OWNER_CONFLICT),
        owners.c.provider_id + literal(" is owned by ") + owners.c.account_id,
        bindparam("claimed_at"),
    ).where(owners.c.provider_id == bindparam("provider_id"), owners.c.account_id != claimant)
    names = ["account_id", "key", "kind", "detail", "at"]
    upsert: Executable = insert(incidents).from_select(names, conflicts).on_conflict_do_nothing()
    return upsert


def _generation_row(write: RecordWrite) -> Values:
    made: Generation = write.record.generation
    return {
        "account_id": write.account_id,
        "id": made.id,
        "prompt": made.prompt,
        "model": made.model,
        "size": made.size,
        "quality": made.quality,
        "n": made.n,
        "credits": made.credits,
        "priority": made.priority,
        "private": made.private,
        "watermark": made.watermark,
        "created_at": micros(made.created_at),
        "expires_at": micros(made.expires_at),
        "status": made.status.value,
        "started_at": micros_or_none(made.started_at),
        "ended_at": micros_or_none(made.ended_at),
        "charged": made.charged,
        "failure_code": None if made.failure is None else made.failure.code,
        "failure_message": None if made.failure is None else made.failure.message,
    }


def _moved_row(write: RecordWrite) -> Values:
    moved: GenerationMoved = write.record
    return {
        "of_account": write.account_id,
        "of_generation": moved.generation_id,
        "new_status": moved.status.value,
        "new_started_at": micros_or_none(moved.started_at),
        "new_ended_at": micros_or_none(moved.ended_at),
        "new_charged": moved.charged,
        "new_failure_code": None if moved.failure is None else moved.failure.code,
        "new_failure_message": None if moved.failure is None else moved.failure.message,
    }


def _attempt_row(write: RecordWrite) -> Values:
    made: AttemptMade = write.record
    return {
        "account_id": write.account_id,
        "generation_id": made.generation_id,
        "number": made.number,
        "outcome": made.outcome,
        "at": micros(made.at),
    }


def _image_row(write: RecordWrite) -> Values:
    image: Image = write.record.image
    return {
        "account_id": write.account_id,
        "id": image.id,
        "generation_id": image.generation_id,
        "key": image.key,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "private": image.private,
        "watermark": image.watermark,
        "deleted": False,
        "created_at": micros(image.created_at),
    }


def _changed_row(write: RecordWrite) -> Values:
    changed: ImageChanged = write.record
    return {
        "of_account": write.account_id,
        "of_image": changed.image_id,
        "new_private": changed.private,
        "new_deleted": changed.deleted,
    }


def _job_row(write: RecordWrite) -> Values:
    job: Job = write.record
    return {
        "task": job.task,
        "args": encoded("job", job.args).decode(),
        "priority": job.priority,
        "not_before": 0 if job.not_before is None else micros(job.not_before),
        "key": job.key,
        "attempt": 0,
        "created_at": micros(write.at),
    }


def _incident_row(write: RecordWrite) -> Values:
    raised: IncidentRaised = write.record
    return {
        "account_id": write.account_id,
        "key": raised.key,
        "kind": raised.kind,
        "detail": raised.detail,
        "at": micros(raised.at),
        "resolved_at": None,
    }


def _owner_row(write: RecordWrite) -> Values:
    claimed: OwnerClaimed = write.record
    return {
        "provider_id": claimed.provider_id,
        "account_id": write.account_id,
        "claimed_at": micros(write.at),
    }
