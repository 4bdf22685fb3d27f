"""Events and webhook endpoints at the simulated Stripe."""

import json
from datetime import timedelta

import pytest

from tests.shops.simulated import START
from tests.stripe.simulated_api import Api


@pytest.fixture
def api() -> Api:
    return Api()


async def test_an_event_is_fetched_as_it_was_sent(api: Api) -> None:
    await api.shop.subscribed()
    for event in await api.shop.events():
        assert event == await api.get(f"/v1/events/{event['id']}")


async def test_an_event_tells_whether_it_is_still_waited_for(api: Api) -> None:
    await api.post("/v1/customers")
    (waiting,) = (await api.get("/v1/events"))["data"]
    await api.shop.stripe.deliver_pending()
    (taken,) = (await api.get("/v1/events"))["data"]

    assert (1, 0) == (waiting["pending_webhooks"], taken["pending_webhooks"])


async def test_events_are_listed_newest_first_by_type_and_age(api: Api) -> None:
    await api.shop.subscribed()
    await api.shop.later(days=40)
    every = (await api.get("/v1/events", limit=100))["data"]
    renewed = (await api.get("/v1/events", type="invoice.paid"))["data"]
    since = int((START + timedelta(days=1)).timestamp())

    assert sorted(every, key=lambda event: event["created"], reverse=True) == every
    assert ["invoice.paid"] == [event["type"] for event in renewed]
    assert renewed == (await api.get("/v1/events", types=["invoice.paid"], created={"gte": since}))["data"]
    assert {"customer.subscription.updated"} == {
        event["type"] for event in (await api.get("/v1/events", type="customer.subscription.*"))["data"]
    }


async def test_events_are_kept_for_thirty_days(api: Api) -> None:
    await api.post("/v1/customers")
    (event,) = (await api.get("/v1/events"))["data"]
    await api.shop.later(days=30)

    assert [] == (await api.get("/v1/events"))["data"]
    status, refusal = await api.refused("GET", f"/v1/events/{event['id']}")
    assert (404, "resource_missing") == (status, refusal["code"])


async def test_a_notification_names_the_event_that_tells_the_same(api: Api) -> None:
    customer = (await api.post("/v1/customers"))["id"]
    (event,) = (await api.get("/v1/events"))["data"]
    key = {"Authorization": "Bearer sk_test_1"}
    path = f"/v2/core/events/{event['id'].replace('evt_', 'evt_thin_')}"
    _, _, body = await api.shop.stripe.answer("GET", path, key, b"")
    told = json.loads(body)

    assert ("v1.customer.created", event["id"], customer) == (
        told["type"],
        told["snapshot_event"],
        told["related_object"]["id"],
    )


async def test_an_endpoint_tells_its_secret_once(api: Api) -> None:
    made = await api.post("/v1/webhook_endpoints", url="https://app.test/webhooks", enabled_events=["invoice.paid"])
    (found,) = (await api.get("/v1/webhook_endpoints"))["data"]

    assert made["secret"].startswith("whsec_")
    assert {name: value for name, value in made.items() if name != "secret"} == found


async def test_an_endpoint_needs_a_whole_url(api: Api) -> None:
    status, refusal = await api.refused("POST", "/v1/webhook_endpoints", url="app.test", enabled_events=["*"])

    assert (400, "url_invalid") == (status, refusal["code"])
