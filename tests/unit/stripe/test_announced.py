"""Fetching the event that a notification without content announces."""

import pytest

from billing_core.adapters.stripe.announced import Announcements
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from billing_core.ports.facts import Fact, InvoicePaid, SubscriptionTouched
from tests.stripe.canned import CannedStripe, Refusal
from tests.stripe.samples import PRICES, SECRET, Json, a_thin_event, an_event, an_invoice
from tests.stripe.shop import a_running_subscription

THIN = "/v2/core/events/evt_2"


def announcing(event_type: str = "v1.invoice.paid", **over: object) -> CannedStripe:
    return CannedStripe().on("GET", THIN, a_thin_event(event_type, **over))


async def told(stripe: CannedStripe) -> tuple[str, Fact]:
    """The id and the fact of what was fetched, as if it had come by webhook."""
    body = await Announcements(stripe.api).fetch_event("evt_2")
    delivery = StripeWebhooks([SECRET], PRICES).retranslate(body)
    return delivery.event_id, delivery.fact


async def test_the_snapshot_is_taken_where_there_is_one() -> None:
    stripe = announcing(snapshot_event="evt_1")
    stripe.on("GET", "/v1/events/evt_1", an_event("invoice.paid", an_invoice()))

    event_id, fact = await told(stripe)

    assert event_id == "evt_1"
    assert isinstance(fact, InvoicePaid)


async def test_an_event_without_one_is_made_of_what_it_is_about() -> None:
    stripe = announcing().on("GET", "/v1/invoices/in_1", an_invoice())

    event_id, fact = await told(stripe)

    assert event_id == "evt_2:in_1"
    assert isinstance(fact, InvoicePaid)


async def test_a_finer_event_of_a_subscription_touches_it() -> None:
    about = {"id": "sub_1", "type": "subscription", "url": "/v1/subscriptions/sub_1"}
    stripe = announcing("v1.customer.subscription.past_due", related_object=about)
    stripe.on("GET", "/v1/subscriptions/sub_1", a_running_subscription())

    assert (await told(stripe))[1] == SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1")


async def test_no_address_in_a_message_is_followed() -> None:
    about = {"id": "in_1", "type": "invoice", "url": "https://elsewhere.test/v1/invoices/in_1"}
    stripe = announcing(related_object=about).on("GET", "/v1/invoices/in_1", an_invoice())
    await told(stripe)
    assert [THIN, "/v1/invoices/in_1"] == [request.path for request in stripe.asked]


@pytest.mark.parametrize(
    "over",
    [
        {"related_object": None},
        {"related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}},
        {"created": "yesterday"},
        {"type": "v2.core.account.created"},
    ],
)
async def test_an_event_about_nothing_that_can_be_fetched_is_for_a_person(over: Json) -> None:
    with pytest.raises(GatewayRefused, match="evt_2"):
        await told(announcing(**over))


async def test_an_event_that_is_gone_is_unknown() -> None:
    stripe = announcing().on("GET", THIN, Refusal(404, "not_found"))
    with pytest.raises(UnknownAtGateway):
        await told(stripe)
