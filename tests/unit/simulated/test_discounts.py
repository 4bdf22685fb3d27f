"""Coupons and promotion codes at the simulated Stripe."""

from datetime import timedelta
from typing import Any

import pytest

from billing_core.domain.errors import InvalidValue
from tests.shops.simulated import GOOD, START
from tests.stripe.simulated_api import Api


@pytest.fixture
def api() -> Api:
    return Api()


async def a_code(api: Api, code: str = "SAVE", **coupon: Any) -> Any:
    made = await api.post("/v1/coupons", **({"percent_off": 25, "duration": "once"} | coupon))
    return await api.post("/v1/promotion_codes", promotion={"type": "coupon", "coupon": made["id"]}, code=code)


async def opened(api: Api, price: str = "price_basic_month", **over: Any) -> Any:
    customer = (await api.post("/v1/customers"))["id"]
    return await api.post("/v1/checkout/sessions", **a_wish(customer, price, **over))


def a_wish(customer: str, price: str = "price_basic_month", **over: Any) -> dict[str, Any]:
    return {
        "mode": "payment" if price == "price_handful" else "subscription",
        "customer": customer,
        "success_url": "https://app.test/",
        "line_items": [{"price": price, "quantity": 1}],
        **over,
    }


async def totals(api: Api, session: Any, months: int) -> list[int]:
    """What is paid for the first and for later periods."""
    await api.shop.stripe.pay(session["id"], GOOD)
    await api.shop.later(days=31 * (months - 1) + 1)
    sub = (await api.get(f"/v1/checkout/sessions/{session['id']}"))["subscription"]
    invoices = (await api.get("/v1/invoices", subscription=sub, limit=100))["data"]
    return [invoice["amount_paid"] for invoice in reversed(invoices)][:months]


@pytest.mark.parametrize(
    ("coupon", "paid"),
    [
        ({"percent_off": 25, "duration": "once"}, [750, 1000, 1000, 1000]),
        ({"percent_off": 33.3, "duration": "forever"}, [667, 667, 667, 667]),
        (
            {
                "percent_off": None,
                "amount_off": 300,
                "currency": "usd",
                "duration": "repeating",
                "duration_in_months": 2,
            },
            [700, 700, 1000, 1000],
        ),
        ({"percent_off": 100, "duration": "once"}, [0, 1000, 1000, 1000]),
        ({"percent_off": None, "amount_off": 9999, "currency": "usd", "duration": "forever"}, [0, 0, 0, 0]),
    ],
)
async def test_a_coupon_is_worth_what_it_says(api: Api, coupon: dict[str, Any], paid: list[int]) -> None:
    code = await a_code(api, **coupon)
    session = await opened(api, discounts=[{"promotion_code": code["id"]}])

    assert paid[0] == session["amount_total"]
    assert paid == await totals(api, session, 4)


async def test_a_discount_is_told_where_it_was_given(api: Api) -> None:
    code = await a_code(api)
    session = await opened(api, discounts=[{"promotion_code": code["id"]}])
    await api.shop.stripe.pay(session["id"], GOOD)
    done = await api.get(f"/v1/checkout/sessions/{session['id']}")
    invoice = await api.get(f"/v1/invoices/{done['invoice']}")

    assert [{"coupon": code["promotion"]["coupon"], "promotion_code": code["id"]}] == done["discounts"]
    assert (1000, 750, 250) == (done["amount_subtotal"], done["amount_total"], done["total_details"]["amount_discount"])
    assert (1000, 750, [250]) == (
        invoice["subtotal"],
        invoice["total"],
        [told["amount"] for told in invoice["total_discount_amounts"]],
    )
    assert 1 == (await api.get(f"/v1/promotion_codes/{code['id']}"))["times_redeemed"]


@pytest.mark.parametrize(
    ("duration", "credit", "charge"),
    [("forever", -250, 750), ("once", -250, 1500)],
)
async def test_a_rest_is_worth_what_was_paid_for_it(api: Api, duration: str, credit: int, charge: int) -> None:
    code = await a_code(api, percent_off=50, duration=duration)
    session = await opened(api, discounts=[{"promotion_code": code["id"]}])
    await api.shop.stripe.pay(session["id"], GOOD)
    sub = (await api.get(f"/v1/checkout/sessions/{session['id']}"))["subscription"]
    await api.shop.later(days=14)
    foreseen, changed = await moved(api, sub, "price_pro_month")
    assert [credit, charge] == foreseen == changed

    _, back = await moved(api, sub, "price_basic_month")
    assert [-charge, -credit if duration == "forever" else 500] == back


async def moved(api: Api, sub: str, price: str) -> tuple[list[int], list[int]]:
    """The amounts of the lines of a change at once, as it was foreseen and as it was billed."""
    (item,) = (await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"]
    items, always = [{"id": item["id"], "price": price}], "always_invoice"
    details = {"items": items, "proration_behavior": always}
    foreseen = await api.post("/v1/invoices/create_preview", subscription=sub, subscription_details=details)
    told = await api.post(f"/v1/subscriptions/{sub}", items=items, proration_behavior=always, expand=["latest_invoice"])
    billed = told["latest_invoice"]
    as_foreseen, as_billed = ([line["amount"] for line in told["lines"]["data"]] for told in (foreseen, billed))
    return as_foreseen, as_billed


async def test_a_discount_of_a_pack_is_taken_off_its_payment(api: Api) -> None:
    code = await a_code(api)
    session = await opened(api, "price_handful", discounts=[{"promotion_code": code["id"]}])
    await api.shop.stripe.pay(session["id"], GOOD)
    intent = (await api.get(f"/v1/checkout/sessions/{session['id']}"))["payment_intent"]

    assert 375 == (await api.get(f"/v1/payment_intents/{intent}"))["amount"]


async def test_what_costs_nothing_needs_no_card(api: Api) -> None:
    code = await a_code(api, percent_off=100)
    session = await opened(api, "price_handful", discounts=[{"promotion_code": code["id"]}])
    await api.shop.stripe.pay(session["id"], None)

    done = await api.get(f"/v1/checkout/sessions/{session['id']}")
    assert ("no_payment_required", None) == (done["payment_status"], done["payment_intent"])


async def test_customers_enter_codes_where_they_are_taken(api: Api) -> None:
    await a_code(api)
    taking, not_taking = await opened(api, allow_promotion_codes=True), await opened(api)
    await api.shop.stripe.enter_code(taking["id"], "save")

    assert 750 == (await api.get(f"/v1/checkout/sessions/{taking['id']}"))["amount_total"]
    for session, code in ((not_taking, "SAVE"), (taking, "LOSE")):
        with pytest.raises(InvalidValue):
            await api.shop.stripe.enter_code(session["id"], code)


async def test_codes_are_found_whatever_their_case_and_only_while_they_can_be_used(api: Api) -> None:
    code = await a_code(api, redeem_by=int((START + timedelta(days=1)).timestamp()))

    async def found() -> list[str]:
        return [told["id"] for told in (await api.get("/v1/promotion_codes", code="save", active=True))["data"]]

    assert [code["id"]] == await found()
    await api.shop.later(days=1)
    assert [] == await found()


async def test_a_code_that_is_off_is_refused(api: Api) -> None:
    code = await a_code(api)
    await api.post(f"/v1/promotion_codes/{code['id']}", active=False)
    customer = (await api.post("/v1/customers"))["id"]
    status, refusal = await api.refused(
        "POST", "/v1/checkout/sessions", **a_wish(customer, discounts=[{"promotion_code": code["id"]}])
    )

    assert (400, "discounts[0][promotion_code]") == (status, refusal["param"])


async def test_a_coupon_that_has_expired_is_refused(api: Api) -> None:
    code = await a_code(api, max_redemptions=1)
    session = await opened(api, discounts=[{"promotion_code": code["id"]}])
    await api.shop.stripe.pay(session["id"], GOOD)
    wish = a_wish(session["customer"], "price_handful", discounts=[{"promotion_code": code["id"]}])
    status, refusal = await api.refused("POST", "/v1/checkout/sessions", **wish)

    assert (400, "coupon_expired") == (status, refusal["code"])


@pytest.mark.parametrize(
    "restriction",
    [
        {"restrictions": {"minimum_amount": 100_000, "minimum_amount_currency": "usd"}},
        {"restrictions": {"first_time_transaction": True}},
        {"customer": "another"},
    ],
)
async def test_a_code_may_be_for_some_only(api: Api, restriction: dict[str, Any]) -> None:
    first = await opened(api, "price_handful")
    await api.shop.stripe.pay(first["id"], GOOD)
    if "customer" in restriction:
        restriction = {"customer": (await api.post("/v1/customers"))["id"]}
    coupon = (await api.post("/v1/coupons", percent_off=10))["id"]
    promotion = {"type": "coupon", "coupon": coupon}
    code = await api.post("/v1/promotion_codes", promotion=promotion, code="SOME", **restriction)
    wish = a_wish(first["customer"], discounts=[{"promotion_code": code["id"]}])

    status, refusal = await api.refused("POST", "/v1/checkout/sessions", **wish)
    assert (400, "discounts[0][promotion_code]") == (status, refusal["param"])


@pytest.mark.parametrize(
    "coupon",
    [
        {},
        {"percent_off": 10, "amount_off": 5},
        {"percent_off": 101},
        {"amount_off": 5},
        {"percent_off": 1, "duration": "repeating"},
    ],
)
async def test_a_coupon_that_makes_no_sense_is_refused(api: Api, coupon: dict[str, Any]) -> None:
    status, _ = await api.refused("POST", "/v1/coupons", **coupon)

    assert 400 == status


async def test_a_code_is_given_once(api: Api) -> None:
    code = await a_code(api)
    status, refusal = await api.refused(
        "POST", "/v1/promotion_codes", promotion={"type": "coupon", "coupon": code["promotion"]["coupon"]}, code="save"
    )

    assert (400, "code") == (status, refusal["param"])
