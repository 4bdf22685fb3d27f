"""One writer per kind of record, and the check that goes before: what a database would refuse is refused here too."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from billing_core.adapters.books.line import place_of
from billing_core.adapters.books.words import owned_already
from billing_core.adapters.books.writes import CauseWrite, Writes
from billing_core.adapters.memory.state import MemoryState, WaitingJob
from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.errors import InvalidValue
from billing_core.ports.inbox import StoredCause
from billing_core.ports.incidents import Incident
from billing_core.ports.records import (
    AttemptMade,
    CauseStatus,
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
from billing_core.ports.warnings import FraudWarning

Writer = Callable[[MemoryState, str, Any, datetime], None]


def apply(state: MemoryState, writes: Writes) -> None:
    """Writes all of it or, where it cannot be stored, nothing. Raises InvalidValue."""
    _ensure_storable(state, writes)
    for account in writes.accounts:
        state.accounts[account.account_id] = account
    for event in writes.events:
        state.events.setdefault(event.account_id, []).append(event)
    for cause in writes.causes:
        _write_cause(state, cause)
    for kind, write in WRITERS.items():
        for wanted in writes.records.get(kind, ()):
            write(state, wanted.account_id, wanted.record, wanted.at)


def _ensure_storable(state: MemoryState, writes: Writes) -> None:
    generations, images = set[tuple[str, str]](), set[tuple[str, str]]()
    for opened in writes.records.get(GenerationOpened, ()):
        key = (opened.account_id, opened.record.generation.id)
        if key in generations or key in state.generations:
            raise InvalidValue("generation", f"{key[1]} is there already")
        generations.add(key)
    for added in writes.records.get(ImageAdded, ()):
        key, of = (added.account_id, added.record.image.id), (added.account_id, added.record.image.generation_id)
        if key in images or key in state.images or not (of in generations or of in state.generations):
            raise InvalidValue("image", f"{key[1]} is there already, or its generation is not")
        images.add(key)
    for made in writes.records.get(AttemptMade, ()):
        of = (made.account_id, made.record.generation_id)
        if not (of in generations or of in state.generations):
            raise InvalidValue("attempt", f"there is no generation {of[1]}")


def _write_cause(state: MemoryState, write: CauseWrite) -> None:
    before = state.causes.get((write.account_id, write.key))
    if before is not None and before.status is CauseStatus.PROCESSED:
        return
    state.causes[write.account_id, write.key] = StoredCause(
        account_id=write.account_id,
        key=write.key,
        kind=write.kind,
        status=write.status,
        fingerprint=write.fingerprint if before is None else before.fingerprint,
        answer=write.answer,
        body=write.body,
        error=write.error,
        attempts=write.failures + (0 if before is None else before.attempts),
        received_at=write.at if before is None else before.received_at,
    )


def _open_generation(state: MemoryState, account_id: str, opened: GenerationOpened, _at: datetime) -> None:
    generation = opened.generation
    state.generations[account_id, generation.id] = evolve(generation, images=()) if generation.images else generation


def _move_generation(state: MemoryState, account_id: str, moved: GenerationMoved, _at: datetime) -> None:
    key = (account_id, moved.generation_id)
    before = state.generations.get(key)
    if before is None or before.status.is_terminal:
        return
    state.generations[key] = evolve(
        before,
        status=moved.status,
        started_at=before.started_at if moved.started_at is None else moved.started_at,
        ended_at=before.ended_at if moved.ended_at is None else moved.ended_at,
        charged=before.charged if moved.charged is None else moved.charged,
        failure=before.failure if moved.failure is None else moved.failure,
    )
    if moved.status.is_terminal:
        state.partials.pop(key, None)


def _make_attempt(state: MemoryState, account_id: str, made: AttemptMade, _at: datetime) -> None:
    """The first of a number begins it, a later one ends it. What is certain is not forgotten again."""
    attempts = state.attempts.setdefault((account_id, made.generation_id), {})
    before = attempts.get(made.number)
    is_known = made.outcome is not AttemptOutcome.STARTED
    if before is not None and not before.outcome.gives_way_to(made.outcome):
        return
    attempts[made.number] = Attempt(
        number=made.number,
        outcome=made.outcome,
        started_at=made.at if before is None else before.started_at,
        ended_at=made.at if is_known else None,
        error=made.error,
        provider_request_id=made.provider_request_id,
        input_tokens=made.input_tokens,
        output_tokens=made.output_tokens,
    )


def _make_partial(state: MemoryState, account_id: str, made: PartialMade, _at: datetime) -> None:
    """The first of a number stays; one that comes after the end is too late."""
    partial = made.partial
    key = (account_id, partial.generation_id)
    generation = state.generations.get(key)
    if generation is not None and not generation.status.is_terminal:
        state.partials.setdefault(key, {}).setdefault((partial.attempt, partial.number), partial)


def _add_image(state: MemoryState, account_id: str, added: ImageAdded, _at: datetime) -> None:
    state.images[account_id, added.image.id] = added.image
    state.images_of.setdefault((account_id, added.image.generation_id), []).append(added.image.id)


def _change_image(state: MemoryState, account_id: str, changed: ImageChanged, _at: datetime) -> None:
    key = (account_id, changed.image_id)
    image = state.images.get(key)
    if image is None:
        return
    if changed.private is not None:
        state.images[key] = evolve(image, private=changed.private)
    if changed.deleted:
        state.deleted.add(key)


def _queue_job(state: MemoryState, _account_id: str, job: Job, at: datetime) -> None:
    """Where a job of that key waits already, that one is moved forward instead."""
    same = None if job.key is None else state.waiting_job(job.key)
    place = place_of(job, at)
    if same is None:
        state.jobs_made += 1
        state.jobs[state.jobs_made] = WaitingJob(id=state.jobs_made, job=job, place=place, not_before=job.not_before)
    else:
        not_before = earlier(same.not_before, job.not_before)
        state.jobs[same.id] = evolve(same, place=min(same.place, place), not_before=not_before)
    state.bell.ring()


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two; None is now."""
    return None if one is None or other is None else min(one, other)


def raise_incident(
    state: MemoryState, account_id: str | None, raised: IncidentRaised | Incident, _at: datetime
) -> None:
    """The same key keeps the first one, and counts; one that was resolved before it was met again is open again."""
    place = (account_id, raised.key)
    kept = state.incidents.get(place)
    told = Incident(
        key=raised.key,
        account_id=account_id,
        kind=raised.kind,
        detail=raised.detail,
        at=raised.at,
        about=dict(raised.about),
    )
    if kept is None:
        state.incidents[place] = told
        return
    base = told if kept.resolved is not None and raised.at > kept.resolved.at else kept
    state.incidents[place] = evolve(base, last_at=max(kept.last_at, raised.at), times=kept.times + 1)


def _claim_owner(state: MemoryState, account_id: str, claimed: OwnerClaimed, at: datetime) -> None:
    """An owner never moves; who claims what another owns is shown to a person, unless many may claim it."""
    owner = state.owners.setdefault(claimed.provider_id, account_id)
    if owner != account_id and not claimed.contested:
        raise_incident(state, account_id, owned_already(claimed.provider_id, owner, at=at), at)


def _keep_warning(state: MemoryState, account_id: str, kept: WarningKept, _at: datetime) -> None:
    """The first one stays, with what a person made of it."""
    place = (account_id, kept.id)
    before = state.warnings.get(place)
    if before is not None:
        state.warnings[place] = evolve(before, actionable=kept.actionable)
        return
    state.warnings[place] = FraudWarning(
        id=kept.id,
        account_id=account_id,
        payment=kept.payment,
        kind=kept.kind,
        risk=kept.risk,
        policy=kept.policy,
        actionable=kept.actionable,
        at=kept.at,
    )


def _note_warning(state: MemoryState, account_id: str, noted: WarningNoted, _at: datetime) -> None:
    before = state.warnings.get((account_id, noted.id))
    if before is not None:
        state.warnings[account_id, noted.id] = evolve(
            before,
            status=before.status if noted.status is None else noted.status,
            notes=before.notes if noted.notes is None else noted.notes,
            noted_at=noted.at,
            noted_by=noted.by,
        )


WRITERS: Mapping[type[Record], Writer] = {
    GenerationOpened: _open_generation,
    GenerationMoved: _move_generation,
    AttemptMade: _make_attempt,
    PartialMade: _make_partial,
    ImageAdded: _add_image,
    ImageChanged: _change_image,
    Job: _queue_job,
    IncidentRaised: raise_incident,
    OwnerClaimed: _claim_owner,
    WarningKept: _keep_warning,
    WarningNoted: _note_warning,
}
"""In the order in which they write. CauseFailed is not here: the planner folds it into the cause's own row."""
