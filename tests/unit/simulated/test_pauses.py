"""Subscriptions that rest at the simulated Stripe, and those whose invoices are not collected for a while."""

from typing import Any

import pytest

from tests.shops.simulated import DECLINES_LATER, GOOD
from tests.stripe.simulated_api import Api

SUB = "/v1/subscriptions/sub_00000001"


@pytest.fixture
async def api() -> Api:
    """A shop with a subscription, in the middle of its first month."""
    api = Api()
    await api.shop.subscribed()
    await api.shop.later(days=14)
    return api


async def latest(api: Api) -> Any:
    return (await api.get(SUB, expand=["latest_invoice"]))["latest_invoice"]


def period(sub: Any) -> tuple[int, int]:
    item = sub["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


async def test_a_pause_that_was_asked_for_tells_so_and_bills_nothing_more(api: Api) -> None:
    paused = await api.post(f"{SUB}/pause")
    now = int(api.shop.clock.at.timestamp())
    await api.shop.later(days=90)

    assert "paused" == paused["status"]
    assert {"subscription": {"type": "pause_requested"}, "transitioned_at": now, "type": "subscription"} == (
        paused["status_details"]["paused"]
    )
    assert ["customer.subscription.updated", "customer.subscription.paused"] == (await api.told())[-2:]
    assert ["in_00000001"] == await api.shop.invoices()


async def test_what_was_not_used_before_a_pause_comes_off_the_next_invoice(api: Api) -> None:
    await api.post(f"{SUB}/pause")
    await api.shop.later(days=90)
    resumed = await api.post(f"{SUB}/resume")
    invoice = await latest(api)

    assert ("active", None) == (resumed["status"], resumed["status_details"])
    assert int(api.shop.clock.at.timestamp()) == period(resumed)[0]
    assert (500, 1000) == (invoice["amount_paid"], max(line["amount"] for line in invoice["lines"]["data"]))
    assert "customer.subscription.resumed" in await api.told()


async def test_what_was_not_used_can_be_given_back_at_once(api: Api) -> None:
    await api.post(f"{SUB}/pause", invoicing_behavior="invoice")
    assert ("paid", -500) == ((await latest(api))["status"], await api.shop.balance())

    await api.post(f"{SUB}/resume")
    assert 500 == (await latest(api))["amount_paid"]


@pytest.mark.parametrize(("since", "credit"), [("none", 0), ("now", 500), ("item_current_period_start", 1000)])
async def test_how_much_is_given_back_is_said(api: Api, since: str, credit: int) -> None:
    await api.post(f"{SUB}/pause", bill_for={"unused_time_from": {"type": since}})
    await api.post(f"{SUB}/resume")

    assert 1000 - credit == (await latest(api))["total"]


@pytest.mark.parametrize(("prorations", "total"), [("always_invoice", 0), ("create_prorations", None), ("none", None)])
async def test_a_subscription_goes_on_in_its_old_period(api: Api, prorations: str, total: int | None) -> None:
    before = period(await api.get(SUB))
    await api.post(f"{SUB}/pause")
    anchor = {"type": "unchanged"}
    resumed = await api.post(f"{SUB}/resume", billing_cycle_anchor=anchor, proration_behavior=prorations)

    assert ("active", before) == (resumed["status"], period(resumed))
    assert ("in_00000001" if total is None else "in_00000002") == (await latest(api))["id"]
    assert total is None or total == (await latest(api))["total"]


async def test_a_subscription_that_goes_on_much_later_keeps_its_day(api: Api) -> None:
    await api.post(f"{SUB}/pause", bill_for={"unused_time_from": {"type": "none"}})
    await api.shop.later(days=50)
    anchor = {"type": "unchanged"}
    resumed = await api.post(f"{SUB}/resume", billing_cycle_anchor=anchor, proration_behavior="always_invoice")
    start, end = period(resumed)

    assert start <= int(api.shop.clock.at.timestamp()) < end
    assert 0 < (await latest(api))["total"] < 1000


async def test_a_subscription_can_be_made_to_go_on_only_if_it_is_paid(api: Api) -> None:
    await api.post(f"{SUB}/pause")
    await api.shop.replaced(DECLINES_LATER)
    status, error = await api.refused("POST", f"{SUB}/resume", payment_behavior="resume_on_payment_success")
    assert (402, "card_declined", "paused") == (status, error["code"], (await api.get(SUB))["status"])

    await api.shop.replaced(GOOD)
    assert "active" == (await api.post(f"{SUB}/resume", payment_behavior="resume_on_payment_success"))["status"]
    assert "paid" == (await latest(api))["status"]


async def test_only_what_runs_is_paused_and_only_what_rests_resumed(api: Api) -> None:
    assert 400 == (await api.refused("POST", f"{SUB}/resume"))[0]
    await api.post(f"{SUB}/pause")
    assert 400 == (await api.refused("POST", f"{SUB}/pause"))[0]
    await api.delete(SUB)
    assert 400 == (await api.refused("POST", f"{SUB}/pause"))[0]


async def test_what_a_schedule_manages_is_not_paused(api: Api) -> None:
    await api.post("/v1/subscription_schedules", from_subscription="sub_00000001")

    assert 400 == (await api.refused("POST", f"{SUB}/pause"))[0]


async def test_a_subscription_that_rests_ends_when_it_was_to_end(api: Api) -> None:
    await api.post(SUB, cancel_at_period_end=True)
    await api.post(f"{SUB}/pause")
    await api.shop.later(days=30)

    assert "canceled" == (await api.get(SUB))["status"]


async def test_a_trial_that_ends_without_a_card_says_why_it_rests() -> None:
    api = Api()
    at_the_end = {"end_behavior": {"missing_payment_method": "pause"}}
    session = await api.post(
        "/v1/checkout/sessions",
        mode="subscription",
        customer=await api.shop.gateway.ensure_customer("acc_1", email="a@app.test", name="Ada"),
        line_items=[{"price": "price_basic_month", "quantity": 1}],
        payment_method_collection="if_required",
        subscription_data={"trial_period_days": 7, "trial_settings": at_the_end},
        success_url="https://app.test/done",
    )
    await api.shop.stripe.pay(session["id"], None)
    await api.shop.later(days=8)

    reason = (await api.get(SUB))["status_details"]["paused"]["subscription"]
    assert {"type": "trial_end_without_payment_method"} == reason
    assert ["customer.subscription.updated", "customer.subscription.paused"] == (await api.told())[-2:]


@pytest.mark.parametrize(
    ("behavior", "status", "event"),
    [
        ("keep_as_draft", "draft", "invoice.created"),
        ("mark_uncollectible", "uncollectible", "invoice.marked_uncollectible"),
        ("void", "void", "invoice.voided"),
    ],
)
async def test_invoices_that_are_not_collected_are_kept_written_off_or_voided(
    api: Api, behavior: str, status: str, event: str
) -> None:
    told = await api.post(SUB, pause_collection={"behavior": behavior})
    assert {"behavior": behavior, "resumes_at": None} == told["pause_collection"]
    await api.shop.later(days=30)
    invoice = await latest(api)

    assert ("active", "in_00000002") == ((await api.get(SUB))["status"], invoice["id"])
    assert (status, 0, None) == (invoice["status"], invoice["amount_paid"], invoice["next_payment_attempt"])
    assert event == (await api.told("invoice"))[-1]


async def test_collection_goes_on_by_itself_or_by_hand(api: Api) -> None:
    at = int(api.shop.clock.at.timestamp())
    await api.post(SUB, pause_collection={"behavior": "void", "resumes_at": at + 86400 * 20})
    await api.shop.later(days=21)
    assert (None, "void") == ((await api.get(SUB))["pause_collection"], (await latest(api))["status"])
    await api.shop.later(days=30)
    assert "paid" == (await latest(api))["status"]

    await api.post(SUB, pause_collection={"behavior": "void"})
    assert (await api.post(SUB, pause_collection=""))["pause_collection"] is None
    await api.shop.later(days=30)
    assert "paid" == (await latest(api))["status"]


async def test_collection_does_not_go_on_in_the_past(api: Api) -> None:
    told = {"behavior": "void", "resumes_at": int(api.shop.clock.at.timestamp())}

    assert "pause_collection[resumes_at]" == (await api.refused("POST", SUB, pause_collection=told))[1]["param"]
