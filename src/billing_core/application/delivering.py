"""Delivering: finished pictures are stored, then paid for and listed, in one commit.

Nothing is paid for that is not stored. The pictures are made and billed by now, so the store and the books are tried
for some seconds; the provider is not asked again because they are down.
"""

from collections.abc import Sequence

from attrs import frozen

from billing_core.application.endings import NOT_STORED, Ending, Turn, is_under_way, plain, tidying
from billing_core.application.patience import patiently
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.catalog import Catalog
from billing_core.domain.generation import GenerationStatus, Image
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.errors import Unavailable
from billing_core.ports.generations import Generations
from billing_core.ports.ids import IdSource
from billing_core.ports.images import ImageStore, Made, Picture
from billing_core.ports.records import AttemptMade, GenerationMoved, ImageAdded

RESTS_S = (0.2, 1.0, 5.0)


@frozen
class Delivering:
    """Captures for the pictures that there are, at most those asked for, unless another attempt has taken over."""

    accounts: AccountRepository
    generations: Generations
    store: ImageStore
    ending: Ending
    catalog: Catalog
    clock: Clock
    ids: IdSource
    rests_s: Sequence[float] = RESTS_S

    async def __call__(self, turn: Turn, made: Made, *, is_sketched: bool) -> None:
        """`is_sketched` tells that unfinished pictures were shown.

        Raises Unavailable or OutcomeUnknown where the books stay down: then nothing is known of the attempt.
        """
        pictures = made.pictures[: turn.generation.n]
        images = tuple(self._image(turn, index, picture) for index, picture in enumerate(pictures, start=1))
        try:
            for image, picture in zip(images, pictures, strict=True):
                await patiently(lambda i=image, p=picture: self.store.put(i.key, p.content), self.rests_s)  # type: ignore[misc]
        except Unavailable as failure:
            noted = self._noted(turn, made, f"not stored: {failure}")
            await self.ending(turn, NOT_STORED, noted=[noted])
        else:
            await self._pay(turn, made, images, is_sketched=is_sketched)

    async def _pay(self, turn: Turn, made: Made, images: tuple[Image, ...], *, is_sketched: bool) -> None:
        generation, now = turn.generation, self.clock.now()
        # The first attempt, of which nothing was shown before, has put nothing into the store but what is listed here.
        tidying_up = tidying(turn, now) if turn.before or is_sketched else ()
        charged = generation.credits * len(images) // generation.n

        def pay(account: Account) -> Commit[bool]:
            if not is_under_way(account, turn):
                return Commit(False, (), (self._noted(turn, made, "came too late, and was thrown away"),))
            events = at(account, now, self.catalog).capture(
                generation.id, amount=charged, images=len(images), attempt=turn.number
            )
            moved = GenerationMoved(
                generation_id=generation.id, status=GenerationStatus.SUCCEEDED, ended_at=now, charged=charged
            )
            added = (ImageAdded(image) for image in images)
            return Commit(True, events, (self._noted(turn, made), moved, *added, *tidying_up))

        if not await patiently(lambda: self.accounts.change(generation.account_id, pay), self.rests_s):
            await self._throw_away(turn, images)

    async def _throw_away(self, turn: Turn, images: tuple[Image, ...]) -> None:
        """All but those that an earlier try of ours has listed after all, without our hearing of it."""
        found = await self.generations.get(turn.generation.account_id, turn.generation.id)
        listed = {image.key for image in found.images} if found else set[str]()
        for image in images:
            if image.key not in listed:
                await self.store.delete(image.key)

    def _noted(self, turn: Turn, made: Made, error: str | None = None) -> AttemptMade:
        asked = made.provider_request_id
        return AttemptMade(
            generation_id=turn.generation.id,
            number=turn.number,
            at=self.clock.now(),
            outcome=AttemptOutcome.SUCCEEDED,
            error=error,
            provider_request_id=None if asked is None else plain(asked),
            input_tokens=made.input_tokens,
            output_tokens=made.output_tokens,
        )

    def _image(self, turn: Turn, index: int, picture: Picture) -> Image:
        generation = turn.generation
        return Image(
            id=self.ids.new("img"),
            account_id=generation.account_id,
            generation_id=generation.id,
            key=f"{generation.id}/{turn.number}-{index}.{picture.format}",
            width=picture.width,
            height=picture.height,
            format=picture.format,
            private=generation.private,
            watermark=generation.watermark,
            created_at=self.clock.now(),
        )
