"""Between values and rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from billing_core.adapters.books.encoding import Encoded, EncodedEvent, decode_event
from billing_core.adapters.books.writes import AccountWrite, CauseWrite, EventWrite
from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.calendar import MICROSECOND
from billing_core.domain.generation import Failure, Generation, GenerationStatus, Image, Partial
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.history import StoredEvent
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Values = dict[str, Any]
InOrder = tuple[Any, ...]
"""Values in the order of the table's columns: what is written most takes no names along."""
Insert = Callable[..., Any]
"""A dialect's own insert construct, which knows upserts."""


def micros(at: datetime) -> int:
    """Whole microseconds since 1970; exact, which `timestamp()` is not."""
    return (at - EPOCH) // MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def moment_or_none(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def account_row(write: AccountWrite) -> InOrder:
    columns, snapshot = write.columns, write.snapshot
    return (
        write.account_id,
        write.version,
        snapshot.schema,
        snapshot.payload,
        columns.email,
        columns.name,
        columns.customer_id,
        columns.plan,
        columns.status,
        columns.available,
        columns.held,
        columns.debt,
        columns.suspended,
        micros_or_none(columns.opened_at),
        micros_or_none(columns.next_due_at),
    )


def event_row(write: EventWrite, commit_id: str) -> InOrder:
    name, encoded = write.event
    return (
        write.account_id,
        write.number,
        micros(write.at),
        name,
        encoded.schema,
        encoded.payload.decode(),
        write.cause,
        commit_id,
    )


def cause_row(write: CauseWrite, commit_id: str) -> InOrder:
    return (
        write.account_id,
        write.key,
        write.kind,
        write.status.value,
        write.fingerprint,
        write.answer,
        write.body,
        write.error,
        write.failures,
        micros(write.at),
        commit_id,
    )


def event_of(row: Row[Any]) -> StoredEvent:
    """Raises Unavailable for an event that only a newer process can read."""
    encoded = EncodedEvent(row.type, Encoded(row.schema, row.payload.encode()))
    return StoredEvent(account_id=row.account_id, number=row.number, event=decode_event(encoded), cause=row.cause)


def cause_of(row: Row[Any]) -> StoredCause:
    return StoredCause(
        account_id=row.account_id,
        key=row.key,
        kind=row.kind,
        status=CauseStatus(row.status),
        fingerprint=row.fingerprint,
        answer=row.answer,
        body=row.body,
        error=row.error,
        attempts=row.attempts,
        received_at=moment(row.received_at),
    )


def generation_of(row: Row[Any], images: tuple[Image, ...]) -> Generation:
    failure = None if row.failure_code is None else Failure(row.failure_code, row.failure_message)
    return Generation(
        id=row.id,
        account_id=row.account_id,
        prompt=row.prompt,
        model=row.model,
        size=row.size,
        quality=row.quality,
        n=row.n,
        credits=row.credits,
        priority=row.priority,
        private=bool(row.private),
        watermark=bool(row.watermark),
        created_at=moment(row.created_at),
        expires_at=moment(row.expires_at),
        status=GenerationStatus(row.status),
        started_at=moment_or_none(row.started_at),
        ended_at=moment_or_none(row.ended_at),
        charged=row.charged,
        failure=failure,
        images=images,
    )


def image_of(row: Row[Any]) -> Image:
    return Image(
        id=row.id,
        account_id=row.account_id,
        generation_id=row.generation_id,
        key=row.key,
        width=row.width,
        height=row.height,
        format=row.format,
        private=bool(row.private),
        watermark=bool(row.watermark),
        created_at=moment(row.created_at),
    )


def attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(
        number=row.number,
        outcome=AttemptOutcome(row.outcome),
        started_at=moment(row.started_at),
        ended_at=moment_or_none(row.ended_at),
        error=row.error,
        provider_request_id=row.provider_request_id,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
    )


def partial_of(row: Row[Any]) -> Partial:
    return Partial(
        generation_id=row.generation_id,
        attempt=row.attempt,
        number=row.number,
        key=row.key,
        width=row.width,
        height=row.height,
        format=row.format,
        at=moment(row.at),
    )


def parked_of(row: Row[Any]) -> ParkedEvent:
    return ParkedEvent(
        event_id=row.event_id,
        provider_id=row.provider_id,
        kind=row.kind,
        body=row.body,
        received_at=moment(row.received_at),
    )
