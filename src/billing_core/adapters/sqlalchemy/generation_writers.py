"""How generations, their attempts and their pictures are written: the statements, and the rows for them."""

from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, bindparam, delete, func, or_, select, update

from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.rows import Insert, Values, micros, micros_or_none
from billing_core.adapters.sqlalchemy.tables import attempts, generations, images, partials
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.generation import Generation, GenerationStatus, Image, Partial
from billing_core.ports.records import AttemptMade, GenerationMoved, ImageChanged

GOING_ON = [status.value for status in GenerationStatus if not status.is_terminal]


def move_generation() -> Executable:
    """None leaves a column as it was; a row in a terminal status never changes."""
    columns = ("started_at", "ended_at", "charged", "failure_code", "failure_message")
    kept: dict[str, Any] = {name: func.coalesce(bindparam(f"new_{name}"), generations.c[name]) for name in columns}
    return (
        update(generations)
        .where(
            generations.c.account_id == bindparam("of_account"),
            generations.c.id == bindparam("of_generation"),
            _goes_on(),
        )
        .values(status=bindparam("new_status"), **kept)
    )


def _goes_on() -> ColumnElement[bool]:
    return or_(*(generations.c.status == status for status in GOING_ON))


def forget_partials() -> Executable:
    """The unfinished pictures of a generation that has ended."""
    ended = (
        select(generations.c.id)
        .where(generations.c.account_id == bindparam("of_account"), generations.c.id == bindparam("of_generation"))
        .where(~_goes_on())
    )
    return delete(partials).where(partials.c.account_id == bindparam("of_account"), partials.c.generation_id.in_(ended))


def make_attempt(insert: Insert) -> Executable:
    """The first of a number begins it, a later one ends it. What is certain is not forgotten again."""
    wanted = insert(attempts)
    told = ("outcome", "ended_at", "error", "provider_request_id", "input_tokens", "output_tokens")
    upsert: Executable = wanted.on_conflict_do_update(
        index_elements=list(attempts.primary_key),
        set_={name: wanted.excluded[name] for name in told},
        where=or_(
            *(
                and_(attempts.c.outcome == before.value, wanted.excluded.outcome == told.value)
                for before in AttemptOutcome
                for told in AttemptOutcome
                if before.gives_way_to(told)
            )
        ),
    )
    return upsert


def make_partial(insert: Insert) -> Executable:
    """The first of a number stays; one that comes after the end is too late."""
    values = [bindparam(column.name, type_=column.type) for column in partials.c]
    while_it_goes_on = select(*values).where(
        generations.c.account_id == bindparam("account_id", type_=generations.c.account_id.type),
        generations.c.id == bindparam("generation_id", type_=generations.c.id.type),
        _goes_on(),
    )
    made: Executable = insert(partials).from_select(list(partials.c), while_it_goes_on).on_conflict_do_nothing()
    return made


def change_image() -> Executable:
    return (
        update(images)
        .where(images.c.account_id == bindparam("of_account"), images.c.id == bindparam("of_image"))
        .values(
            private=func.coalesce(bindparam("new_private"), images.c.private),
            deleted=or_(images.c.deleted, bindparam("new_deleted", type_=images.c.deleted.type)),
        )
    )


def generation_row(write: RecordWrite) -> Values:
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


def moved_row(write: RecordWrite) -> Values:
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


def attempt_row(write: RecordWrite) -> Values:
    made: AttemptMade = write.record
    return {
        "account_id": write.account_id,
        "generation_id": made.generation_id,
        "number": made.number,
        "outcome": made.outcome.value,
        "started_at": micros(made.at),
        "ended_at": None if made.outcome is AttemptOutcome.STARTED else micros(made.at),
        "error": made.error,
        "provider_request_id": made.provider_request_id,
        "input_tokens": made.input_tokens,
        "output_tokens": made.output_tokens,
    }


def partial_row(write: RecordWrite) -> Values:
    partial: Partial = write.record.partial
    return {
        "account_id": write.account_id,
        "generation_id": partial.generation_id,
        "attempt": partial.attempt,
        "number": partial.number,
        "key": partial.key,
        "width": partial.width,
        "height": partial.height,
        "format": partial.format,
        "at": micros(partial.at),
    }


def image_row(write: RecordWrite) -> Values:
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


def changed_row(write: RecordWrite) -> Values:
    changed: ImageChanged = write.record
    return {
        "of_account": write.account_id,
        "of_image": changed.image_id,
        "new_private": changed.private,
        "new_deleted": changed.deleted,
    }
