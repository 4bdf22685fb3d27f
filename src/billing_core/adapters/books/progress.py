"""The number that changes when a generation's progress does: how far it has gone, its attempts, and what can be seen.

Unfinished pictures are forgotten at the end, so what is told first weighs more than all that is told after it.
"""

from collections.abc import Collection

from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.generation import GenerationStatus

OF_STATUS, OF_ATTEMPTS = 10**9, 10**6
RANKS = {GenerationStatus.QUEUED: 0, GenerationStatus.RUNNING: 1}
LAST_RANK = 2
UNSURE = frozenset(one for one in AttemptOutcome if any(one.gives_way_to(other) for other in AttemptOutcome))


def mark_of(status: GenerationStatus, attempts: Collection[Attempt], partials: int) -> int:
    """An attempt counts when it begins, once more when it ends, and again when it is sure what came of it."""
    ended = sum(1 for attempt in attempts if attempt.ended_at is not None)
    sure = sum(1 for attempt in attempts if attempt.outcome not in UNSURE)
    rank = RANKS.get(status, LAST_RANK)
    return rank * OF_STATUS + (len(attempts) + ended + sure) * OF_ATTEMPTS + partials
