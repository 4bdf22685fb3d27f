"""Generations and pictures in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime

from attrs import evolve, frozen

from billing_core.adapters.books.progress import mark_of
from billing_core.adapters.memory.state import MemoryState
from billing_core.domain.attempts import Attempt
from billing_core.domain.generation import Generation, GenerationStatus, Image, Partial
from billing_core.ports.generations import ImagePage, Page, Progress


@frozen
class MemoryGenerations:
    """Lists go by id, newest first, since ids sort by when they were made."""

    state: MemoryState

    async def get(self, account_id: str, generation_id: str) -> Generation | None:
        kept = self.state.generations.get((account_id, generation_id))
        return None if kept is None else self._with_images(kept)

    async def page(self, account_id: str, *, limit: int, cursor: str | None = None) -> Page:
        mine = (g for (owner, _), g in self.state.generations.items() if owner == account_id)
        older = sorted((g for g in mine if cursor is None or g.id < cursor), key=_id, reverse=True)
        items = tuple(self._with_images(g) for g in older[:limit])
        return Page(items, items[-1].id if len(older) > limit else None)

    async def image(self, image_id: str) -> Image | None:
        return next((image for image in self._living() if image.id == image_id), None)

    async def gallery(self, *, limit: int, cursor: str | None = None) -> ImagePage:
        public = (image for image in self._living() if not image.private)
        older = sorted((i for i in public if cursor is None or i.id < cursor), key=_id, reverse=True)
        items = tuple(older[:limit])
        return ImagePage(items, items[-1].id if len(older) > limit else None)

    async def attempts(self, account_id: str, generation_id: str) -> tuple[Attempt, ...]:
        return self._attempts((account_id, generation_id))

    async def progress(self, account_id: str, generation_id: str) -> Progress | None:
        generation = await self.get(account_id, generation_id)
        if generation is None:
            return None
        key = (account_id, generation_id)
        return Progress(generation, self._attempts(key), self._partials(key))

    async def marks(self, generation_ids: Collection[str]) -> Mapping[str, int]:
        return {
            kept.id: mark_of(kept.status, self._attempts(key), len(self._partials(key)))
            for key, kept in self.state.generations.items()
            if kept.id in generation_ids
        }

    async def overdue(self, now: datetime, *, stuck_since: datetime, limit: int) -> tuple[Generation, ...]:
        kept = sorted(self.state.generations.values(), key=lambda each: (each.account_id, each.id))
        queued = [each for each in kept if each.status is GenerationStatus.QUEUED and each.expires_at <= now]
        running = [each for each in kept if each.status is GenerationStatus.RUNNING]
        stuck = [each for each in running if self._heard_of_at(each) < stuck_since]
        late = sorted(queued, key=lambda each: each.expires_at)
        return tuple([*late, *sorted(stuck, key=_started_at)][:limit])

    def _attempts(self, key: tuple[str, str]) -> tuple[Attempt, ...]:
        return tuple(attempt for _, attempt in sorted(self.state.attempts.get(key, {}).items()))

    def _partials(self, key: tuple[str, str]) -> tuple[Partial, ...]:
        return tuple(partial for _, partial in sorted(self.state.partials.get(key, {}).items()))

    def _heard_of_at(self, generation: Generation) -> datetime:
        """When something last happened to it."""
        key = (generation.account_id, generation.id)
        attempts = (at for each in self._attempts(key) for at in (each.started_at, each.ended_at) if at is not None)
        partials = (partial.at for partial in self._partials(key))
        return max([_started_at(generation), *attempts, *partials])

    def _living(self) -> list[Image]:
        return [image for key, image in self.state.images.items() if key not in self.state.deleted]

    def _with_images(self, generation: Generation) -> Generation:
        made = self.state.images_of.get((generation.account_id, generation.id))
        if made is None:
            return generation
        keys = ((generation.account_id, image_id) for image_id in sorted(made))
        return evolve(generation, images=tuple(self.state.images[k] for k in keys if k not in self.state.deleted))


def _started_at(generation: Generation) -> datetime:
    return generation.started_at or generation.created_at


def _id(kept: Generation | Image) -> str:
    return kept.id
