"""Sketching: the unfinished pictures of a running generation are kept, to be looked at until it is done."""

from contextlib import suppress
from itertools import count

from attrs import frozen

from billing_core.domain.account import Account
from billing_core.domain.errors import PortFailure
from billing_core.domain.generation import Generation, Partial
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.images import ImageStore, Picture, Watch
from billing_core.ports.records import PartialMade


@frozen
class Sketching:
    """Puts each unfinished picture into the image store and marks it, as long as its attempt is the latest."""

    accounts: AccountRepository
    store: ImageStore
    clock: Clock

    def watch(self, generation: Generation, attempt: int) -> Watch:
        """What the image generator is given. It never disturbs the generation: one that cannot be kept is left out."""
        numbers = count(1)

        async def watch(picture: Picture) -> None:
            number = next(numbers)
            partial = Partial(
                generation_id=generation.id,
                attempt=attempt,
                number=number,
                key=f"{generation.id}/partial-{attempt}-{number}.{picture.format}",
                width=picture.width,
                height=picture.height,
                format=picture.format,
                at=self.clock.now(),
            )
            with suppress(PortFailure):
                await self._keep(generation.account_id, partial, picture.content)

        return watch

    async def _keep(self, account_id: str, partial: Partial, content: bytes) -> None:
        def keep(account: Account) -> Commit[bool]:
            hold = account.book.hold(partial.generation_id)
            if hold is None or hold.has_gone_on(partial.attempt):
                return Commit(answer=False)
            return Commit(True, (), (PartialMade(partial),))

        await self.store.put(partial.key, content)
        if not await self.accounts.change(account_id, keep):
            await self.store.delete(partial.key)
