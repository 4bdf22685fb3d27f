"""What the gateway tells beside money: notifications, the shelf, customers that go, oddities, and money of nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.checking_out import Customer, Return
from billing_core.application.receiving import NOBODY
from billing_core.application.waiting import MOST
from billing_core.domain.catalog import Kind
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from billing_core.ports.facts import (
    Announced,
    CheckoutNews,
    CustomerDeleted,
    InvoiceTouched,
    OddityTold,
    ShelfTouched,
    SubscriptionTouched,
)
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession
from billing_core.testing.builders import NEW_YEAR, a_catalog, a_plan, a_snapshot
from tests.shops.truth import (
    A_DAY,
    A_MINUTE,
    CUSTOMER,
    INVOICE,
    SESSION,
    SUBSCRIPTION,
    ToldShop,
    Truth,
    completed,
    paid,
)

GOLD = a_catalog(a_plan("gold", rank=7, allotment=300))
IN_GOLD = paid("gold-month")


@pytest.fixture
async def shop() -> ToldShop:
    """Ann is a customer."""
    shop = ToldShop()
    await shop.linked()
    shop.truth.subscriptions[SUBSCRIPTION] = a_snapshot()
    shop.truth.invoices[INVOICE] = paid()
    return shop


# Notifications without content


async def test_what_was_only_named_is_fetched_and_counts_once_whichever_way_it_comes(shop: ToldShop) -> None:
    shop.truth.events["evt_thin"] = shop.told.body("evt_paid", paid())

    received = await shop.comes(Announced(event_id="evt_thin"), "evt_thin")
    assert (received.outcome, await shop.available()) == ("processed", 10)
    await shop.work()
    await shop.comes(paid(), "evt_paid")

    assert await shop.available() == 210
    assert await shop.memory.inbox.get(NOBODY, "webhook:evt_thin") is not None
    assert await shop.memory.inbox.get("ann", "webhook:evt_paid") is not None


async def test_one_that_the_gateway_does_not_know_is_an_error(shop: ToldShop) -> None:
    await shop.comes(Announced(event_id="evt_unknown"))
    await shop.work()

    assert [type(error) for error in shop.failures] == [UnknownAtGateway]


# The shelf


async def test_a_price_that_is_gone_and_still_sold_is_shown(shop: ToldShop) -> None:
    shop.prices.keys -= {"basic-month", "boost-price"}

    await shop.comes(ShelfTouched(kind="product", id="prod_1", gone=True))
    await shop.work()

    details = [incident.detail for incident in await shop.memory.incidents.open()]
    assert await shop.incidents() == ["not_on_sale", "not_on_sale"]
    assert min(details) == "basic-month cannot be bought since prod_1 was archived or deleted at the gateway"


async def test_a_price_that_is_gone_and_has_a_successor_disturbs_nobody(shop: ToldShop) -> None:
    await shop.comes(ShelfTouched(kind="price", id="price_1", gone=True))
    await shop.work()

    assert await shop.incidents() == []


async def test_prices_that_changed_are_read_anew(shop: ToldShop) -> None:
    await shop.comes(ShelfTouched(kind="price", id="price_1", gone=False))

    assert (shop.prices.forgotten, shop.jobs()) == (1, [])


# Customers that go


async def test_a_customer_that_is_deleted_is_let_go_and_their_subscriptions_are_asked_for(shop: ToldShop) -> None:
    await shop.comes(SubscriptionTouched(subscription_id=SUBSCRIPTION, customer_id=CUSTOMER), "evt_created")
    await shop.comes(paid(), "evt_paid")
    await shop.work()
    shop.clock.advance(A_DAY)
    shop.truth.subscriptions[SUBSCRIPTION] = evolve(a_snapshot(), status=Status.CANCELED, ended_at=NEW_YEAR + A_DAY)

    await shop.comes(CustomerDeleted(customer_id=CUSTOMER), "evt_deleted")
    await shop.work()

    held = await shop.held()
    assert (held.account.customer_id, held.in_force.plan.key) == (None, "free")
    assert await shop.memory.directory.owner_of(CUSTOMER) == "ann"


async def test_another_customers_subscription_is_not_asked_for(shop: ToldShop) -> None:
    shop.truth.subscriptions[SUBSCRIPTION] = evolve(a_snapshot(), customer_id="cus_other")
    await shop.comes(SubscriptionTouched(subscription_id=SUBSCRIPTION, customer_id=CUSTOMER), "evt_created")
    await shop.work()

    await shop.comes(CustomerDeleted(customer_id=CUSTOMER), "evt_deleted")

    assert shop.jobs("refresh") == []


class Selling(Truth):
    """Each customer that is made is a new one."""

    made = 1

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        self.made += 1
        return f"cus_{self.made}"

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        return CheckoutSession(
            id=f"cs_{request.customer_id}", url="https://pay.example", expires_at=NEW_YEAR + 30 * A_DAY
        )


async def test_who_buys_after_their_customer_was_deleted_becomes_a_new_one() -> None:
    shop = ToldShop(truth=Selling())
    await shop.linked()
    await shop.comes(CustomerDeleted(customer_id=CUSTOMER))
    ann = Customer(account_id="ann", email="ann@app.example", name="Ann")
    back = Return(success_url="https://app.example/yes", cancel_url="https://app.example/no")

    started = await shop.use.buying()(ann, "boost", "usd", back)

    assert started.session_id == "cs_cus_2"
    assert (await shop.held()).account.customer_id == "cus_2"
    assert await shop.memory.directory.owner_of("cus_2") == "ann"
    await shop.comes(CustomerDeleted(customer_id=CUSTOMER), "evt_again")
    assert (await shop.held()).account.customer_id == "cus_2"


# Invoices


async def test_an_invoice_that_something_happened_to_is_asked_for_with_its_subscription(shop: ToldShop) -> None:
    touched = InvoiceTouched(invoice_id=INVOICE, subscription_id=SUBSCRIPTION, customer_id=CUSTOMER)

    await shop.comes(touched)

    assert sorted(job.task for job in shop.jobs()) == ["fetch-invoice", "refresh-subscription"]
    await shop.work()
    assert await shop.available() == 210


async def test_an_invoice_without_a_subscription_is_asked_for_alone(shop: ToldShop) -> None:
    await shop.comes(InvoiceTouched(invoice_id=INVOICE, subscription_id=None, customer_id=CUSTOMER))

    assert [job.task for job in shop.jobs()] == ["fetch-invoice"]


# Prices that nobody knows


async def test_an_invoice_with_an_unknown_price_is_one_incident_however_it_is_met(shop: ToldShop) -> None:
    shop.truth.invoices[INVOICE] = IN_GOLD

    assert (await shop.comes(IN_GOLD, "evt_paid")).outcome == "failed"
    await shop.work()

    assert await shop.incidents() == ["unknown_price"]
    assert await shop.available() == 10


async def test_a_fetched_invoice_with_an_unknown_price_waits_for_the_price_and_is_booked_once(shop: ToldShop) -> None:
    shop.truth.invoices[INVOICE] = IN_GOLD
    await shop.use.fetching_invoice()("ann", INVOICE)
    assert await shop.incidents() == ["unknown_price"]
    await shop.later(A_MINUTE)
    assert await shop.available() == 10

    shop.wire(GOLD)
    await shop.later(2 * A_MINUTE)

    assert (await shop.available(), shop.jobs("fetch-invoice")) == (310, [])


async def test_it_is_asked_for_ever_later_for_about_a_month(shop: ToldShop) -> None:
    shop.truth.invoices[INVOICE] = IN_GOLD
    await shop.use.fetching_invoice()("ann", INVOICE)

    waits = []
    while shop.jobs("fetch-invoice"):
        (again,) = shop.jobs("fetch-invoice")
        assert again.not_before is not None
        waits.append(again.not_before - shop.clock.now())
        shop.clock.set(again.not_before)
        await shop.work()

    assert waits[:3] == [A_MINUTE, 2 * A_MINUTE, 4 * A_MINUTE]
    assert (len(waits), max(waits)) == (MOST, A_DAY)
    assert timedelta(days=28) < sum(waits, timedelta()) < timedelta(days=32)
    assert await shop.incidents() == ["unknown_price"]


# What nobody here can read


async def test_a_subscription_that_cannot_be_read_keeps_the_last_plan_and_is_tried_again(
    shop: ToldShop,
) -> None:
    await shop.comes(paid(), "evt_paid")
    await shop.work()
    before = await shop.held()

    class Unreadable(Truth):
        async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
            raise GatewayRefused("a subscription cannot be read: unknown status resting")

    gateway: Any = Unreadable()
    shop.truth = gateway
    shop.wire(shop.catalog)
    await shop.comes(SubscriptionTouched(subscription_id=SUBSCRIPTION, customer_id=CUSTOMER), "evt_updated")
    await shop.work()

    after = await shop.held()
    assert (after.in_force.plan.key, after.account) == ("basic", before.account)
    assert len(shop.jobs("refresh")) == 1


# Oddities


@pytest.mark.parametrize(("customer", "account"), [(CUSTOMER, "ann"), (None, NOBODY), ("cus_of_somebody_else", NOBODY)])
async def test_an_oddity_is_shown_once_with_whose_it_is(shop: ToldShop, customer: str | None, account: str) -> None:
    told = OddityTold(
        key="odd:1",
        kind=IncidentKind.PAYMENT_UNDER_REVIEW,
        detail="look",
        customer_id=customer,
        at=NEW_YEAR,
        about={"payment": "pi_1"},
    )

    for n in range(2):
        assert (await shop.comes(told, f"evt_{n}")).outcome == "processed"

    (incident,) = await shop.memory.incidents.open()
    assert (incident.kind.value, incident.account_id) == ("payment_under_review", account)
    assert {"payment": "pi_1"} == incident.about


# Money of nobody


async def test_a_paid_checkout_that_stays_nobodys_is_shown_after_ten_minutes() -> None:
    shop = ToldShop()
    for _ in range(2):
        assert (await shop.comes(completed())).outcome == "parked"
    await shop.later(9 * A_MINUTE)
    assert await shop.incidents() == []

    await shop.later(A_MINUTE)

    (incident,) = await shop.memory.incidents.open()
    assert (incident.kind.value, incident.account_id) == ("orphan_payment", None)
    assert CUSTOMER in incident.detail


async def test_a_paid_checkout_that_is_claimed_meanwhile_is_not_shown() -> None:
    shop = ToldShop()
    await shop.comes(completed(Kind.PACK, "boost"))
    await shop.linked()
    await shop.use.receiving().receive_parked({"provider_id": CUSTOMER})

    await shop.later(10 * A_MINUTE)

    assert (await shop.incidents(), await shop.available()) == ([], 110)


async def test_a_guests_paid_checkout_waits_under_its_session() -> None:
    shop = ToldShop()
    await shop.comes(completed(Kind.PACK, "boost", customer_id=None))
    assert len(await shop.memory.directory.parked_for(SESSION)) == 1

    await shop.later(10 * A_MINUTE)

    assert await shop.incidents() == ["orphan_payment"]


async def test_a_checkout_that_is_not_paid_is_parked_without_a_word() -> None:
    shop = ToldShop()

    await shop.comes(completed(status=CheckoutNews.EXPIRED))

    assert (len(shop.memory.state.parked), shop.jobs()) == (1, [])
