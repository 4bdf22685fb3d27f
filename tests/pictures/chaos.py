"""Many generations at providers on a bad day, until all have ended; and what must be true of them then.

The product is the whole one: its books, its two lanes of jobs, its adapter over real HTTP. Only the provider at the
other end is ours, and answers as a seed says.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from attrs import define, field, frozen

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.pictures import mark_of
from billing_core.application.accepting import Asked
from billing_core.domain.admission import Wish
from billing_core.domain.attempts import MOST_ATTEMPTS, MOST_BILLED, AttemptOutcome
from billing_core.domain.events import HoldCaptured
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.lifespan import Parts, opened, run_jobs
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.settings import Settings
from billing_core.ports.clock import Clock
from tests.provider.server import Chaos, ImageServer

CATALOG = Path(__file__).with_name("catalog.toml")
MODELS, SIZES = ("sketch", "photo", "poster"), ("64x64", "96x64")
PROVIDERS = ("openai", "deepinfra", "together")
ANSWER_WITHIN_S = 3.0
NOTHING_LEFT = frozenset[str]()

# Drop, malformed, 429, latency, disconnect, 5xx, too few, refused, out of order; by weight.
WEIGHTS = {
    "well": 50.0,
    "slow": 4.0,
    "url": 3.0,
    "jpeg": 2.0,
    "webp": 2.0,
    "short": 6.0,
    "one_broken": 3.0,
    "too_many": 1.0,
    "rate_limited_ms": 4.0,
    "rate_limited_bare": 2.0,
    "error_500": 4.0,
    "error_503_empty": 2.0,
    "error_502_page": 2.0,
    "timeout_408": 1.0,
    "disconnect": 3.0,
    "half_a_body": 2.0,
    "trickle": 0.4,
    "malformed_json": 2.0,
    "html_page": 1.0,
    "empty_data": 1.0,
    "null_data": 1.0,
    "empty_item": 1.0,
    "svg_picture": 1.0,
    "truncated_png": 2.0,
    "stream_cut": 2.0,
    "stream_unfinished": 1.0,
    "moderation_blocked": 3.0,
    "error_with_200": 1.0,
    "unknown_400": 0.4,
}


@frozen(kw_only=True)
class Plan:
    """How many generations, of how many accounts, and which day it is at the providers."""

    generations: int
    accounts: int = 20
    seed: int = 1


@define
class Campaign:
    """The product with its folder of pictures, at providers on a bad day. `rests_over` lets every job that rests be
    due, so that nobody waits for it."""

    plan: Plan
    folder: Path
    server: ImageServer
    container: Container
    rests_over: Callable[[], Awaitable[None]]
    asked: list[Generation] = field(factory=list)

    async def run(self) -> None:
        """Asks for all at once, and returns when every generation has ended and nothing is left to do."""
        stop = asyncio.Event()
        jobs = asyncio.create_task(run_jobs(self.container, NOTHING_LEFT, stop))
        try:
            await asyncio.gather(*(self._ask(number) for number in range(self.plan.generations)))
            while not await self._is_over():  # noqa: ASYNC110 - it is in the books that all is done
                await asyncio.sleep(0.05)
        finally:
            stop.set()
            await jobs

    async def _ask(self, number: int) -> None:
        random = Random(f"{self.plan.seed}/{number}")
        account_id = f"account-{number % self.plan.accounts}"
        wish = Wish(model=random.choice(MODELS), size=random.choice(SIZES), n=random.choice((1, 1, 1, 2, 4, 6)))
        self.asked.append(await self.container.accepting()(account_id, Asked(prompt=f"picture {number}", wish=wish)))

    async def _is_over(self) -> bool:
        """What rests meanwhile is let go on."""
        jobs, now = self.container.books().jobs, self.container.clock().now()
        if not await jobs.idle(now):
            return False
        await self.rests_over()
        return await jobs.idle(self.container.clock().now())

    async def ended(self) -> list[Generation]:
        """The generations as the books have them."""
        books = self.container.books().generations
        found = [await books.get(each.account_id, each.id) for each in self.asked]
        return [each for each in found if each is not None]

    async def captures(self) -> list[HoldCaptured]:
        """What the ledger says was paid."""
        history = self.container.books().history
        return [
            stored.event
            for number in range(self.plan.accounts)
            async for stored in history.of(f"account-{number}")
            if isinstance(stored.event, HoldCaptured)
        ]

    def files(self) -> dict[str, bytes]:
        """What is in the image store, by key."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }


@asynccontextmanager
async def a_campaign(
    plan: Plan,
    settings: Settings,
    folder: Path,
    *,
    clock: Clock | None = None,
    rests_over: Callable[[], Awaitable[None]],
) -> AsyncIterator[Campaign]:
    """The product, opened, with credits on every account."""
    server = ImageServer(slow_s=0.3, chaos=Chaos(plan.seed, WEIGHTS))
    limits = Limits(answer_s={}, default_s=ANSWER_WITHIN_S)
    models = {model.key: model for model in catalog_to_sell(settings).current.models}
    async with server.on_loopback() as base:
        accesses = {name: Access("a-key", base) for name in PROVIDERS}
        async with (
            openai_images(accesses, models, limits=limits) as images,
            opened(settings, Parts(images=images, clock=clock)) as container,
        ):
            for number in range(plan.accounts):
                await container.adjusting()(f"account-{number}", 100_000, reason="for this test")
            yield Campaign(plan, folder, server, container, rests_over)


async def findings(campaign: Campaign) -> list[str]:
    """Everything that is not as it must be once all have ended; empty where all is well."""
    generations, captures, files = await campaign.ended(), await campaign.captures(), campaign.files()
    return [
        *(f"{each.id} is {each.status.value}" for each in generations if not each.status.is_terminal),
        *_paid_wrongly(generations, captures),
        *_kept_wrongly(generations, files),
        *[found async for found in _left_open(campaign)],
        *[found async for found in _tried_too_often(campaign, generations)],
    ]


def _paid_wrongly(generations: list[Generation], captures: list[HoldCaptured]) -> Iterator[str]:
    paid = {capture.hold_id: capture for capture in captures}
    if len(paid) != len(captures):
        yield f"{len(captures)} captures of {len(paid)} generations"
    for each in generations:
        made, capture = len(each.images), paid.pop(each.id, None)
        if (made > 0) != (each.status is GenerationStatus.SUCCEEDED):
            yield f"{each.id} is {each.status.value} with {made} images"
        if each.charged != each.credits * made // each.n:
            yield f"{each.id} was charged {each.charged} for {made} of {each.n} at {each.credits}"
        if (capture.amount if capture else 0, capture.images if capture else 0) != (each.charged, made):
            yield f"{each.id} was charged {each.charged} for {made}, but the ledger says {capture}"
    yield from (f"{hold_id} was captured, and is no generation" for hold_id in paid)


def _kept_wrongly(generations: list[Generation], files: dict[str, bytes]) -> Iterator[str]:
    listed = {image.key for each in generations for image in each.images}
    yield from (f"{key} is in the store, and no image" for key in sorted(files.keys() - listed))
    yield from (f"{key} is an image, and not in the store" for key in sorted(listed - files.keys()))
    yield from (f"{key} has no watermark" for key in sorted(listed & files.keys()) if mark_of(files[key]) is None)


async def _left_open(campaign: Campaign) -> AsyncIterator[str]:
    async for audited in campaign.container.auditing().all():
        account = await campaign.container.accounts().get(audited.account_id)
        for problem in audited.problems:
            yield f"{audited.account_id}: {problem}"
        for hold in account.book.holds:
            yield f"{audited.account_id}: {hold.id} is still open"
    for incident in await campaign.container.books().incidents.open():
        if incident.kind.value != "image_provider":
            yield f"{incident.kind.value}: {incident.detail}"


async def _tried_too_often(campaign: Campaign, generations: list[Generation]) -> AsyncIterator[str]:
    for each in generations:
        attempts = await campaign.container.books().generations.attempts(each.account_id, each.id)
        outcomes = [attempt.outcome for attempt in attempts]
        billed = sum(outcome.may_have_been_billed for outcome in outcomes)
        if len(outcomes) > MOST_ATTEMPTS or billed > MOST_BILLED or AttemptOutcome.STARTED in outcomes:
            yield f"{each.id}: {[outcome.value for outcome in outcomes]}"
        if (AttemptOutcome.SUCCEEDED in outcomes) != (each.status is GenerationStatus.SUCCEEDED):
            yield f"{each.id} is {each.status.value} after {[outcome.value for outcome in outcomes]}"


async def report(campaign: Campaign) -> str:
    """What it came to, for people."""
    generations, files = await campaign.ended(), campaign.files()
    statuses = Counter(each.status.value for each in generations)
    wanted, kept, calls = sum(each.n for each in generations), len(files), len(campaign.server.calls)
    answered = Counter(campaign.server.made).most_common()
    return (
        f"seed {campaign.plan.seed}: {len(generations)} generations of {wanted} images: {dict(statuses)}\n"
        f"{kept} images captured and stored for {sum(each.charged for each in generations)} credits; "
        f"{calls} provider calls, {calls / max(kept, 1):.2f} per captured image\n"
        f"answers: {', '.join(f'{name} {times}' for name, times in answered)}"
    )
