"""Reading everything that Stripe keeps."""

from datetime import timedelta

import pytest

from billing_core.adapters.stripe.archive import StripeArchive
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.archive import Archive, GatewayCustomer, Unreadable
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.facts import InvoicePaid
from tests.stripe.canned import Refusal, page
from tests.stripe.samples import (
    NOW,
    PRICES,
    SECRET,
    Json,
    a_dispute,
    a_line,
    a_refund,
    an_event,
    an_invoice,
    lines,
    seconds,
)
from tests.stripe.shop import CREATED, StripeShop, a_running_subscription
from tests.stripe.till import a_fetched_invoice

SINCE = NOW - timedelta(days=7)
GTE = {"gte": str(seconds(SINCE))}


def a_customer(**over: object) -> Json:
    metadata = {"billing_core_account": "acc_1", "crm": "7"}
    return {"id": "cus_1", "object": "customer", "created": seconds(CREATED), "email": "a@app.test"} | {
        "name": None,
        "metadata": metadata,
        **over,
    }


def keeping(path: str, *listed: Json) -> tuple[StripeShop, Archive]:
    shop = StripeShop()
    shop.on("GET", f"/v1/{path}", page(*listed))
    return shop, StripeArchive(shop.api, shop.book)


async def test_customers_are_told_with_their_account() -> None:
    foreign = a_customer(id="cus_2", metadata={}, email=None, name="Bob")
    shop, archive = keeping("customers", a_customer(), foreign)

    assert [
        GatewayCustomer(
            id="cus_1",
            account_id="acc_1",
            email="a@app.test",
            name="",
            created_at=CREATED,
            metadata=(("billing_core_account", "acc_1"), ("crm", "7")),
        ),
        GatewayCustomer(id="cus_2", account_id=None, email="", name="Bob", created_at=CREATED),
    ] == [customer async for customer in archive.customers(after="cus_0")]
    assert shop.only("GET", "/v1/customers").form["starting_after"] == "cus_0"


async def test_subscriptions_of_every_status_come_with_their_schedules() -> None:
    over = a_running_subscription(id="sub_2", status="canceled", ended_at=seconds(NOW))
    shop, archive = keeping("subscriptions", a_running_subscription(), over)

    found = [each async for each in archive.subscriptions(now=NOW, customer_id="cus_1", after="sub_0")]

    assert [("sub_1", NOW), ("sub_2", NOW)] == [
        (each.id, each.seen_at) for each in found if isinstance(each, SubscriptionSnapshot)
    ]
    assert shop.only("GET", "/v1/subscriptions").form == {
        "customer": "cus_1",
        "expand": {"0": "data.schedule"},
        "limit": "100",
        "starting_after": "sub_0",
        "status": "all",
    }


async def test_what_cannot_be_read_is_named_and_the_rest_goes_on() -> None:
    odd = a_running_subscription(id="sub_odd", status="hibernating")
    _, archive = keeping("subscriptions", odd, a_running_subscription())

    first, second = [each async for each in archive.subscriptions(now=NOW)]

    problem = "subscription sub_odd cannot be read: unknown status hibernating"
    assert first == Unreadable(id="sub_odd", customer_id="cus_1", problem=problem)
    assert second.id == "sub_1"


async def test_a_refusal_of_stripes_is_no_odd_object() -> None:
    shop, archive = keeping("subscriptions", a_running_subscription())
    shop.on("GET", "/v1/prices", Refusal(401))
    with pytest.raises(GatewayRefused):
        assert [] == [each async for each in archive.subscriptions(now=NOW)]


async def test_paid_invoices_have_every_line() -> None:
    first = {**a_line(), "id": "il_8"}
    shop, archive = keeping("invoices", a_fetched_invoice(lines=lines(first, has_more=True)))
    shop.on("GET", "/v1/prices/price_1", Refusal(404, "resource_missing"))
    shop.on("GET", "/v1/invoices/in_1/lines", page(first, a_line()))

    (paid,) = [each async for each in archive.paid_invoices(since=SINCE, subscription_id="sub_1", after="in_0")]

    assert isinstance(paid, InvoicePaid)
    assert ["il_8", "il_1"] == [line.key for line in paid.lines]
    assert shop.only("GET", "/v1/invoices").form == {
        "created": GTE,
        "limit": "100",
        "starting_after": "in_0",
        "status": "paid",
        "subscription": "sub_1",
    }


async def test_an_invoice_that_cannot_be_read_is_named() -> None:
    shop, archive = keeping("invoices", a_fetched_invoice(currency="dollars"))
    shop.on("GET", "/v1/prices/price_1", Refusal(404, "resource_missing"))
    (odd,) = [each async for each in archive.paid_invoices(since=SINCE)]
    assert odd == Unreadable(id="in_1", customer_id="cus_1", problem="invoice in_1 cannot be read: no usable currency")


async def test_an_invoice_that_was_paid_when_it_was_listed_may_be_so_no_more() -> None:
    _, archive = keeping("invoices", a_fetched_invoice(status="void"))
    assert [] == [each async for each in archive.paid_invoices(since=SINCE)]


async def test_payments_are_touched_by_refunds_and_by_disputes() -> None:
    shop, archive = keeping("refunds", a_refund(), a_refund(id="re_2", payment_intent=None))
    shop.on("GET", "/v1/disputes", page(a_dispute(payment_intent="pi_9")))

    assert ["pi_1", "ch_1", "pi_9"] == [payment async for payment in archive.touched_payments(since=SINCE)]
    assert [GTE, GTE] == [request.form["created"] for request in shop.asked]


async def test_events_can_be_translated_as_if_they_had_come() -> None:
    shop, archive = keeping("events", an_event("invoice.paid", an_invoice()))

    (body,) = [event async for event in archive.events(since=SINCE)]

    assert isinstance(StripeWebhooks([SECRET], PRICES).retranslate(body).fact, InvoicePaid)
    assert GTE == shop.only("GET", "/v1/events").form["created"]


async def test_an_archive_goes_from_page_to_page() -> None:
    shop, archive = keeping("customers")
    shop.on("GET", "/v1/customers", page(a_customer(), has_more=True), page(a_customer(id="cus_2")))

    assert ["cus_1", "cus_2"] == [customer.id async for customer in archive.customers()]
    assert shop.asked[1].form["starting_after"] == "cus_1"
