"""Moving a subscription to another price at Stripe: at once if it is paid, or at the end of the period."""

from datetime import timedelta

import pytest

from billing_core.domain.errors import BillingError, CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.ports.errors import GatewayRefused, OutcomeUnknown, UnknownAtGateway
from billing_core.ports.gateway import ChangeOutcome, ChangeStatus, When
from tests.stripe.canned import Refusal, page
from tests.stripe.counter import DONE, MOVED, PENDING, RELEASE, SCHEDULE, SCHEDULES, SUB, Counter, declining, within
from tests.stripe.samples import END, MIDDLE, START, Json, seconds
from tests.stripe.shop import a_running_subscription, a_schedule, an_item
from tests.stripe.till import a_fetched_invoice, an_intent


async def test_a_change_now_is_billed_at_once_and_applied_if_paid() -> None:
    counter = Counter()
    assert DONE == await counter.change()
    assert counter.only("POST", SUB).key == "k:change"
    assert counter.only("POST", SUB).form == {
        "items": {"0": {"id": "si_1", "price": "price_pro", "quantity": "1"}},
        "payment_behavior": "pending_if_incomplete",
        "proration_behavior": "always_invoice",
        "proration_date": str(seconds(MIDDLE)),
    }


async def test_a_change_keeps_how_many_there_are() -> None:
    counter = Counter(items=page(an_item(quantity=3)))
    await counter.change()
    assert within(counter.only("POST", SUB).form, "items", "0", "quantity") == "3"


async def test_a_change_clears_a_cancellation_only_if_it_is_paid() -> None:
    counter = Counter(cancel_at_period_end=True, cancel_at=seconds(END))
    assert DONE == await counter.change()
    assert counter.only("POST", SUB).form["cancel_at_period_end"] == "false"


async def test_an_end_that_was_set_to_a_day_is_cleared_after_the_change() -> None:
    counter = Counter(cancel_at=seconds(END))
    await counter.change()
    assert [None, ""] == [request.form.get("cancel_at") for request in counter.changes]


@pytest.mark.parametrize("status", ["requires_action", "requires_confirmation", "processing", "succeeded"])
async def test_a_change_whose_payment_is_undecided_waits_at_the_invoice(status: str) -> None:
    counter = Counter().waiting(an_intent(status=status), status="open")
    assert (
        ChangeOutcome(status=ChangeStatus.PENDING_AUTHENTICATION, hosted_invoice_url="https://invoice.stripe.com/i/1")
        == await counter.change()
    )
    assert [f"POST {SUB}"] == counter.steps


@pytest.mark.parametrize(("code", "expected"), [("insufficient_funds", "insufficient_funds"), (None, "card_declined")])
async def test_a_declined_change_is_taken_back(code: str | None, expected: str) -> None:
    counter = Counter().waiting(declining(code), status="open")
    assert ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=expected) == await counter.change()
    assert ["k:change", "k:void"] == counter.keys


async def test_a_decline_may_be_told_at_once() -> None:
    counter = Counter().say("POST", SUB, Refusal(402, "card_declined"))
    assert ChangeOutcome(status=ChangeStatus.DECLINED, decline_code="card_declined") == await counter.change()


async def test_a_change_without_a_card_is_declined() -> None:
    counter = Counter().waiting(an_intent(status="requires_payment_method"), status="open")
    counter.say("GET", "/v1/invoices/in_2", a_fetched_invoice(id="in_2", status="open", payments=page()))
    assert ChangeOutcome(status=ChangeStatus.DECLINED) == await counter.change()


async def test_what_was_paid_meanwhile_is_done() -> None:
    assert DONE == await Counter().waiting(an_intent(), status="paid").change()


async def test_what_was_given_up_meanwhile_is_declined() -> None:
    counter = Counter().waiting(declining(), status="void")
    assert (await counter.change()).status is ChangeStatus.DECLINED
    assert ["k:change"] == counter.keys


async def test_a_change_now_drops_one_that_was_to_come() -> None:
    counter = Counter(schedule=a_schedule("price_basic", "price_year"))
    await counter.change()
    assert [f"POST {RELEASE}", f"POST {SUB}"] == counter.steps


async def test_a_declined_change_leaves_what_was_to_come() -> None:
    counter = Counter(schedule=a_schedule("price_basic", "price_year")).waiting(declining(), status="open")
    await counter.change()

    assert ["k:release", "k:change", "k:void", "k:back:schedule", "k:back:phases"] == counter.keys
    price = within(counter.only("POST", SCHEDULE).form, "phases", "1", "items", "0", "price")
    assert price == "price_year"


async def test_a_failure_of_stripes_that_did_it_all_the_same_is_found() -> None:
    counter = Counter().say("GET", SUB, a_running_subscription(), MOVED).say("POST", SUB, Refusal(500))
    assert DONE == await counter.change()
    assert {"k:change"} == set(counter.keys)


async def test_a_failure_of_stripes_that_did_nothing_is_tried_under_another_key_once() -> None:
    counter = Counter().say("POST", SUB, Refusal(500))
    with pytest.raises(OutcomeUnknown):
        await counter.change()
    assert {"k:change", "k:change:again"} == set(counter.keys)


async def test_a_change_for_later_waits_in_a_schedule() -> None:
    counter = Counter()
    assert DONE == await counter.change(when=When.PERIOD_END)
    assert {"from_subscription": "sub_1"} == counter.only("POST", SCHEDULES).form
    assert counter.only("POST", SCHEDULE).form == {
        "end_behavior": "release",
        "phases": {
            "0": {
                "items": {"0": {"price": "price_basic", "quantity": "1"}},
                "start_date": str(seconds(START)),
                "end_date": str(seconds(END)),
            },
            "1": {
                "items": {"0": {"price": "price_pro", "quantity": "1"}},
                "duration": {"interval": "month", "interval_count": "1"},
                "proration_behavior": "none",
            },
        },
    }
    assert ["k:schedule", "k:phases"] == counter.keys


async def test_a_schedule_that_is_there_is_used() -> None:
    counter = Counter(schedule=a_schedule("price_basic", "price_year"))
    await counter.change(when=When.PERIOD_END)
    assert [f"POST {SCHEDULE}"] == counter.steps


async def test_a_change_for_later_clears_what_was_wished_before() -> None:
    counter = Counter(cancel_at_period_end=True, pending_update=PENDING, latest_invoice="in_2")
    await counter.change(when=When.PERIOD_END)
    assert ["k:void", "k:resume", "k:schedule", "k:phases"] == counter.keys


async def test_a_change_to_what_it_is_clears_all_that_was_wished() -> None:
    schedule = a_schedule("price_basic", "price_pro", end_behavior="cancel")
    counter = Counter(cancel_at=seconds(END), schedule=schedule)
    assert DONE == await counter.change("basic_month")
    assert ["k:release", "k:resume"] == counter.keys


async def test_a_schedule_whose_answer_was_lost_is_found() -> None:
    scheduled = a_running_subscription(schedule=a_schedule("price_basic"))
    counter = Counter().say("GET", SUB, a_running_subscription(), scheduled).say("POST", SCHEDULES, Refusal(500))
    await counter.change(when=When.PERIOD_END)
    assert {"k:schedule", "k:phases"} == set(counter.keys)


@pytest.mark.parametrize(
    ("over", "wish", "expected"),
    [
        ({"status": "canceled"}, {}, IllegalTransition("change", "canceled")),
        ({"status": "unpaid"}, {}, IllegalTransition("change", "unpaid")),
        ({}, {"price": "basic_month_jpy"}, CurrencyLocked("usd")),
        ({}, {"price": "handful"}, InvalidValue("price", "is paid once")),
        ({}, {"as_of": END}, InvalidValue("as_of", "not in the present period")),
        ({}, {"as_of": START - timedelta(seconds=1)}, InvalidValue("as_of", "not in the present period")),
    ],
)
async def test_what_is_not_allowed_is_not_asked_for(over: Json, wish: Json, expected: BillingError) -> None:
    counter = Counter(**over)
    for verb in (counter.change, counter.preview):
        with pytest.raises(type(expected)) as caught:
            await verb(**wish)
        assert str(expected) == str(caught.value)
    assert [] == counter.steps


async def test_what_is_not_on_sale_or_unknown_is_said_to_be() -> None:
    counter = Counter()
    with pytest.raises(GatewayRefused, match="no price is on sale for gold"):
        await counter.change("gold")
    counter.say("GET", SUB, Refusal(404, "resource_missing"))
    with pytest.raises(UnknownAtGateway):
        await counter.change()
