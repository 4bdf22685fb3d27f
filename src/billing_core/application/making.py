"""Making a generation's pictures: the provider is asked outside any transaction, within a budget of attempts.

Each attempt is recorded, and its number written into the hold, before the provider is asked. So of two workers with
one job only one begins an attempt, one that was overtaken can settle nothing, and an attempt whose worker died counts.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from billing_core.application.delivering import Delivering
from billing_core.application.endings import (
    MISCONFIGURED,
    PROVIDER_FAILED,
    QUEUE_TIMEOUT,
    REFUSED,
    Ending,
    Turn,
    is_under_way,
    plain,
    unheard_of,
)
from billing_core.application.sketching import Sketching
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.attempts import AttemptOutcome, may_try_again
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import PortFailure
from billing_core.domain.generation import Failure, Generation, GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.generations import Generations, Progress
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Watch
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.records import AttemptMade, GenerationMoved

LONGEST_CODE, LONGEST_KEY = 64, 200
LONGEST_REST_S = 600


@frozen
class Making:
    """Makes the pictures of a generation and pays for those that were made, once."""

    accounts: AccountRepository
    generations: Generations
    images: ImageGenerator
    incidents: Incidents
    sketching: Sketching
    delivering: Delivering
    ending: Ending
    catalog: Catalog
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Raises Unavailable where it should be tried again."""
        progress = await self.generations.progress(args["account_id"], args["generation_id"])
        if progress is None or progress.generation.status.is_terminal:
            return
        latest = progress.attempts[-1].number if progress.attempts else 0
        now = self.clock.now()
        hopeless = hopeless_for(progress, now)
        if hopeless is not None:
            given_up = Turn(progress.generation, latest, progress.attempts)
            await self.ending(given_up, hopeless, noted=unheard_of(given_up, now))
            return
        turn = Turn(progress.generation, latest + 1, progress.attempts)
        if await self._start(turn):
            await self._attempt(turn)

    async def _start(self, turn: Turn) -> bool:
        """Records the attempt before it is made; False where the generation has ended, or another worker was first."""
        generation, now = turn.generation, self.clock.now()
        moved = GenerationMoved(generation_id=generation.id, status=GenerationStatus.RUNNING, started_at=now)
        begun = AttemptMade(generation_id=generation.id, number=turn.number, at=now)

        def start(account: Account) -> Commit[bool]:
            hold = account.book.hold(generation.id)
            if hold is None or hold.attempt >= turn.number:
                return Commit(answer=False)
            events = at(account, now, self.catalog).start(generation.id, attempt=turn.number)
            return Commit(True, events, (*unheard_of(turn, now), moved, begun))

        return await self.accounts.change(generation.account_id, start)

    async def _attempt(self, turn: Turn) -> None:
        watch = self.sketching.watch(turn.generation, turn.number)
        try:
            made = await self._asked(turn, watch)
        except ImageRefused as refused:
            noted = self._noted(turn, AttemptOutcome.REFUSED, refused)
            told = Failure(plain(refused.code, most=LONGEST_CODE), REFUSED)
            await self.ending(turn, told, status=GenerationStatus.REFUSED, noted=[noted])
        except Misconfigured as failure:
            noted = self._noted(turn, AttemptOutcome.MISCONFIGURED, failure)
            await self.ending(turn, MISCONFIGURED, noted=[noted])
            await self._report(failure)
        except (Unavailable, OutcomeUnknown) as failure:
            await self._unanswered(turn, failure)
        else:
            await self.delivering(turn, made, is_sketched=watch.shown > 0)

    async def _asked(self, turn: Turn, watch: Watch) -> Made:
        made = await self.images.generate(request_of(turn.generation), watch=watch)
        if not made.pictures:
            raise OutcomeUnknown("an answer without a picture")
        return made

    async def _unanswered(self, turn: Turn, failure: Unavailable | OutcomeUnknown) -> None:
        """Raises Unavailable, so that the job is tried again, as long as the budget lasts."""
        is_unknown = isinstance(failure, OutcomeUnknown)
        outcome = AttemptOutcome.UNKNOWN if is_unknown else AttemptOutcome.UNAVAILABLE
        noted = self._noted(turn, outcome, failure)
        if not may_try_again([*(attempt.outcome for attempt in turn.before), outcome]):
            await self.ending(turn, PROVIDER_FAILED, noted=[noted])
        elif await self.accounts.change(
            turn.generation.account_id, lambda account: Commit(is_under_way(account, turn), (), (noted,))
        ):
            rest_s = failure.retry_after_s if isinstance(failure, Unavailable) else 1
            raise Unavailable("the image provider", min(rest_s, LONGEST_REST_S)) from failure

    async def _report(self, failure: Misconfigured) -> None:
        """One incident for everybody whose pictures cannot be made because of it."""
        key = plain(f"image-provider:{failure.what}:{failure.problem}", most=LONGEST_KEY)
        now = self.clock.now()
        await self.incidents.report(
            Incident(key=key, account_id=None, kind=IncidentKind.IMAGE_PROVIDER, detail=plain(failure), at=now)
        )

    def _noted(self, turn: Turn, outcome: AttemptOutcome, failure: PortFailure) -> AttemptMade:
        return AttemptMade(
            generation_id=turn.generation.id,
            number=turn.number,
            at=self.clock.now(),
            outcome=outcome,
            error=plain(failure),
        )


def hopeless_for(progress: Progress, now: datetime) -> Failure | None:
    """Why the generation ends without another attempt, if it does."""
    if progress.generation.status is GenerationStatus.QUEUED and now >= progress.generation.expires_at:
        return QUEUE_TIMEOUT
    if not may_try_again([attempt.outcome for attempt in progress.attempts]):
        return PROVIDER_FAILED
    return None


def request_of(generation: Generation) -> ImageRequest:
    """What the provider is asked for."""
    return ImageRequest(
        prompt=generation.prompt,
        model=generation.model,
        size=generation.size,
        quality=generation.quality,
        n=generation.n,
        watermark=generation.watermark,
        account_id=generation.account_id,
    )
