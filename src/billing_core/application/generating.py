"""Generations: accepting one, making its pictures, canceling one that waits.

Accepting is one commit: the hold, the row, the job. The provider is called outside any transaction; then one commit
captures and marks success, or releases and marks the end. Whether a generation may still end is decided by its hold.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.errors import GenerationNotFound
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.admission import Wish, admit
from billing_core.domain.catalog import Catalog
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import InvalidValue, NotEntitled
from billing_core.domain.generation import Failure, Generation, GenerationStatus, Image
from billing_core.domain.ways_out import for_entitlement
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.errors import ImageRefused, OutcomeUnknown, Unavailable
from billing_core.ports.generations import Generations
from billing_core.ports.ids import IdSource
from billing_core.ports.images import ImageGenerator, ImageRequest, ImageStore, Picture
from billing_core.ports.records import AttemptMade, GenerationMoved, GenerationOpened, ImageAdded

LONGEST_PROMPT = 32_000
ATTEMPTS = 3


@frozen(kw_only=True)
class Asked:
    """What a customer asks for: a prompt, and the wish that is priced."""

    prompt: str
    wish: Wish
    private: bool | None = None


@frozen
class Accepting:
    """Lets a generation in: admitted, priced, held and queued, in one commit."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(self, account_id: str, asked: Asked, *, request: RequestKey | None = None) -> Generation:
        """Raises InvalidValue, and every denial of admission and of the hold."""
        ensure_prompt(asked.prompt)
        generation_id, now = self.ids.new("gen"), self.clock.now()

        def accept(account: Account) -> Commit[Generation]:
            held = at(account, now, self.catalog)
            generation = opened(held, generation_id, asked)
            events = held.hold(
                generation.credits, hold_id=generation_id, until=None, reason=generation.model, images=generation.n
            )
            job = tasks.generate(account_id, generation_id, priority=generation.priority)
            return Commit(generation, events, (GenerationOpened(generation), job))

        return await self.accounts.change(account_id, accept, cause=cause_of(request, Generation))


def opened(held: AccountAt, generation_id: str, asked: Asked) -> Generation:
    """The generation, if it is admitted."""
    admitted = admit(held, asked.wish)
    plan = held.in_force.plan
    may_be_private = entitlements(held).allows("private_history")
    if asked.private and not may_be_private:
        ways = for_entitlement(plan, held.catalog, lambda other: bool(other.entitlements.get("private_history")))
        raise NotEntitled("private_history", (), ways)
    return Generation(
        id=generation_id,
        account_id=held.account.id,
        prompt=asked.prompt,
        model=admitted.model,
        size=admitted.size,
        quality=admitted.quality,
        n=admitted.n,
        credits=admitted.credits,
        priority=plan.priority,
        private=may_be_private if asked.private is None else asked.private,
        watermark=plan.watermark,
        created_at=held.now,
        expires_at=held.now + plan.queue_timeout,
    )


def ensure_prompt(prompt: str) -> None:
    """Raises InvalidValue for a prompt that no provider takes."""
    if not prompt.strip():
        raise InvalidValue("prompt", "must not be empty")
    if len(prompt) > LONGEST_PROMPT:
        raise InvalidValue("prompt", f"must have at most {LONGEST_PROMPT} characters")


@frozen
class Running:
    """Makes the pictures of a generation and pays for those that were made, once.

    It may run twice: each attempt is recorded before the provider is asked, and the hold can be settled only once. An
    attempt whose outcome is unknown counts, so that nothing is repeated beyond the budget.
    """

    accounts: AccountRepository
    generations: Generations
    images: ImageGenerator
    store: ImageStore
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Raises Unavailable where it should be tried again."""
        generation = await self.generations.get(args["account_id"], args["generation_id"])
        if generation is None or generation.status.is_terminal:
            return
        attempts = len(await self.generations.attempts(generation.account_id, generation.id))
        if self.clock.now() >= generation.expires_at:
            await self._fail(generation, Failure("queue_timeout", "It waited longer than the plan lets it."))
        elif attempts >= ATTEMPTS:
            await self._fail(generation, Failure("provider_failed", "The provider did not answer."))
        elif await self._start(generation, attempts + 1):
            await self._attempt(generation, attempts + 1)

    async def _attempt(self, generation: Generation, number: int) -> None:
        try:
            made = await self.images.generate(_request(generation))
            if not made.pictures:
                raise OutcomeUnknown("an answer without a picture")
        except ImageRefused as refused:
            await self._note(generation, number, "refused")
            await self._end(generation, GenerationStatus.REFUSED, Failure(refused.code, refused.message))
            return
        except (Unavailable, OutcomeUnknown) as failure:
            await self._note(generation, number, "unknown" if isinstance(failure, OutcomeUnknown) else "unavailable")
            raise Unavailable("the image provider") from failure
        await self._deliver(generation, made.pictures[: generation.n], number)

    async def _start(self, generation: Generation, number: int) -> bool:
        """Records the attempt before it is made; False where the generation has ended meanwhile."""
        now = self.clock.now()
        moved = GenerationMoved(generation_id=generation.id, status=GenerationStatus.RUNNING, started_at=now)
        attempt = AttemptMade(generation_id=generation.id, number=number, at=now)

        def start(account: Account) -> Commit[bool]:
            if account.book.hold(generation.id) is None:
                return Commit(answer=False)
            return Commit(True, at(account, now, self.catalog).start(generation.id), (moved, attempt))

        return await self.accounts.change(generation.account_id, start)

    async def _deliver(self, generation: Generation, pictures: tuple[Picture, ...], number: int) -> None:
        images = [self._image(generation, picture) for picture in pictures]
        for image, picture in zip(images, pictures, strict=True):
            await self.store.put(image.key, picture.content)
        charged = generation.credits * len(images) // generation.n
        now = self.clock.now()

        def deliver(account: Account) -> Commit[bool]:
            if account.book.hold(generation.id) is None:
                return Commit(answer=False)
            events = at(account, now, self.catalog).capture(generation.id, amount=charged, images=len(images))
            moved = GenerationMoved(
                generation_id=generation.id, status=GenerationStatus.SUCCEEDED, ended_at=now, charged=charged
            )
            made = AttemptMade(generation_id=generation.id, number=number, at=now, outcome="succeeded")
            return Commit(True, events, (moved, made, *(ImageAdded(image) for image in images)))

        if not await self.accounts.change(generation.account_id, deliver):
            for image in images:
                await self.store.delete(image.key)

    async def _fail(self, generation: Generation, failure: Failure) -> None:
        await self._end(generation, GenerationStatus.FAILED, failure)

    async def _end(self, generation: Generation, status: GenerationStatus, failure: Failure) -> None:
        now = self.clock.now()
        await self.accounts.change(
            generation.account_id, lambda account: ended(at(account, now, self.catalog), generation.id, status, failure)
        )

    async def _note(self, generation: Generation, number: int, outcome: str) -> None:
        made = AttemptMade(generation_id=generation.id, number=number, at=self.clock.now(), outcome=outcome)
        await self.accounts.change(generation.account_id, lambda _: Commit(None, (), (made,)))

    def _image(self, generation: Generation, picture: Picture) -> Image:
        image_id = self.ids.new("img")
        return Image(
            id=image_id,
            account_id=generation.account_id,
            generation_id=generation.id,
            key=f"{generation.id}/{image_id}.{picture.format}",
            width=picture.width,
            height=picture.height,
            format=picture.format,
            private=generation.private,
            watermark=generation.watermark,
            created_at=self.clock.now(),
        )


def _request(generation: Generation) -> ImageRequest:
    return ImageRequest(
        prompt=generation.prompt,
        model=generation.model,
        size=generation.size,
        quality=generation.quality,
        n=generation.n,
        watermark=generation.watermark,
        account_id=generation.account_id,
    )


def ended(held: AccountAt, generation_id: str, status: GenerationStatus, failure: Failure) -> Commit[bool]:
    """Releases the hold and marks the end, in one commit; nothing where it has ended before."""
    if held.account.book.hold(generation_id) is None:
        return Commit(answer=False)
    moved = GenerationMoved(generation_id=generation_id, status=status, ended_at=held.now, failure=failure)
    return Commit(True, held.release(generation_id), (moved,))


@frozen
class CancelingGeneration:
    """Cancels a generation that still waits in the queue; its credits go back. The hold knows whether work began."""

    accounts: AccountRepository
    generations: Generations
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, generation_id: str) -> Generation:
        """The generation afterwards. Raises GenerationNotFound, IllegalTransition (it runs, or has ended)."""
        generation = await self._get(account_id, generation_id)
        generation.status.ensure_may_become(GenerationStatus.CANCELED)
        now: datetime = self.clock.now()

        def cancel(account: Account) -> Commit[None]:
            events = at(account, now, self.catalog).call_off(generation_id)
            moved = GenerationMoved(generation_id=generation_id, status=GenerationStatus.CANCELED, ended_at=now)
            return Commit(None, events, (moved,))

        await self.accounts.change(account_id, cancel)
        return await self._get(account_id, generation_id)

    async def _get(self, account_id: str, generation_id: str) -> Generation:
        generation = await self.generations.get(account_id, generation_id)
        if generation is None:
            raise GenerationNotFound(generation_id)
        return generation
