"""The door of the simulated Stripe: keys, idempotency, and errors as Stripe tells them."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from billing_core.adapters.simulated import Settings
from tests.shops.simulated import Shop

KEY = {"Authorization": "Bearer sk_test_simulated"}


async def asked(
    shop: Shop, method: str, url: str, form: str = "", headers: Mapping[str, str] = KEY
) -> tuple[int, Mapping[str, str], Any]:
    status, told, body = await shop.stripe.answer(method, url, headers, form.encode())
    return status, told, json.loads(body)


def keyed(key: str) -> Mapping[str, str]:
    return {**KEY, "idempotency-key": key}


@pytest.mark.parametrize(
    "key", ["", "Bearer ", "Bearer sk_live_1234567890", "Bearer pk_test_12345678", "Basic !", "sk_test_1"]
)
async def test_only_a_secret_key_of_the_test_mode_opens(key: str) -> None:
    status, _, answer = await asked(Shop(), "GET", "/v1/account", headers={"authorization": key})

    assert (401, "invalid_request_error") == (status, answer["error"]["type"])
    assert "1234567890" not in answer["error"]["message"]


@pytest.mark.parametrize("key", ["Bearer sk_test_1", "bearer rk_test_1", "Basic c2tfdGVzdF8xOg=="])
async def test_the_key_may_come_in_any_way_that_stripe_takes(key: str) -> None:
    status, _, answer = await asked(Shop(), "GET", "https://api.stripe.com/v1/account", headers={"Authorization": key})

    assert (200, "account") == (status, answer["object"])


async def test_each_answer_tells_its_request_its_version_and_the_time() -> None:
    shop = Shop()
    headers = {**KEY, "Stripe-Version": "2026-09-30.endive"}
    _, first, _ = await asked(shop, "GET", "/v1/account", headers=headers)
    _, second, _ = await asked(shop, "GET", "/v1/nothing")

    assert first["Request-Id"] != second["Request-Id"]
    assert ("2026-09-30.endive", "2026-10-28.endive") == (first["Stripe-Version"], second["Stripe-Version"])
    assert "Sat, 31 Jan 2026 12:00:00 GMT" == first["Date"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/account"), ("GET", "/")])
async def test_what_is_no_resource_is_not_found(method: str, path: str) -> None:
    status, _, answer = await asked(Shop(), method, path)

    assert 404 == status
    assert answer["error"]["message"].startswith("Unrecognized request URL")


async def test_what_is_not_there_is_missing() -> None:
    status, _, answer = await asked(Shop(), "GET", "/v1/customers/cus_none")

    assert 404 == status
    assert {
        "error": {
            "code": "resource_missing",
            "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
            "message": "No such customer: 'cus_none'",
            "param": "id",
            "type": "invalid_request_error",
        }
    } == answer


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("colour=red", "parameter_unknown", "colour"),
        ("name=Ada&address[colour]=red", "parameter_unknown", "address"),
        ("email=", None, None),
        ("metadata=x", None, "metadata"),
        ("name[first]=Ada", None, "name"),
        ("name=a&name[first]=Ada", None, "name"),
        ("[]=1", None, None),
        ("metadata[a]=" + "x" * 501, None, "metadata"),
    ],
)
async def test_parameters_are_taken_strictly(form: str, code: str | None, param: str | None) -> None:
    shop = Shop()
    status, _, answer = await asked(shop, "POST", "/v1/customers", form)

    if form == "email=":
        assert (200, None) == (status, answer["email"])
        return
    assert (400, code, param) == (status, answer["error"].get("code"), answer["error"].get("param"))
    assert (await shop.stripe.state()).customers == {}


async def test_a_body_that_is_no_text_is_refused() -> None:
    status, _, body = await Shop().stripe.answer("POST", "/v1/customers", KEY, b"name=\xff")

    assert 400 == status
    assert "error" in json.loads(body)


async def test_a_number_out_of_bounds_says_so() -> None:
    shop = Shop()
    for limit in ("0", "101", "many", "-"):
        status, _, answer = await asked(shop, "GET", f"/v1/customers?limit={limit}")
        assert (400, "parameter_invalid_integer") == (status, answer["error"]["code"])


async def test_what_cannot_be_expanded_is_refused() -> None:
    shop = Shop()
    for path in ("colour", "data.metadata", "data.data.data.data.data", "object"):
        status, _, answer = await asked(shop, "GET", f"/v1/prices?expand[]={path}")
        assert (400, "expand") == (status, answer["error"]["param"])


async def test_the_same_key_is_answered_the_same() -> None:
    shop = Shop()
    first = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    second = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))

    assert first[2] == second[2]
    assert (None, "true") == (first[1].get("Idempotent-Replayed"), second[1].get("Idempotent-Replayed"))
    assert 1 == len((await shop.stripe.state()).customers)


@pytest.mark.parametrize(("path", "form"), [("/v1/customers", "name=Bob"), ("/v1/products", "name=Ada")])
async def test_a_key_stands_for_one_request(path: str, form: str) -> None:
    shop = Shop()
    await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    status, _, answer = await asked(shop, "POST", path, form, keyed("k"))

    assert (400, "idempotency_error") == (status, answer["error"]["type"])


async def test_a_key_is_forgotten_after_a_day() -> None:
    shop = Shop()
    await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    await shop.later(hours=24)
    status, told, _ = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))

    assert (200, False, 2) == (status, "Idempotent-Replayed" in told, len((await shop.stripe.state()).customers))


async def test_a_key_that_is_in_use_is_refused() -> None:
    shop = Shop(settings=Settings(latency=timedelta(milliseconds=1)))
    answers = await asyncio.gather(
        *(asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k")) for _ in range(3)),
        asked(shop, "POST", "/v1/customers", "name=Ada", keyed("other")),
    )

    assert [200, 409, 409, 200] == [status for status, _, _ in answers]
    assert "idempotency_key_in_use" == answers[1][2]["error"]["code"]
    status, told, _ = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    assert (200, "true") == (status, told["Idempotent-Replayed"])


async def test_what_has_been_answered_is_told_to_all_who_ask_at_once() -> None:
    shop = Shop(settings=Settings(latency=timedelta(milliseconds=1)))
    await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    answers = await asyncio.gather(*(asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k")) for _ in range(3)))

    assert [200, 200, 200] == [status for status, _, _ in answers]


async def test_a_request_that_makes_no_sense_leaves_its_key_free() -> None:
    shop = Shop()
    first, _, _ = await asked(shop, "POST", "/v1/customers", "colour=red", keyed("k"))
    second, _, _ = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))

    assert (400, 200) == (first, second)


async def test_a_refusal_is_remembered_with_its_key() -> None:
    shop = Shop()
    wish = "currency=usd&unit_amount=1&product=prod_plan_pro&lookup_key=pro_month"
    first = await asked(shop, "POST", "/v1/prices", wish, keyed("k"))
    await asked(shop, "POST", "/v1/prices/price_pro_month", "lookup_key=")
    again = await asked(shop, "POST", "/v1/prices", wish, keyed("k"))

    assert (400, first[2]) == (again[0], again[2])
    assert "true" == again[1]["Idempotent-Replayed"]


async def test_reading_and_deleting_take_no_keys() -> None:
    shop = Shop()
    for _ in range(2):
        status, told, _ = await asked(shop, "GET", "/v1/account", headers=keyed("k"))
        assert (200, False) == (status, "Idempotency-Key" in told)


async def test_events_tell_the_request_that_made_them() -> None:
    shop = Shop()
    _, told, _ = await asked(shop, "POST", "/v1/customers", "name=Ada", keyed("k"))
    (event,) = await shop.events()

    assert {"id": told["Request-Id"], "idempotency_key": "k"} == event["request"]


async def test_what_a_refused_request_did_is_undone() -> None:
    shop = Shop()
    before = await shop.stripe.state()
    status, _, _ = await asked(
        shop, "POST", "/v1/prices", "currency=usd&unit_amount=1&product_data[name]=New&colour=red"
    )

    assert (400, before) == (status, await shop.stripe.state())
    assert [] == await shop.events()


async def test_a_handler_that_falls_over_is_an_error_of_stripes(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()

    def fall(self: object) -> None:
        raise RuntimeError("fallen over")

    monkeypatch.setattr(type(shop.stripe._engine), "advance", fall)
    status, _, answer = await asked(shop, "GET", "/v1/account")

    assert (500, "api_error") == (status, answer["error"]["type"])
