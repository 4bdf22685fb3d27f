"""How a generation ends without pictures: what its customer is told, and the one commit that marks it.

Whether it may still end is decided by its hold: the hold is there until the first end, and knows the latest attempt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application import tasks
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.catalog import Catalog
from billing_core.domain.generation import Failure, Generation, GenerationStatus
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.records import AttemptMade, GenerationMoved, Job

QUEUE_TIMEOUT = Failure("queue_timeout", "It waited in the queue for too long. Nothing was charged; please try again.")
PROVIDER_FAILED = Failure("provider_failed", "The pictures could not be made. Nothing was charged; please try again.")
MISCONFIGURED = Failure(
    "provider_misconfigured", "This model is out of order. Nothing was charged; please choose another one, or wait."
)
NOT_STORED = Failure("not_stored", "The pictures could not be kept. Nothing was charged; please try again.")
FAILURES = (QUEUE_TIMEOUT, PROVIDER_FAILED, MISCONFIGURED, NOT_STORED)
REFUSED = "The pictures were refused as they were asked for. Nothing was charged; please ask for something else."

LATE_WORK = timedelta(hours=1)
MOST_TOLD = 500


@frozen
class Turn:
    """A generation, the number of the latest attempt that is known (0: there was none), and the attempts so far."""

    generation: Generation
    number: int
    before: tuple[Attempt, ...] = ()


@frozen
class Ending:
    """Releases a generation's hold and marks its end, in one commit."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(
        self,
        turn: Turn,
        failure: Failure,
        *,
        status: GenerationStatus = GenerationStatus.FAILED,
        noted: Sequence[AttemptMade] = (),
    ) -> None:
        """Where it has ended before, or a later attempt has begun, only what was `noted` of the attempts is written."""
        generation, now = turn.generation, self.clock.now()
        moved = GenerationMoved(generation_id=generation.id, status=status, ended_at=now, failure=failure)

        def end(account: Account) -> Commit[None]:
            if not is_under_way(account, turn):
                return Commit(None, (), tuple(noted))
            events = at(account, now, self.catalog).release(generation.id, attempt=turn.number)
            return Commit(None, events, (*noted, moved, *tidying(turn, now)))

        await self.accounts.change(generation.account_id, end)


def is_under_way(account: Account, turn: Turn) -> bool:
    """Whether the generation has not ended, and no later attempt at it has begun."""
    hold = account.book.hold(turn.generation.id)
    return hold is not None and not hold.has_gone_on(turn.number)


def unheard_of(turn: Turn, now: datetime) -> tuple[AttemptMade, ...]:
    """Notes the attempts that nobody will hear of any more: their workers died, or have lost their turn."""
    return tuple(
        AttemptMade(
            generation_id=turn.generation.id,
            number=attempt.number,
            at=now,
            outcome=AttemptOutcome.UNKNOWN,
            error="its worker was not heard of again",
        )
        for attempt in turn.before
        if attempt.outcome is AttemptOutcome.STARTED
    )


def tidying(turn: Turn, now: datetime) -> Sequence[Job]:
    """The store is tidied at the end; and once more where an earlier attempt may still put something there."""
    generation = turn.generation
    if not turn.number:
        return ()
    soon = tasks.tidy_pictures(generation.account_id, generation.id)
    if not any(attempt.outcome.may_have_been_billed for attempt in turn.before):
        return (soon,)
    return (soon, tasks.tidy_pictures(generation.account_id, generation.id, not_before=now + LATE_WORK))


def plain(text: object, *, most: int = MOST_TOLD) -> str:
    """What somebody else told us, as text that can be stored."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:most])
