"""Showing pictures, and changing who may see them."""

from attrs import evolve, frozen

from billing_core.application import tasks
from billing_core.application.errors import GenerationNotFound, ImageNotFound
from billing_core.application.progress import steps_of
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import NotEntitled
from billing_core.domain.generation import Image, Partial
from billing_core.domain.ways_out import for_entitlement
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.generations import Generations
from billing_core.ports.images import ImageStore
from billing_core.ports.records import ImageChanged


@frozen
class Showing:
    """Gives a picture's bytes to its owner, to the bearer of its signed URL, or, where it is public, to anyone."""

    generations: Generations
    store: ImageStore

    async def image(self, image_id: str, *, viewer: str | None, signed: bool) -> Image:
        """Raises ImageNotFound, also where the viewer may not know that there is one."""
        image = await self.generations.image(image_id)
        if image is None or (image.private and not signed and viewer != image.account_id):
            raise ImageNotFound(image_id)
        return image

    async def content(self, image: Image) -> bytes:
        """Raises ImageNotFound where the bytes are gone."""
        content = await self.store.get(image.key)
        if content is None:
            raise ImageNotFound(image.id)
        return content

    async def partial(self, account_id: str, generation_id: str, step_id: str) -> tuple[Partial, bytes]:
        """The unfinished picture that the step shows. Raises GenerationNotFound; ImageNotFound for a step that shows
        none, or none any more."""
        progress = await self.generations.progress(account_id, generation_id)
        if progress is None:
            raise GenerationNotFound(generation_id)
        shown = {step.id: step.partial for step in steps_of(progress)}.get(step_id)
        content = None if shown is None else await self.store.get(shown.key)
        if shown is None or content is None:
            raise ImageNotFound(step_id)
        return shown, content


@frozen
class Hiding:
    """Makes the owner's picture private or public, or deletes it."""

    accounts: AccountRepository
    generations: Generations
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, image_id: str, *, private: bool) -> Image:
        """Raises ImageNotFound; NotEntitled where the plan keeps no private pictures."""
        image = await self._own(account_id, image_id)
        held = at(await self.accounts.get(account_id), self.clock.now(), self.catalog)
        if private and not entitlements(held).allows("private_history"):
            plan = held.in_force.plan
            ways = for_entitlement(plan, self.catalog, lambda other: bool(other.entitlements.get("private_history")))
            raise NotEntitled("private_history", (), ways)
        changed = ImageChanged(image_id=image_id, private=private)
        await self.accounts.change(account_id, lambda _: Commit(None, (), (changed,)))
        return evolve(image, private=private)

    async def delete(self, account_id: str, image_id: str) -> None:
        """Nobody sees it from now on; a job deletes its bytes. Raises ImageNotFound."""
        image = await self._own(account_id, image_id)
        gone = ImageChanged(image_id=image_id, deleted=True)
        tidy = tasks.tidy_pictures(account_id, image.generation_id)
        await self.accounts.change(account_id, lambda _: Commit(None, (), (gone, tidy)))

    async def _own(self, account_id: str, image_id: str) -> Image:
        image = await self.generations.image(image_id)
        if image is None or image.account_id != account_id:
            raise ImageNotFound(image_id)
        return image
