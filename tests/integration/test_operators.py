"""What operators decide over HTTP: money back, suspension, debt and fraud warnings, each kept with who and why."""

from typing import Any

import pytest
from httpx import Response

from billing_core.domain.events import OperatorActed
from tests.shops.desk import Desk
from tests.shops.oddities import SUSPECT, the_invoice
from tests.shops.use_case import A_MINUTE, Shop

ANN = "/api/v1/admin/accounts/ann"
WARNINGS = "/api/v1/admin/fraud-warnings"


@pytest.fixture
async def desk() -> Desk:
    shop = Shop()
    await shop.subscribed()
    return Desk(shop)


async def refund(desk: Desk, **body: Any) -> Response:
    told = {"payment": await the_invoice(desk.shop), "reason": "she asked", **body}
    return await desk.ask("POST", f"{ANN}/refund", json=told)


async def acts(desk: Desk) -> list[tuple[str, str, str, str]]:
    stored = [each.event async for each in desk.shop.memory.history.of("ann")]
    told = [event for event in stored if isinstance(event, OperatorActed)]
    return [(each.act.value, each.by, each.code.value, each.note) for each in told]


# Money back


async def test_a_payment_is_found_given_back_in_part_and_then_wholly(desk: Desk) -> None:
    (payment,) = (await desk.ask("GET", f"{ANN}/payments")).json()["data"]
    assert (1000, 0, "usd") == (payment["amount"], payment["refunded"], payment["currency"])
    assert payment["id"] in payment["dashboard_url"]

    part = await refund(desk, amount=250, code="goodwill")
    rest = await refund(desk, code="requested_by_customer", cancel_subscription=True)

    assert (200, 200) == (part.status_code, rest.status_code)
    subscription = (await desk.shop.kept()).subscriptions[0].id
    assert {"payment": payment["id"], "amount": 250, "currency": "usd", "status": "succeeded", "canceled": None} == {
        name: value for name, value in part.json().items() if name != "id"
    }
    assert (750, subscription) == (rest.json()["amount"], rest.json()["canceled"])
    (payment,) = (await desk.ask("GET", f"{ANN}/payments")).json()["data"]
    assert 1000 == payment["refunded"]
    assert [
        ("refunded", "olga", "goodwill", "she asked"),
        ("refunded", "olga", "requested_by_customer", "she asked"),
    ] == await acts(desk)


@pytest.mark.failure("F21")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"payment": "in_0"}, 404, "payment_not_found"),
        ({"payment": "../in"}, 404, "payment_not_found"),
        ({"payment": ""}, 422, "validation"),
        ({"amount": 1001}, 422, "validation"),
        ({"amount": 0}, 422, "validation"),
        ({"amount": 1.5}, 422, "validation"),
        ({"reason": ""}, 422, "validation"),
        ({"reason": "  "}, 422, "validation"),
        ({"code": "whim"}, 422, "validation"),
        ({"by": "somebody else"}, 422, "validation"),
    ],
)
async def test_what_cannot_go_back_is_refused(desk: Desk, body: dict[str, Any], status: int, code: str) -> None:
    answer = await refund(desk, **body)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert ({}, []) == ((await desk.shop.stripe.state()).refunds, await acts(desk))


@pytest.mark.failure("F21")
async def test_what_is_disputed_or_went_back_already_is_refused(desk: Desk) -> None:
    assert 200 == (await refund(desk)).status_code
    again = await refund(desk)
    assert (409, "already_refunded") == (again.status_code, again.json()["code"])

    other = Desk(Shop())
    await other.shop.subscribed()
    await other.shop.stripe.bank.dispute(await the_invoice(other.shop))
    disputed = await refund(other)
    assert (409, "payment_disputed") == (disputed.status_code, disputed.json()["code"])


# Suspension and debt


async def test_an_account_is_suspended_and_reinstated(desk: Desk) -> None:
    suspended = await desk.ask("POST", f"{ANN}/suspend", json={"reason": "a scraper", "code": "terms"})
    assert {"suspended": True, "suspended_for": ["operator"]} == suspended.json()
    spent = await desk.ask("POST", "/api/v1/credits/holds", "ann", json={"amount": 1, "reason": "an essay"})
    assert (403, "account_suspended") == (spent.status_code, spent.json()["code"])

    other = await desk.ask("POST", f"{ANN}/reinstate", json={"reason": "x", "suspension": "dispute:dp_1"})
    assert (422, "validation") == (other.status_code, other.json()["code"])
    freed = await desk.ask("POST", f"{ANN}/reinstate", json={"reason": "she called", "suspension": "operator"})
    assert {"suspended": False, "suspended_for": []} == freed.json()

    assert [("suspended", "olga", "terms", "a scraper"), ("reinstated", "olga", "other", "she called")] == await acts(
        desk
    )


async def test_credits_are_given_and_debt_is_forgiven_with_a_code(desk: Desk) -> None:
    body = {"amount": 5, "reason": "sorry", "code": "correction"}
    assert 215 == (await desk.ask("POST", f"{ANN}/credits", json=body)).json()["available"]
    forgiven = await desk.ask("POST", f"{ANN}/forgive", json={"reason": "sorry"})

    assert (200, {"forgiven": 0}) == (forgiven.status_code, forgiven.json())
    assert [("adjusted", "olga", "correction", "sorry")] == await acts(desk)


@pytest.mark.parametrize("verb", ["suspend", "reinstate", "forgive"])
async def test_who_is_not_known_is_not_there(desk: Desk, verb: str) -> None:
    answer = await desk.ask("POST", f"/api/v1/admin/accounts/annn/{verb}", json={"reason": "x"})

    assert (404, "account_not_found") == (answer.status_code, answer.json()["code"])
    nobody = await desk.ask("POST", f"/api/v1/admin/accounts/%40nobody/{verb}", json={"reason": "x"})
    assert 422 == nobody.status_code


# Fraud warnings


@pytest.fixture
async def warned() -> Desk:
    shop = Shop()
    await shop.subscribed(card=SUSPECT)
    return Desk(shop)


async def test_a_warning_is_shown_reviewed_and_dismissed(warned: Desk) -> None:
    (case,) = (await warned.ask("GET", WARNINGS)).json()["data"]
    assert ("ann", "highest", "suspend", "open", True) == tuple(
        case[name] for name in ("account", "risk", "policy", "status", "actionable")
    )
    path = f"{WARNINGS}/{case['id']}"
    assert case == (await warned.ask("GET", path)).json()

    reviewing = await warned.ask("PATCH", path, json={"status": "reviewing", "notes": "asked the customer"})
    assert ("reviewing", "asked the customer", "olga") == tuple(
        reviewing.json()[name] for name in ("status", "notes", "noted_by")
    )
    assert (await warned.shop.kept()).suspended_for

    dismissed = await warned.ask("PATCH", path, json={"status": "dismissed"})
    assert ("dismissed", "asked the customer") == tuple(dismissed.json()[name] for name in ("status", "notes"))
    assert () == (await warned.shop.kept()).suspended_for
    assert [] == await warned.listed(status="open")
    assert [("reviewed_warning", "asked the customer"), ("reviewed_warning", "dismissed")] == [
        (act, note) for act, _, _, note in await acts(warned)
    ]


async def test_warnings_are_listed_by_status_and_account_page_by_page(warned: Desk) -> None:
    warned.shop.clock.advance(A_MINUTE)
    await warned.shop.stripe.bank.warn(await the_invoice(warned.shop))
    await warned.shop.settle()

    first = (await warned.ask("GET", WARNINGS, params={"limit": 1})).json()
    second = (await warned.ask("GET", WARNINGS, params={"limit": 1, "cursor": first["next_cursor"]})).json()

    newest_first = [case["at"] for page in (first, second) for case in page["data"]]
    assert (2, newest_first) == (len(newest_first), sorted(newest_first, reverse=True))
    assert second["next_cursor"] is None
    for wanted, expected in (({"status": "open"}, 2), ({"status": "confirmed"}, 0), ({"account": "bob"}, 0)):
        assert expected == len((await warned.ask("GET", WARNINGS, params=wanted)).json()["data"])
    assert 422 == (await warned.ask("GET", WARNINGS, params={"status": "odd"})).status_code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation"),
        ({"status": "odd"}, 422, "validation"),
        ({"notes": "\x00"}, 422, "validation"),
        ({"notes": "x" * 10_001}, 422, "validation"),
    ],
)
async def test_a_review_without_sense_is_refused(warned: Desk, body: dict[str, Any], status: int, code: str) -> None:
    (case,) = (await warned.ask("GET", WARNINGS)).json()["data"]

    answer = await warned.ask("PATCH", f"{WARNINGS}/{case['id']}", json=body)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    unknown = await warned.ask("PATCH", f"{WARNINGS}/issfr_0", json={"status": "confirmed"})
    assert (404, "fraud_warning_not_found") == (unknown.status_code, unknown.json()["code"])


@pytest.mark.failure("F5")
async def test_only_admins_may(desk: Desk) -> None:
    asked = [("POST", f"{ANN}/{verb}") for verb in ("refund", "suspend", "reinstate", "forgive", "credits")]
    asked += [("GET", f"{ANN}/payments"), ("GET", WARNINGS), ("GET", f"{WARNINGS}/x"), ("PATCH", f"{WARNINGS}/x")]

    assert {403} == {(await desk.ask(method, path, admin=False)).status_code for method, path in asked}
