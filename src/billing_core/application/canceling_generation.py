"""Canceling a generation that still waits in the queue."""

from attrs import frozen

from billing_core.application.errors import GenerationNotFound
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.generations import Generations
from billing_core.ports.records import GenerationMoved


@frozen
class CancelingGeneration:
    """Cancels a generation that still waits; its credits go back. The hold knows whether work began."""

    accounts: AccountRepository
    generations: Generations
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, generation_id: str) -> Generation:
        """The generation afterwards. Raises GenerationNotFound, IllegalTransition (it runs, or has ended)."""
        generation = await self._get(account_id, generation_id)
        generation.status.ensure_may_become(GenerationStatus.CANCELED)
        now = self.clock.now()

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
