"""Generations and pictures in memory."""

from attrs import evolve, frozen

from billing_core.adapters.memory.state import MemoryState
from billing_core.domain.generation import Generation, Image
from billing_core.ports.generations import ImagePage, Page


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

    async def attempts(self, account_id: str, generation_id: str) -> tuple[str, ...]:
        made = self.state.attempts.get((account_id, generation_id), {})
        return tuple(attempt.outcome for _, attempt in sorted(made.items()))

    def _living(self) -> list[Image]:
        return [image for key, image in self.state.images.items() if key not in self.state.deleted]

    def _with_images(self, generation: Generation) -> Generation:
        made = self.state.images_of.get((generation.account_id, generation.id), ())
        keys = ((generation.account_id, image_id) for image_id in sorted(made))
        return evolve(generation, images=tuple(self.state.images[k] for k in keys if k not in self.state.deleted))


def _id(kept: Generation | Image) -> str:
    return kept.id
