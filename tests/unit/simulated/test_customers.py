"""Customers at the simulated Stripe."""

import pytest

from billing_core.domain.subscription import Status
from tests.stripe.simulated_api import Api


@pytest.fixture
def api() -> Api:
    return Api()


async def test_a_customer_is_made_found_and_changed(api: Api) -> None:
    made = await api.post("/v1/customers", email="a@app.test", name="Ada", metadata={"a": "1", "b": "2"})
    changed = await api.post(f"/v1/customers/{made['id']}", name="", metadata={"a": "", "c": "3"})

    assert changed == await api.get(f"/v1/customers/{made['id']}")
    assert ("a@app.test", None, {"b": "2", "c": "3"}) == (changed["email"], changed["name"], changed["metadata"])
    assert ["customer.created", "customer.updated"] == await api.told()


async def test_customers_are_found_by_their_present_email(api: Api) -> None:
    ada = await api.post("/v1/customers", email="ada@app.test")
    await api.post("/v1/customers", email="bob@app.test")
    await api.post(f"/v1/customers/{ada['id']}", email="countess@app.test")

    assert [] == (await api.get("/v1/customers", email="ada@app.test"))["data"]
    assert [ada["id"]] == [c["id"] for c in (await api.get("/v1/customers", email="countess@app.test"))["data"]]


async def test_a_deleted_customer_is_gone_with_what_it_subscribed_to(api: Api) -> None:
    sub = await api.shop.subscribed()
    customer = await api.shop.customer()
    await api.told()

    assert {"id": customer, "object": "customer", "deleted": True} == await api.delete(f"/v1/customers/{customer}")
    assert (await api.get(f"/v1/customers/{customer}"))["deleted"]
    assert [] == (await api.get("/v1/customers"))["data"]
    assert Status.CANCELED is (await api.shop.look(sub)).status
    assert ["customer.subscription.deleted", "customer.deleted"] == (await api.told())[-2:]


async def test_a_deleted_customer_buys_nothing(api: Api) -> None:
    customer = (await api.post("/v1/customers"))["id"]
    await api.delete(f"/v1/customers/{customer}")

    status, refusal = await api.refused("POST", f"/v1/customers/{customer}", name="Ada")
    assert (404, "resource_missing") == (status, refusal["code"])
    status, refusal = await api.refused("POST", "/v1/billing_portal/sessions", customer=customer)
    assert (400, "resource_missing", "customer") == (status, refusal["code"], refusal["param"])


async def test_an_account_may_have_another_customer_once_its_first_is_deleted(api: Api) -> None:
    gateway = api.shop.gateway
    first = await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")
    await api.delete(f"/v1/customers/{first}")

    assert first != await gateway.ensure_customer("acc_1", email="a@app.test", name="Ada")


async def test_a_page_goes_on_behind_the_last(api: Api) -> None:
    made = [(await api.post("/v1/customers"))["id"] for _ in range(5)]
    first = await api.get("/v1/customers", limit=2)
    rest = await api.get("/v1/customers", limit=3, starting_after=first["data"][-1]["id"])

    assert made[::-1] == [customer["id"] for customer in (*first["data"], *rest["data"])]
    assert (True, False) == (first["has_more"], rest["has_more"])
    status, refusal = await api.refused("GET", "/v1/customers", starting_after="cus_none")
    assert (400, "starting_after") == (status, refusal["param"])


async def test_customers_can_be_asked_for_by_their_age(api: Api) -> None:
    old = (await api.post("/v1/customers"))["created"]
    await api.shop.later(days=1)
    new = (await api.post("/v1/customers"))["created"]

    for wish, expected in (
        ({"gt": old}, [new]),
        ({"gte": old}, [new, old]),
        ({"lt": new}, [old]),
        ({"lte": new, "gt": old}, [new]),
        (old, [old]),
    ):
        assert expected == [c["created"] for c in (await api.get("/v1/customers", created=wish))["data"]]
