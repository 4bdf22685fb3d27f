"""Tidying: what a generation left in the image store and no customer has is deleted."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.ports.generations import Generations
from billing_core.ports.images import ImageStore


@frozen
class Tidying:
    """Deletes what no image names: unfinished pictures, pictures that came too late, and those that were deleted."""

    generations: Generations
    store: ImageStore

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. While the generation is under way, everything may still be needed. Raises Unavailable."""
        generation = await self.generations.get(args["account_id"], args["generation_id"])
        if generation is None or not generation.status.is_terminal:
            return
        named = {image.key for image in generation.images}
        for key in await self.store.keys(generation.id):
            if key not in named:
                await self.store.delete(key)
