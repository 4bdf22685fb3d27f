"""Sketching: the unfinished pictures of a running generation are kept, to be looked at until it is done."""

from contextlib import suppress

from attrs import define, frozen

from billing_core.domain.account import Account
from billing_core.domain.errors import PortFailure
from billing_core.domain.generation import Generation, Partial
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.images import ImageStore, Picture
from billing_core.ports.records import PartialMade


@frozen
class Sketching:
    """Puts each unfinished picture into the image store and marks it, as long as its attempt is the latest."""

    accounts: AccountRepository
    store: ImageStore
    clock: Clock

    def watch(self, generation: Generation, attempt: int) -> "Sketches":
        """What the image generator is given."""
        return Sketches(self, generation, attempt)

    async def keep(self, account_id: str, partial: Partial, content: bytes) -> None:
        """Raises PortFailure; then it may be in the store all the same."""

        def keep(account: Account) -> Commit[bool]:
            hold = account.book.hold(partial.generation_id)
            if hold is None or hold.has_gone_on(partial.attempt):
                return Commit(answer=False)
            return Commit(True, (), (PartialMade(partial),))

        await self.store.put(partial.key, content)
        if not await self.accounts.change(account_id, keep):
            await self.store.delete(partial.key)


@define(eq=False)
class Sketches:
    """Those of one attempt, of which so many were `shown`. They never disturb the generation: one that cannot be kept
    is left out."""

    _sketching: Sketching
    _generation: Generation
    _attempt: int
    shown: int = 0

    async def __call__(self, picture: Picture) -> None:
        self.shown += 1
        partial = Partial(
            generation_id=self._generation.id,
            attempt=self._attempt,
            number=self.shown,
            key=f"{self._generation.id}/partial-{self._attempt}-{self.shown}.{picture.format}",
            width=picture.width,
            height=picture.height,
            format=picture.format,
            at=self._sketching.clock.now(),
        )
        with suppress(PortFailure):
            await self._sketching.keep(self._generation.account_id, partial, picture.content)
