"""How far a generation has come, as steps: it waits, an attempt begins, an unfinished picture is there, it has ended.

The steps come from the books alone, so everybody who asks, at any time and of any process, sees the same ones. Each has
an id that stays, and that grows from step to step: who was cut off names the last one they saw, and is told the rest.
"""

import re
from typing import Final

from attrs import frozen

from billing_core.domain.generation import Generation, GenerationStatus, Partial
from billing_core.ports.generations import Progress

END: Final = "end"
_PLACE = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")
_BEFORE_ALL, _AFTER_ALL = (-1, 0), (10**9, 0)


@frozen(kw_only=True)
class Step:
    """One step. `id` is `attempt.number`: `0.0` while it waits, `2.0` the second attempt, `2.3` its third unfinished
    picture, and `end`."""

    id: str
    status: GenerationStatus
    attempt: int
    generation: Generation
    partial: Partial | None = None


def steps_of(progress: Progress) -> tuple[Step, ...]:
    """The steps so far, in order. Of a generation that has ended, the end alone: what was unfinished is gone."""
    generation, attempts = progress.generation, progress.attempts
    if generation.status.is_terminal:
        return (Step(id=END, status=generation.status, attempt=len(attempts), generation=generation),)

    def step(attempt: int, number: int = 0, *, partial: Partial | None = None) -> Step:
        status = GenerationStatus.RUNNING if attempt else GenerationStatus.QUEUED
        return Step(id=f"{attempt}.{number}", status=status, attempt=attempt, generation=generation, partial=partial)

    begun = (step(attempt.number) for attempt in attempts)
    seen = (step(partial.attempt, partial.number, partial=partial) for partial in progress.partials)
    return tuple(sorted((step(0), *begun, *seen), key=lambda one: _place(one.id)))


def steps_after(progress: Progress, last_id: str | None) -> tuple[Step, ...]:
    """The steps that come after the one with that id; all, where it is none of ours."""
    place = _place(last_id or "")
    return tuple(step for step in steps_of(progress) if _place(step.id) > place)


def _place(step_id: str) -> tuple[int, int]:
    if step_id == END:
        return _AFTER_ALL
    found = _PLACE.fullmatch(step_id)
    return (int(found[1]), int(found[2])) if found else _BEFORE_ALL
