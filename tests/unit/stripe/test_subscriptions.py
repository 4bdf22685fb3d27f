"""Ending a subscription at Stripe, and thinking better of it: the last wish wins, and each step is taken once."""

import pytest

from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.subscriptions import Subscriptions
from billing_core.domain.errors import IllegalTransition
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.stripe.canned import CannedStripe, Refusal, Said
from tests.stripe.samples import MIDDLE, Json, an_invoice, seconds
from tests.stripe.shop import StripeShop, a_running_subscription, a_schedule

SUB = "/v1/subscriptions/sub_1"
RELEASE = "/v1/subscription_schedules/sub_sched_1/release"


class Desk(StripeShop):
    """A shop with one subscription."""

    def __init__(self, **over: object) -> None:
        super().__init__()
        self.on("GET", SUB, a_running_subscription(**over))
        self.on("POST", SUB, a_running_subscription())
        self.on("DELETE", SUB, a_running_subscription(status="canceled"))
        self.on("POST", f"{SUB}/resume", a_running_subscription())
        self.on("POST", RELEASE, a_schedule())
        self.on("POST", "/v1/invoices/in_1/void", an_invoice(status="void"))
        self.verbs = Subscriptions(self.api, self.book)

    async def cancel(self, *, at_period_end: bool = True, prorate: bool = False) -> None:
        await self.verbs.cancel("sub_1", at_period_end=at_period_end, prorate=prorate, idempotency_key="k")

    async def resume(self) -> None:
        await self.verbs.resume("sub_1", idempotency_key="k")


async def test_a_cancellation_waits_for_the_period() -> None:
    desk = Desk()
    await desk.cancel()
    assert [("k:cancel", {"cancel_at_period_end": "true"})] == [(c.key, c.form) for c in desk.changes]


async def test_a_cancellation_is_not_asked_for_twice() -> None:
    desk = Desk(cancel_at_period_end=True)
    await desk.cancel()
    assert [] == desk.steps


async def test_a_cancellation_drops_what_was_to_come() -> None:
    desk = Desk(schedule=a_schedule("price_basic", "price_pro"), pending_update={"expires_at": seconds(MIDDLE)})
    await desk.cancel()
    assert ["POST /v1/invoices/in_1/void", f"POST {RELEASE}", f"POST {SUB}"] == desk.steps
    assert ["k:void", "k:release", "k:cancel"] == desk.keys


@pytest.mark.parametrize("prorate", [True, False])
async def test_a_cancellation_now_gives_credit_only_where_that_is_wanted(prorate: bool) -> None:
    desk = Desk()
    await desk.cancel(at_period_end=False, prorate=prorate)
    said = str(prorate).lower()
    assert {"prorate": said, "invoice_now": said} == desk.only("DELETE", SUB).form


@pytest.mark.parametrize("status", ["canceled", "incomplete_expired"])
async def test_what_is_over_stays_so(status: str) -> None:
    desk = Desk(status=status)
    await desk.cancel()
    await desk.cancel(at_period_end=False)
    assert [] == desk.steps
    with pytest.raises(IllegalTransition, match=f"cannot resume while {status}"):
        await desk.resume()


@pytest.mark.parametrize("refusal", [Refusal(404, "resource_missing"), Refusal(400)])
async def test_one_that_takes_no_change_any_more_is_looked_at(refusal: Refusal) -> None:
    stripe = CannedStripe().on("POST", SUB, refusal).on("GET", SUB, a_running_subscription(status="canceled"))
    verbs = Subscriptions(stripe.api, PriceBook(stripe.api))
    await verbs.cancel("sub_1", at_period_end=False, prorate=True, idempotency_key="k")
    assert ["POST", "GET"] == [request.method for request in stripe.asked]


async def test_one_that_ends_meanwhile_is_over() -> None:
    desk = Desk()
    desk.on("DELETE", SUB, Refusal(404, "resource_missing"))
    await desk.cancel(at_period_end=False)


async def test_an_unknown_one_is_said_to_be() -> None:
    desk = Desk()
    desk.on("GET", SUB, Refusal(404, "resource_missing"))
    for verb in (desk.cancel(), desk.resume(), desk.verbs.drop_change("sub_1")):
        with pytest.raises(UnknownAtGateway):
            await verb


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ({"cancel_at_period_end": True, "cancel_at": seconds(MIDDLE)}, {"cancel_at_period_end": "false"}),
        ({"cancel_at": seconds(MIDDLE)}, {"cancel_at": ""}),
    ],
)
async def test_a_cancellation_is_undone_as_it_was_made(end: Json, expected: Json) -> None:
    desk = Desk(**end)
    await desk.resume()
    assert expected == desk.only("POST", SUB).form


async def test_an_end_by_schedule_is_undone_with_it() -> None:
    desk = Desk(schedule=a_schedule("price_basic", end_behavior="cancel"))
    await desk.resume()
    assert [f"POST {RELEASE}"] == desk.steps


async def test_where_nothing_is_canceled_nothing_is_undone() -> None:
    desk = Desk(schedule=a_schedule("price_basic", "price_pro"))
    await desk.resume()
    assert [] == desk.steps


async def test_a_paused_one_is_woken() -> None:
    desk = Desk(status="paused")
    await desk.resume()
    assert [f"POST {SUB}/resume"] == desk.steps


@pytest.mark.parametrize("found", [a_running_subscription(), a_running_subscription(status="paused")])
async def test_a_failure_of_stripes_does_not_wake_it_twice(found: Said) -> None:
    desk = Desk()
    desk.on("GET", SUB, a_running_subscription(status="paused"), found)
    desk.on("POST", f"{SUB}/resume", Refusal(500), Refusal(500), Refusal(500), a_running_subscription())
    await desk.resume()
    assert ["k:wake:again"] * (found != a_running_subscription()) == [k for k in desk.keys if k != "k:wake"]


async def test_a_change_that_waits_is_dropped() -> None:
    desk = Desk(schedule=a_schedule("price_basic", "price_pro"))
    await desk.verbs.drop_change("sub_1")
    assert ["drop:sub_sched_1"] == desk.keys


async def test_where_nothing_waits_nothing_is_dropped() -> None:
    desk = Desk()
    await desk.verbs.drop_change("sub_1")
    assert [] == desk.steps


@pytest.mark.parametrize("status", ["released", "completed", "canceled"])
async def test_a_schedule_that_is_off_already_is_left_alone(status: str) -> None:
    desk = Desk(schedule=a_schedule("price_basic"))
    desk.on("POST", RELEASE, Refusal(400))
    desk.on("GET", "/v1/subscription_schedules/sub_sched_1", a_schedule(status=status))
    await desk.verbs.drop_change("sub_1")


async def test_a_schedule_that_cannot_be_taken_off_is_for_a_person() -> None:
    desk = Desk(schedule=a_schedule("price_basic"))
    desk.on("POST", RELEASE, Refusal(400))
    desk.on("GET", "/v1/subscription_schedules/sub_sched_1", a_schedule())
    with pytest.raises(GatewayRefused):
        await desk.verbs.drop_change("sub_1")


@pytest.mark.parametrize("status", ["paid", "void"])
async def test_an_update_that_was_settled_meanwhile_is_in_nobodys_way(status: str) -> None:
    desk = Desk(pending_update={"expires_at": seconds(MIDDLE)})
    desk.on("POST", "/v1/invoices/in_1/void", Refusal(400, "invoice_not_editable"))
    desk.on("GET", "/v1/invoices/in_1", an_invoice(status=status))
    await desk.cancel()
    assert desk.steps[-1] == f"POST {SUB}"


async def test_an_update_that_cannot_be_dropped_is_for_a_person() -> None:
    desk = Desk(pending_update={"expires_at": seconds(MIDDLE)})
    desk.on("POST", "/v1/invoices/in_1/void", Refusal(400))
    desk.on("GET", "/v1/invoices/in_1", an_invoice(status="open"))
    with pytest.raises(GatewayRefused):
        await desk.cancel()


async def test_a_subscription_that_cannot_be_read_is_for_a_person() -> None:
    desk = Desk(status="hibernating")
    with pytest.raises(GatewayRefused, match="subscription sub_1 cannot be read: unknown status hibernating"):
        await desk.cancel()
