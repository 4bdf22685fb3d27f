"""What every PaymentGateway does, whoever takes the money."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain.catalog import Catalog, CatalogVersion, Interval, Kind, Pack, Plan, Price
from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot
from billing_core.ports.clock import Clock
from billing_core.ports.errors import IdempotencyKeyReused, UnknownAtGateway
from billing_core.ports.facts import InvoiceLine, InvoicePaid
from billing_core.ports.gateway import ChangeStatus, CheckoutRequest, CheckoutSession, PaymentGateway, PlanChange, When


def _price(key: str, amount: int, interval: Interval | None, currency: str = "usd") -> Price:
    return Price(key, Money(amount, currency), interval)


def _plan(key: str, rank: int, *prices: Price) -> Plan:
    return Plan(
        key=key,
        name=key.title(),
        rank=rank,
        allotment=100 * rank,
        prices=prices,
        default_model="m",
        default_size="1024x1024",
        default_quality="standard",
    )


SHOP = Catalog(
    (
        CatalogVersion(
            number=1,
            since=datetime(2020, 1, 1, tzinfo=UTC),
            plans=(
                _plan("free", 0),
                _plan(
                    "basic",
                    1,
                    _price("basic_month", 1000, Interval.MONTH),
                    _price("basic_year", 10000, Interval.YEAR),
                    _price("basic_month_jpy", 1500, Interval.MONTH, "jpy"),
                ),
                _plan(
                    "pro",
                    2,
                    _price("pro_month", 3000, Interval.MONTH),
                    _price("pro_year", 30000, Interval.YEAR),
                    _price("pro_month_jpy", 4500, Interval.MONTH, "jpy"),
                ),
            ),
            packs=(
                Pack(key="handful", name="A handful", credits=10, prices=(_price("handful", 500, None),)),
                Pack(
                    key="refill",
                    name="A refill",
                    credits=10,
                    prices=(_price("refill_month", 400, Interval.MONTH),),
                ),
            ),
        ),
    )
)
"""The catalog that the gateway under test sells."""


def a_checkout(customer_id: str, price: str = "basic_month", account_id: str = "acc_1") -> CheckoutRequest:
    """A request to buy what that price of SHOP buys."""
    offer = SHOP.current.offers[price]
    return CheckoutRequest(
        account_id=account_id,
        customer_id=customer_id,
        kind=offer.kind,
        item=offer.item,
        price=price,
        version=SHOP.current.number,
        recurring=offer.price.interval is not None,
        success_url="https://app.test/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://app.test/back",
    )


def _told(line: InvoiceLine) -> InvoiceLine:
    return evolve(line, key="")


class PaymentGatewayContract:
    """Subclass it; give the fixtures `gateway`, which sells SHOP, and `clock`, and the three hooks."""

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        raise NotImplementedError("give the gateway that is to be tried")

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError("give the clock that the gateway lives by")

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        """Pays as a customer would with a good card; answers the id of the subscription that came of it."""
        raise NotImplementedError

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        """Lets the gateway's time pass, and what is due happen."""
        raise NotImplementedError

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        """The id of the subscription's latest invoice."""
        raise NotImplementedError

    async def subscribe(self, gateway: PaymentGateway, price: str = "basic_month") -> str:
        """The id of a running subscription to that price."""
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        session = await gateway.open_checkout(a_checkout(customer_id, price), idempotency_key=f"buy {price}")
        subscription_id = await self.pay(gateway, session)
        assert subscription_id is not None
        return subscription_id

    async def look(self, gateway: PaymentGateway, clock: Clock, subscription_id: str) -> SubscriptionSnapshot:
        """The subscription as it is now."""
        return await gateway.fetch_subscription(subscription_id, now=clock.now())

    async def invoice(self, gateway: PaymentGateway, subscription_id: str) -> InvoicePaid:
        """The latest invoice, which is paid."""
        paid = await gateway.fetch_invoice(await self.latest_invoice(gateway, subscription_id))
        assert paid is not None
        return paid

    async def test_an_account_has_one_customer(self, gateway: PaymentGateway) -> None:
        first = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        again = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        other = await gateway.ensure_customer("acc_2", email="b@app.test", name="Bob")

        assert (first, True) == (again, other != first)

    async def test_a_checkout_has_a_page_and_an_end(self, gateway: PaymentGateway, clock: Clock) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")

        session = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        assert session.url.startswith("http")
        assert clock.now() < session.expires_at <= clock.now() + timedelta(hours=24)

    async def test_the_same_key_opens_one_checkout(self, gateway: PaymentGateway) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        first = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        assert first == await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

    async def test_the_same_key_with_another_wish_is_refused(self, gateway: PaymentGateway) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        with pytest.raises(IdempotencyKeyReused):
            await gateway.open_checkout(a_checkout(customer_id, "pro_month"), idempotency_key="k")

    async def test_expiring_a_checkout_twice_is_fine(self, gateway: PaymentGateway) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        session = await gateway.open_checkout(a_checkout(customer_id), idempotency_key="k")

        await gateway.expire_checkout(session.id)
        await gateway.expire_checkout(session.id)

    async def test_a_portal_is_made_per_click(self, gateway: PaymentGateway) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        urls = {await gateway.open_portal(customer_id, return_url="https://app.test/") for _ in range(2)}

        assert len(urls) == 2

    async def test_a_paid_checkout_becomes_a_running_subscription(self, gateway: PaymentGateway, clock: Clock) -> None:
        sub = await self.look(gateway, clock, await self.subscribe(gateway))

        assert (sub.status, sub.price, sub.quantity) == (Status.ACTIVE, "basic_month", 1)
        assert sub.anchor == sub.period_start < sub.period_end

    async def test_a_fetch_is_dated_by_when_it_began(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        began = clock.now() - timedelta(seconds=2)

        assert began == (await gateway.fetch_subscription(subscription_id, now=began)).seen_at

    async def test_its_invoice_pays_for_the_whole_period(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        sub = await self.look(gateway, clock, subscription_id)
        invoice = await self.invoice(gateway, subscription_id)

        assert (1000, "usd", subscription_id) == (invoice.amount_minor, invoice.currency, invoice.subscription_id)
        assert [("basic_month", Sign.CHARGE, sub.period_start, sub.period_end, False)] == [
            (line.price, line.sign, line.start, line.end, line.prorated) for line in invoice.lines
        ]

    async def test_a_period_follows_the_other(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        first = await self.look(gateway, clock, subscription_id)

        await self.advance(gateway, first.period_end + timedelta(hours=2))
        second = await self.look(gateway, clock, subscription_id)

        assert (first.period_end, first.anchor) == (second.period_start, second.anchor)

    async def test_an_upgrade_now_costs_what_was_quoted(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        sub = await self.look(gateway, clock, subscription_id)
        await self.advance(gateway, sub.period_start + timedelta(days=10))
        wish = PlanChange(subscription_id=subscription_id, price="pro_month", when=When.NOW)
        quote = await gateway.preview_change(wish)

        done = await gateway.change_plan(evolve(wish, as_of=quote.as_of), idempotency_key="up")

        invoice = await self.invoice(gateway, subscription_id)
        assert ChangeStatus.DONE is done.status
        assert (await self.look(gateway, clock, subscription_id)).price == "pro_month"
        assert quote.due_now_minor == invoice.amount_minor
        assert {_told(line) for line in quote.lines} == {_told(line) for line in invoice.lines}
        assert {Sign.CREDIT, Sign.CHARGE} == {line.sign for line in quote.lines}

    async def test_a_change_at_the_end_of_the_period_waits(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)

        quote = await gateway.preview_change(wish)
        await gateway.change_plan(wish, idempotency_key="down")

        sub = await self.look(gateway, clock, subscription_id)
        assert (0, Money(1000, "usd")) == (quote.due_now_minor, quote.next_amount)
        assert ("pro_month", PendingChange("basic_month", sub.period_end)) == (sub.price, sub.pending_change)

    async def test_a_change_that_waits_can_be_dropped(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="down")

        await gateway.drop_change(subscription_id)
        await gateway.drop_change(subscription_id)

        assert (await self.look(gateway, clock, subscription_id)).pending_change is None

    async def test_the_last_wish_wins(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway, "pro_month")
        wish = PlanChange(subscription_id=subscription_id, price="basic_month", when=When.PERIOD_END)
        await gateway.change_plan(wish, idempotency_key="1")
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="2")
        canceled = await self.look(gateway, clock, subscription_id)
        await gateway.change_plan(wish, idempotency_key="3")
        changed = await self.look(gateway, clock, subscription_id)

        assert (canceled.cancel_at_period_end, canceled.pending_change) == (True, None)
        assert (
            changed.cancel_at_period_end,
            changed.pending_change and changed.pending_change.price,
        ) == (False, "basic_month")

    async def test_a_cancellation_can_be_undone(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=True, prorate=False, idempotency_key="1")
        await gateway.resume(subscription_id, idempotency_key="2")

        sub = await self.look(gateway, clock, subscription_id)

        assert (sub.cancel_at_period_end, sub.status) == (False, Status.ACTIVE)

    async def test_a_cancellation_now_is_the_end(self, gateway: PaymentGateway, clock: Clock) -> None:
        subscription_id = await self.subscribe(gateway)
        await gateway.cancel(subscription_id, at_period_end=False, prorate=False, idempotency_key="1")

        sub = await self.look(gateway, clock, subscription_id)

        assert Status.CANCELED is sub.status
        assert sub.ended_at is not None

    async def test_what_is_unknown_is_said_to_be(self, gateway: PaymentGateway, clock: Clock) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_subscription("sub_unknown", now=clock.now())
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_invoice("in_unknown")

    async def test_a_pack_is_bought_once(self, gateway: PaymentGateway) -> None:
        customer_id = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
        request = a_checkout(customer_id, "handful")

        session = await gateway.open_checkout(request, idempotency_key="k")

        assert (request.kind, await self.pay(gateway, session)) == (Kind.PACK, None)
