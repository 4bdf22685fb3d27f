"""The simulated gateway keeps the promises of its port."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from billing_core.adapters.simulated import SimulatedGateway
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue
from billing_core.ports.errors import IdempotencyKeyReused, UnknownAtGateway
from billing_core.ports.gateway import CheckoutSession, PaymentGateway, When
from billing_core.testing.contracts.gateway import SHOP
from billing_core.testing.contracts.gateway.changes import ChangeContract
from billing_core.testing.contracts.gateway.subscriptions import SubscriptionContract
from tests.simulated_shop import GOOD, START, SetClock, Shop, a_change


class TestSimulatedGateway(SubscriptionContract, ChangeContract):
    @pytest.fixture
    def clock(self) -> SetClock:
        return SetClock()

    @pytest.fixture
    def gateway(self, clock: SetClock) -> PaymentGateway:
        return Shop(clock=clock).gateway

    @pytest.fixture(autouse=True)
    def _own_clock(self, clock: SetClock) -> None:
        self._clock = clock

    async def pay(self, gateway: PaymentGateway, session: CheckoutSession) -> str | None:
        assert isinstance(gateway, SimulatedGateway)
        await gateway.pay(session.id, GOOD)
        return (await gateway.state()).sessions[session.id].subscription_id

    async def advance(self, gateway: PaymentGateway, to: datetime) -> None:
        assert isinstance(gateway, SimulatedGateway)
        self._clock.at = to
        await gateway.advance()

    async def latest_invoice(self, gateway: PaymentGateway, subscription_id: str) -> str:
        assert isinstance(gateway, SimulatedGateway)
        return (await gateway.state()).subscriptions[subscription_id].latest_invoice_id or ""


async def test_a_key_belongs_to_its_verb() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key="k")

    with pytest.raises(IdempotencyKeyReused):
        await shop.gateway.resume(sub, idempotency_key="k")


async def test_a_repeated_change_is_answered_but_not_billed_again() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    first = await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    billed = await shop.invoices()

    assert first == await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    assert billed == await shop.invoices()


async def test_a_key_is_forgotten_after_a_day() -> None:
    shop = Shop()
    sub = await shop.subscribed("basic_year")
    await shop.gateway.resume(sub, idempotency_key="k")
    await shop.later(hours=24)
    await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key="k")

    assert (await shop.look(sub)).cancel_at_period_end


async def test_a_change_that_fails_leaves_nothing() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    before = await shop.gateway.state()

    with pytest.raises(UnknownAtGateway):
        await shop.gateway.change_plan(a_change(sub, "no_such_price"), idempotency_key="k")
    with pytest.raises(InvalidValue):
        await shop.gateway.change_plan(a_change(sub, "handful", When.PERIOD_END), idempotency_key="k")

    assert before == await shop.gateway.state()


async def test_a_portal_opens_for_its_bearer_until_it_closes() -> None:
    shop = Shop()
    await shop.subscribed()
    url = await shop.gateway.open_portal(await shop.customer(), return_url="https://app.test/")
    token = url.removeprefix("http://shop.test/dev/portal/")

    assert await shop.customer() == (await shop.gateway.portal(token)).customer_id
    with pytest.raises(UnknownAtGateway):
        await shop.gateway.portal("guessed")
    await shop.later(hours=1)
    with pytest.raises(UnknownAtGateway):
        await shop.gateway.portal(token)


async def test_a_price_that_left_the_catalog_is_still_renewed() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    emptied = Catalog((evolve(SHOP.current, plans=SHOP.current.plans[:1], packs=()),))
    shop.gateway._engine.catalog = lambda: emptied
    await shop.later(days=31)

    assert await shop.paid("in_00000002") is not None
    with pytest.raises(UnknownAtGateway):
        await shop.gateway.preview_change(a_change(sub, "pro_month"))


async def test_a_state_that_cannot_be_saved_is_not_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    shop = Shop(path=folder / "gateway.json")
    sub = await shop.subscribed()
    (folder / "gateway.json.new").mkdir()
    shop.clock.at += timedelta(days=31)
    with pytest.raises(OSError, match=r"gateway\.json"):
        await shop.look(sub)
    (folder / "gateway.json.new").rmdir()

    assert (await shop.look(sub)).period_start > START
