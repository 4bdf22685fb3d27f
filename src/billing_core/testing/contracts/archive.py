"""What every Archive does, whoever keeps it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.archive import Archive
from billing_core.ports.clock import Clock
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import CheckoutSession, PaymentGateway, RefundReason
from billing_core.testing.contracts.gateway.shop import a_checkout

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
T = TypeVar("T")


async def all_of(things: AsyncIterator[T]) -> list[T]:
    """Read to the end."""
    return [thing async for thing in things]


class ArchiveContract:
    """Subclass it; give the fixtures `gateway`, which sells SHOP, its `archive` and its `clock`, and the hooks."""

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        raise NotImplementedError("give the gateway at which business is done")

    @pytest.fixture
    def archive(self, gateway: PaymentGateway) -> Archive:
        raise NotImplementedError("give the archive of that gateway")

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError("give the clock that the gateway lives by")

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        """Pays as a customer would with a good card; answers the id of the subscription that came of it."""
        raise NotImplementedError

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        """Lets the gateway's time pass, and what is due happen."""
        raise NotImplementedError

    async def dispute(self, gateway: PaymentGateway, payment: str) -> None:
        """The card's owner wants the money of the payment back."""
        raise NotImplementedError

    async def customer(self, gateway: PaymentGateway, account_id: str = "acc_1") -> str:
        return await gateway.ensure_customer(account_id, email=f"{account_id}@app.test", name="Ada")

    async def subscribe(self, gateway: PaymentGateway, account_id: str = "acc_1") -> str:
        """The id of a subscription of that account."""
        request = a_checkout(await self.customer(gateway, account_id), account_id=account_id)
        session = await gateway.open_checkout(request, idempotency_key=f"buy {account_id}")
        subscription_id = await self.pay(gateway, session)
        assert subscription_id is not None
        return subscription_id

    async def snapshots(self, archive: Archive, clock: Clock, **asked: str) -> list[SubscriptionSnapshot]:
        found = await all_of(archive.subscriptions(now=clock.now(), **asked))
        return [each for each in found if isinstance(each, SubscriptionSnapshot)]

    async def invoices(self, archive: Archive, since: datetime = LONG_AGO, **asked: str) -> list[InvoicePaid]:
        found = await all_of(archive.paid_invoices(since=since, **asked))
        return [each for each in found if isinstance(each, InvoicePaid)]

    async def test_nothing_is_kept_of_no_business(self, archive: Archive, clock: Clock) -> None:
        assert await all_of(archive.customers()) == []
        assert await self.snapshots(archive, clock) == []
        assert await self.invoices(archive) == []

    async def test_customers_are_told_newest_first(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        first = await self.customer(gateway, "acc_1")
        await self.advance(gateway, clock.now() + timedelta(hours=1))
        second = await self.customer(gateway, "acc_2")

        found = await all_of(archive.customers())

        assert [(second, "acc_2"), (first, "acc_1")] == [(each.id, each.account_id) for each in found]
        assert [each.email for each in found] == ["acc_2@app.test", "acc_1@app.test"]

    async def test_more_than_a_page_is_told_to_the_last(self, archive: Archive, gateway: PaymentGateway) -> None:
        ids = [await self.customer(gateway, f"acc_{n}") for n in range(105)]
        assert set(ids) == {each.id for each in await all_of(archive.customers())}

    async def test_reading_goes_on_where_it_was_left(self, archive: Archive, gateway: PaymentGateway) -> None:
        for n in range(3):
            await self.customer(gateway, f"acc_{n}")
        newest, *older = await all_of(archive.customers())

        assert older == await all_of(archive.customers(after=newest.id))

    async def test_subscriptions_are_told_in_whatever_status(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        running = await self.subscribe(gateway, "acc_1")
        over = await self.subscribe(gateway, "acc_2")
        await gateway.cancel(over, at_period_end=False, prorate=False, idempotency_key="k")

        found = await self.snapshots(archive, clock)

        assert {(running, Status.ACTIVE), (over, Status.CANCELED)} == {(each.id, each.status) for each in found}
        for each in found:
            assert each == await gateway.fetch_subscription(each.id, now=clock.now())

    async def test_the_subscriptions_of_one_customer_can_be_asked_for(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        await self.subscribe(gateway, "acc_1")
        theirs = await self.subscribe(gateway, "acc_2")
        customer = await self.customer(gateway, "acc_2")

        assert [theirs] == [each.id for each in await self.snapshots(archive, clock, customer_id=customer)]

    async def test_paid_invoices_are_told_as_they_are_fetched(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        subscription_id = await self.subscribe(gateway)
        before = await gateway.fetch_subscription(subscription_id, now=clock.now())
        await self.advance(gateway, before.period_end + timedelta(hours=2))

        found = await self.invoices(archive, subscription_id=subscription_id)

        assert [before.period_end, before.period_start] == [each.lines[0].start for each in found]
        for each in found:
            assert each == await gateway.fetch_invoice(each.invoice_id)
        assert found[:1] == await self.invoices(archive, before.period_end)
        assert found[1:] == await self.invoices(archive, after=found[0].invoice_id)

    async def test_payments_are_touched_by_refunds_and_disputes(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        for account_id in ("acc_1", "acc_2", "acc_3"):
            await self.subscribe(gateway, account_id)
        quiet, disputed, refunded = [each.invoice_id for each in await self.invoices(archive)]
        await self.advance(gateway, clock.now() + timedelta(days=1))
        since = clock.now()
        await gateway.refund(refunded, amount_minor=1, reason=RefundReason.REQUESTED, idempotency_key="k")
        await self.dispute(gateway, disputed)

        touched = await all_of(archive.touched_payments(since=since))

        states = [await gateway.fetch_payment(payment, now=clock.now()) for payment in touched]
        assert {refunded, disputed} == {state.id for state in states}
        assert quiet not in {state.id for state in states}

    async def test_nothing_is_touched_since_later(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        await self.subscribe(gateway)
        (invoice,) = await self.invoices(archive)
        await gateway.refund(invoice.invoice_id, amount_minor=1, reason=RefundReason.REQUESTED, idempotency_key="k")

        assert await all_of(archive.touched_payments(since=clock.now() + timedelta(seconds=1))) == []

    async def test_events_are_told_with_their_bodies(
        self, archive: Archive, gateway: PaymentGateway, clock: Clock
    ) -> None:
        await self.subscribe(gateway)

        bodies = await all_of(archive.events(since=clock.now() - timedelta(days=1)))

        assert bodies
        assert await all_of(archive.events(since=clock.now() + timedelta(days=1))) == []
