"""Telling a recording's webhooks to fresh books, in any order."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from attrs import define, field

from billing_core.adapters.books.encoding import ACCOUNTS
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.stripe.api import Api
from billing_core.adapters.system import FixedClock
from billing_core.domain import account_at
from billing_core.domain.account import Account
from billing_core.entrypoints.keeping_step import reconciling_of
from billing_core.ports.commit import Commit
from billing_core.ports.records import CauseStatus, OwnerClaimed
from billing_core.testing.orders.ending import Ending, FellDue, standing
from billing_core.testing.orders.product import Product, copied
from billing_core.testing.orders.recording import Recording

WORK: Final = -1
"""The move of an order that does one of the jobs that wait."""

Order = tuple[int, ...]
"""Numbers of webhooks in the order in which they come, some more than once, and WORK. What is left out is lost, and
found by the reconciliation that then follows. In the end all jobs are done."""


@define
class Teller:
    """Tells a recording again and again, each time to books that know nothing of the time before."""

    recording: Recording
    api: Api | None = None
    product: Product = field(init=False)
    told: int = field(init=False, default=0)
    _before: MemoryState = field(init=False, factory=MemoryState)
    _began: dict[str, Account] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        recording = self.recording
        self.product = Product(
            recording.catalog, FixedClock(recording.now), recording.truth, livemode=recording.livemode, api=self.api
        )

    async def ready(self) -> None:
        """Makes the books that each telling begins with: nothing is due in them."""
        await self.product.ready()
        if self.recording.before is not None:
            self.product.begin(self.recording.before)
        else:
            for customer, account_id in self.recording.customers.items():
                await self._link(account_id, customer)
        for account_id in list(self.product.memory.state.accounts):
            await self._touch(account_id)
        self._began = {account_id: self._account(account_id) for account_id in self.product.memory.state.accounts}
        self._before = MemoryState(**copied(self.product.memory.state))  # type: ignore[arg-type]

    async def tell(self, order: Iterable[int]) -> Ending:
        """How the books end."""
        product, webhooks, left = self.product, self.recording.webhooks, set(range(len(self.recording.webhooks)))
        product.begin(self._before)
        for move in order:
            if move == WORK:
                await product.work(1)
            else:
                await product.receive(webhooks[move].body)
                left.discard(move)
                self.told += 1
        await product.work()
        if left:
            await self._reconcile()
        return self.ending()

    async def _reconcile(self) -> None:
        reconciling = reconciling_of(self.product.use)
        async for _ in reconciling(since=self.recording.since - timedelta(hours=1)):
            pass
        await self.product.work()

    def ending(self) -> Ending:
        """How the books stand."""
        memory, now, catalog = self.product.memory, self.product.clock.now(), self.recording.catalog
        known = [self._account(account_id) for account_id in memory.state.accounts]
        accounts = [account_at.at(account, now, catalog) for account in known if account.opened_at is not None]
        failed = [c.key for c in memory.state.causes.values() if c.status is not CauseStatus.PROCESSED and c.body]
        return Ending(
            {held.account.id: standing(held) for held in accounts},
            {
                a.id: FellDue.since(self._began.get(a.id, Account(id=a.id)), a)
                for a in (held.account for held in accounts)
            },
            tuple(sorted([*failed, *memory.state.parked])),
        )

    def _account(self, account_id: str) -> Account:
        kept = self.product.memory.state.accounts[account_id]
        return ACCOUNTS.decode(kept.snapshot)

    async def _link(self, account_id: str, customer: str) -> None:
        now = self.recording.now

        def link(held: Account) -> Commit[None]:
            events = account_at.at(held, now, self.recording.catalog).customer_known(customer)
            return Commit(None, events, (OwnerClaimed(customer),))

        await self.product.memory.accounts.change(account_id, link)

    async def _touch(self, account_id: str) -> None:
        now = self.recording.now

        def touch(held: Account) -> Commit[None]:
            return Commit(None, account_at.at(held, now, self.recording.catalog).due)

        await self.product.memory.accounts.change(account_id, touch)
