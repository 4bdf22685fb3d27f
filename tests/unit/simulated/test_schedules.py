"""Subscription schedules over the simulated Stripe's API: how a change waits for the end of a period."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.shops.simulated import DECLINES_LATER, START
from tests.stripe.simulated_api import Api

END = datetime(2026, 2, 28, 12, tzinfo=UTC)
SECOND_END = datetime(2026, 3, 31, 12, tzinfo=UTC)


async def scheduled(api: Api, sub: str, price: str = "price_pro_month", **params: Any) -> Any:
    """A schedule that moves the subscription to the price at the end of its period."""
    schedule = await api.post("/v1/subscription_schedules", from_subscription=sub)
    (current,) = schedule["phases"]
    stays = {
        "items": [{"price": current["items"][0]["price"], "quantity": 1}],
        "start_date": current["start_date"],
        "end_date": current["end_date"],
    }
    moves = {"items": [{"price": price, "quantity": 1}], "proration_behavior": "none"} | params
    path = f"/v1/subscription_schedules/{schedule['id']}"
    return await api.post(path, phases=[stays, moves], end_behavior="release")


def price_of(sub: Any) -> str:
    return str(sub["items"]["data"][0]["price"]["id"])


async def test_a_schedule_starts_as_the_subscription_stands() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await api.post("/v1/subscription_schedules", from_subscription=sub)
    (phase,) = schedule["phases"]

    assert ("active", "release", sub) == (schedule["status"], schedule["end_behavior"], schedule["subscription"])
    assert (int(START.timestamp()), int(END.timestamp()), "price_basic_month") == (
        phase["start_date"],
        phase["end_date"],
        phase["items"][0]["price"],
    )
    assert {"start_date": phase["start_date"], "end_date": phase["end_date"]} == schedule["current_phase"]
    shown = await api.get(f"/v1/subscriptions/{sub}", expand=["schedule"])
    assert schedule == shown["schedule"]


async def test_the_price_changes_with_the_phase_and_the_schedule_lets_go_at_its_end() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await scheduled(api, sub)
    await api.shop.to(END)
    moved = await api.get(f"/v1/subscriptions/{sub}", expand=["schedule"])

    assert ("price_pro_month", schedule["id"], "active") == (
        price_of(moved),
        moved["schedule"]["id"],
        moved["schedule"]["status"],
    )
    assert [3000] == [line["amount"] for line in (await api.get("/v1/invoices"))["data"][0]["lines"]["data"]]

    await api.shop.to(SECOND_END)
    after = await api.get(f"/v1/subscriptions/{sub}")
    released = await api.get(f"/v1/subscription_schedules/{schedule['id']}")
    assert ("price_pro_month", None, "active") == (price_of(after), after["schedule"], after["status"])
    assert ("released", None, sub) == (released["status"], released["subscription"], released["released_subscription"])
    assert {"subscription_schedule.created", "subscription_schedule.updated", "subscription_schedule.released"} == set(
        await api.told("subscription_schedule.")
    )


async def test_a_phase_of_another_interval_counts_anew() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await scheduled(api, sub, "price_pro_year", duration={"interval": "year", "interval_count": 1})
    await api.shop.to(END)
    moved = await api.get(f"/v1/subscriptions/{sub}")

    assert (int(END.timestamp()), int(END.replace(year=2027).timestamp())) == (
        moved["billing_cycle_anchor"],
        moved["items"]["data"][0]["current_period_end"],
    )


async def test_a_released_schedule_changes_nothing_any_more() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    path = f"/v1/subscription_schedules/{(await scheduled(api, sub))['id']}"
    await api.post(f"{path}/release")
    await api.shop.to(END)

    assert "price_basic_month" == price_of(await api.get(f"/v1/subscriptions/{sub}"))
    status, error = await api.refused("POST", f"{path}/release")
    assert (400, True) == (status, "`released`" in error["message"])


async def test_a_scheduled_subscription_is_not_canceled_beside_its_schedule() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await scheduled(api, sub)
    status, error = await api.refused("POST", f"/v1/subscriptions/{sub}", cancel_at_period_end=True)

    assert (400, True) == (status, f"managed by the subscription schedule `{schedule['id']}`" in error["message"])


async def test_canceling_it_at_once_cancels_its_schedule() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await scheduled(api, sub)
    await api.delete(f"/v1/subscriptions/{sub}")

    assert "canceled" == (await api.get(f"/v1/subscription_schedules/{schedule['id']}"))["status"]


async def test_a_phase_that_ends_within_a_period_changes_the_price_there() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await api.post("/v1/subscription_schedules", from_subscription=sub)
    start, middle = schedule["phases"][0]["start_date"], int((START + timedelta(days=14)).timestamp())
    stays = {"items": [{"price": "price_basic_month"}], "start_date": start, "end_date": middle}
    moves = {"items": [{"price": "price_pro_month"}], "proration_behavior": "always_invoice"}
    await api.post(f"/v1/subscription_schedules/{schedule['id']}", phases=[stays, moves])
    await api.shop.to(START + timedelta(days=15))
    moved = await api.get(f"/v1/subscriptions/{sub}", expand=["latest_invoice"])

    assert ("price_pro_month", int(END.timestamp())) == (
        price_of(moved),
        moved["items"]["data"][0]["current_period_end"],
    )
    assert ([-500, 1500], middle) == (
        [line["amount"] for line in moved["latest_invoice"]["lines"]["data"]],
        moved["latest_invoice"]["created"],
    )


async def test_an_unpaid_renewal_ends_the_schedule_with_the_subscription() -> None:
    api = Api()
    sub = await api.shop.subscribed(card=DECLINES_LATER)
    schedule = await scheduled(api, sub)
    await api.shop.later(days=40)

    assert ("canceled", "canceled") == (
        (await api.get(f"/v1/subscriptions/{sub}"))["status"],
        (await api.get(f"/v1/subscription_schedules/{schedule['id']}"))["status"],
    )


async def test_a_schedule_can_end_the_subscription() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await api.post("/v1/subscription_schedules", from_subscription=sub)
    path = f"/v1/subscription_schedules/{schedule['id']}"
    await api.post(path, end_behavior="cancel")
    assert int(END.timestamp()) == (await api.get(f"/v1/subscriptions/{sub}"))["cancel_at"]
    await api.shop.to(END)

    assert ("canceled", "completed") == (
        (await api.get(f"/v1/subscriptions/{sub}"))["status"],
        (await api.get(path))["status"],
    )


async def test_a_subscription_has_one_schedule_at_a_time() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    await scheduled(api, sub)
    status, error = await api.refused("POST", "/v1/subscription_schedules", from_subscription=sub)

    assert (400, "from_subscription") == (status, error["param"])


async def test_the_present_phase_keeps_its_start() -> None:
    api = Api()
    schedule = await api.post("/v1/subscription_schedules", from_subscription=await api.shop.subscribed())
    start = schedule["phases"][0]["start_date"]
    phases = [{"items": [{"price": "price_basic_month"}], "start_date": start + 60, "end_date": start + 3600}]
    status, error = await api.refused("POST", f"/v1/subscription_schedules/{schedule['id']}", phases=phases)

    assert (400, "phases[0][start_date]") == (status, error["param"])


async def test_a_change_beside_the_schedule_becomes_a_phase_of_it() -> None:
    api = Api()
    sub = await api.shop.subscribed()
    schedule = await scheduled(api, sub, "price_pro_year")
    await api.shop.to(START + timedelta(days=14))
    item = (await api.get(f"/v1/subscriptions/{sub}"))["items"]["data"][0]["id"]
    await api.post(f"/v1/subscriptions/{sub}", items=[{"id": item, "price": "price_pro_month"}])
    phases = (await api.get(f"/v1/subscription_schedules/{schedule['id']}"))["phases"]

    assert ["price_basic_month", "price_pro_month", "price_pro_year"] == [
        phase["items"][0]["price"] for phase in phases
    ]
