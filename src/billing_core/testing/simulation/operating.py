"""What an operator and the hourly work of a worker do."""

import asyncio

from attrs import define

from billing_core.application import tasks
from billing_core.application.linking import LinkedOffer
from billing_core.application.reconciling import BOOKMARK
from billing_core.domain.catalog import Kind
from billing_core.domain.errors import BillingError
from billing_core.domain.fraud import suspension_for
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.keeping_step import guarding_of, reconciling_of
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import PaymentLink
from billing_core.ports.records import CauseStatus, OwnerClaimed
from billing_core.testing.simulation.banking import AN_OPERATOR
from billing_core.testing.simulation.customer import GOOD
from billing_core.testing.simulation.seeing import Seeing
from billing_core.testing.simulation.shopping import PACKS
from billing_core.testing.simulation.world import HOUR_S


@define(eq=False)
class Operating(Seeing):
    """Accrual, reconciliation, figures, audits, replays, payment links."""

    async def round(self) -> None:
        """Accrual and reconciliation, as a worker does them by the hour: again soon where they failed."""
        world = self.world
        await world.within(lambda use: use.accruing().run({}))
        before = await world.books.bookmarks.get(BOOKMARK)
        await world.within(reconciled)
        if before == await world.books.bookmarks.get(BOOKMARK):
            await asyncio.sleep(HOUR_S)
            async with world.a_calm():
                await world.within(reconciled)
        if self.random.random() < 0.5:
            await world.within(lambda use: use.reckoning().run({}))
            await world.within(lambda use: use.forgetting().run({}))
            await world.within(lambda use: guarding_of(use, asks=True).run({}))
        if self.random.random() < 0.5:
            await world.within(lambda use: _gone_through(use.auditing().all()))
        if self.random.random() < 0.3:
            await world.within(lambda use: use.replaying().undone())
            await world.within(lambda use: _gone_through(use.replaying().all()))
            await world.within(lambda use: use.replaying().newest(CauseStatus.FAILED, limit=5))
            sent = await world.stripe.sent()
            if sent:
                await world.within(lambda use, event_id=sent[-1].id: use.replaying().event(event_id))  # type: ignore[misc]
        if self.random.random() < 0.5:
            offer = LinkedOffer(kind=Kind.PACK, item=self.random.choice(PACKS), currency="usd")
            linked = await world.within(lambda use: use.linking()(offer))
            if isinstance(linked.answer, PaymentLink):
                await self._visit(linked.answer.id)
        if self.random.random() < 0.5:
            await world.within(lambda use: use.checking_shelf().run({"gone": "price_of_nobody"}))
        if self.random.random() < 0.3:
            await world.within(lambda use: use.accruing().count(everyone=True))
            await world.within(lambda use: _gone_through(use.accruing()(everyone=True)))
        if self.random.random() < 0.5:
            customer = self.random.choice(world.customers)
            await world.within(lambda use: use.auditing()(customer.id))
            await self._reinstate(customer.id)

    async def _reinstate(self, account_id: str) -> None:
        """A person finds that a warning of fraud was a false alarm."""
        account = await self.world.books.accounts.get(account_id)
        for reason in account.suspended_for:
            if reason.startswith(suspension_for("")):
                await self.world.within(
                    lambda use, reason=reason: use.suspending().reinstate(account_id, AN_OPERATOR, suspension=reason)  # type: ignore[misc]
                )

    async def _visit(self, link_id: str) -> None:
        """A stranger pays by a link: nobody's, until an operator says whose."""
        stripe, world = self.world.stripe, self.world
        stranger = f"stranger-{self.random.randrange(1000)}"
        try:
            session_id = await stripe.open_link(link_id, email=f"{stranger}@elsewhere.example")
            await stripe.pay(session_id, GOOD)
        except BillingError:
            return
        await stripe.deliver_pending()
        await asyncio.sleep(self.random.uniform(60, 2 * HOUR_S))
        customer_id = self.state.sessions[session_id].customer_id
        if customer_id is not None:
            claimed = Commit(None, (), (OwnerClaimed(customer_id), tasks.receive_parked(customer_id)))
            await world.within(lambda use: use.accounts().change(stranger, lambda _: claimed))


async def reconciled(use: Container) -> None:
    """A reconciliation from end to end."""
    await reconciling_of(use).run({})


async def _gone_through(stream: object) -> None:
    async for _ in stream:  # type: ignore[attr-defined]
        pass
