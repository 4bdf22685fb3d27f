"""What Stripe's subscriptions say, in the shapes of every version since 2017."""

from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.stripe.shapes import Misshapen
from billing_core.adapters.stripe.snapshots import snapshot_of
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot
from tests.stripe.canned import page
from tests.stripe.objects import objects
from tests.stripe.samples import END, MIDDLE, NOW, START, Json, seconds
from tests.stripe.shop import CREATED, PRO, a_price, a_running_subscription, a_schedule, an_item

PRICES = {"price_basic": "basic_month", "price_pro": "pro_month"}
RUNNING = SubscriptionSnapshot(
    id="sub_1",
    customer_id="cus_1",
    status=Status.ACTIVE,
    created_at=CREATED,
    seen_at=NOW,
    price="basic_month",
    anchor=START,
    period_start=START,
    period_end=END,
)
FOREIGN = a_price("price_addon", None)


def told(subscription: Json, prices: dict[str, str] | None = None) -> SubscriptionSnapshot:
    return snapshot_of(subscription, prices=PRICES if prices is None else prices, seen_at=NOW)


def problem(subscription: Json) -> str:
    with pytest.raises(Misshapen) as caught:
        told(subscription)
    return caught.value.problem


def before_basil(**over: object) -> Json:
    """The period stood on the subscription."""
    item = {name: value for name, value in an_item().items() if not name.startswith("current_period")}
    period = {"current_period_start": seconds(START), "current_period_end": seconds(END)}
    return a_running_subscription(item, **period, **over)


def of_plans() -> Json:
    """Before there were prices."""
    item = {"id": "si_1", "object": "subscription_item", "plan": {"id": "price_basic", "object": "plan"}}
    return {**before_basil(), "items": page(item), "plan": {"id": "price_basic"}, "quantity": 1}


@pytest.mark.parametrize("subscription", [a_running_subscription(), before_basil(), of_plans()])
def test_a_subscription_says_the_same_in_every_version(subscription: Json) -> None:
    assert told(subscription) == RUNNING


@pytest.mark.parametrize("status", list(Status))
def test_every_status_of_ours_is_one_of_stripes(status: Status) -> None:
    assert status is told(a_running_subscription(status=status.value)).status


def test_an_unknown_status_is_named() -> None:
    assert problem(a_running_subscription(status="hibernating")) == "unknown status hibernating"


def test_the_period_of_an_item_counts_before_that_of_the_subscription() -> None:
    both = a_running_subscription(current_period_start=seconds(CREATED), current_period_end=seconds(START))
    assert (START, END) == (told(both).period_start, told(both).period_end)


def test_an_end_is_told_by_day_and_by_period() -> None:
    by_day = told(a_running_subscription(cancel_at=seconds(MIDDLE)))
    by_period = told(a_running_subscription(cancel_at=seconds(END), cancel_at_period_end=True))

    assert (MIDDLE, False) == (by_day.ends_at, by_day.cancel_at_period_end)
    assert (END, True) == (by_period.ends_at, by_period.cancel_at_period_end)


def test_what_is_over_says_since_when() -> None:
    assert told(a_running_subscription(status="canceled", ended_at=seconds(MIDDLE))).ends_at == MIDDLE


def test_a_trial_and_its_anchor() -> None:
    trial = told(
        a_running_subscription(
            status="trialing",
            trial_start=seconds(START),
            trial_end=seconds(END),
            billing_cycle_anchor=seconds(END),
        )
    )
    assert (START, END, END) == (trial.trial_start, trial.trial_end, trial.anchor)


def test_an_account_may_stand_for_the_customer() -> None:
    assert told(a_running_subscription(customer=None, customer_account="acct_1")).customer_id == "acct_1"


def test_how_many_were_bought() -> None:
    assert told(a_running_subscription(an_item(quantity=3))).quantity == 3
    assert told(a_running_subscription(an_item(quantity=None))).quantity == 1
    assert told({**of_plans(), "quantity": 4}).quantity == 4


@pytest.mark.parametrize("quantity", [-1, "three", True])
def test_a_quantity_that_is_none_is_not_taken_for_one(quantity: object) -> None:
    assert problem(a_running_subscription(an_item(quantity=quantity))) == "no usable quantity"


def test_a_price_that_nobody_knows_keeps_stripes_name() -> None:
    assert told(a_running_subscription(an_item(FOREIGN))).price == "price_addon"


def test_an_archived_price_is_known_by_what_it_was_made_for() -> None:
    archived = a_price("price_old", "basic_month", lookup_key=None, active=False)
    assert told(a_running_subscription(an_item(archived)), prices={}).price == "basic_month"


def test_what_the_operator_has_set_counts_before_a_lookup_key() -> None:
    assert told(a_running_subscription(an_item(PRO)), prices={"price_pro": "gold"}).price == "gold"


def test_of_several_items_the_one_of_the_catalog_counts() -> None:
    addon = an_item(FOREIGN, id="si_2", current_period_end=seconds(MIDDLE), quantity=7)
    assert told(a_running_subscription(addon, an_item())) == RUNNING


def test_of_several_with_lookup_keys_the_one_that_we_made_counts() -> None:
    theirs = a_price("price_theirs", None, lookup_key="theirs")
    assert told(a_running_subscription(an_item(theirs, id="si_2"), an_item())) == RUNNING


def test_two_items_of_the_catalog_are_not_understood() -> None:
    both = a_running_subscription(an_item(), an_item(PRO, id="si_2"))
    assert problem(both) == "several items with a price of the catalog"


def test_of_several_unknown_items_the_first_is_named() -> None:
    other = a_price("price_other", None)
    assert told(a_running_subscription(an_item(FOREIGN), an_item(other))).price == "price_addon"


def test_items_that_were_not_told_are_missed() -> None:
    assert problem(a_running_subscription(items=page(an_item(), has_more=True))) == "more items than were told"
    assert problem(a_running_subscription(items=page())) == "no usable item"


def test_a_change_waits_in_the_next_phase() -> None:
    waiting = told(a_running_subscription(schedule=a_schedule("price_basic", "price_pro")))
    assert waiting == evolve(RUNNING, pending_change=PendingChange("pro_month", END))


@pytest.mark.parametrize(
    "schedule",
    [
        "sub_sched_1",
        a_schedule("price_basic"),
        a_schedule("price_basic", "price_basic"),
        a_schedule("price_basic", "price_pro", status="released"),
        a_schedule("price_pro", "price_basic", current_phase=None),
    ],
)
def test_other_schedules_hold_no_change(schedule: object) -> None:
    assert told(a_running_subscription(schedule=schedule)).pending_change is None


def test_phases_held_plans_before_there_were_prices() -> None:
    schedule = a_schedule("price_basic", "price_pro")
    schedule["phases"][1]["items"] = None
    schedule["phases"][1]["plans"] = [{"plan": "price_pro"}]
    assert told(a_running_subscription(schedule=schedule)).pending_change == PendingChange("pro_month", END)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    backwards = an_item(current_period_start=seconds(END), current_period_end=seconds(START))
    assert problem(a_running_subscription(backwards)) == "the period ends before it starts"


@pytest.mark.parametrize("name", ["id", "customer", "created", "billing_cycle_anchor", "status"])
def test_what_it_cannot_do_without_is_named(name: str) -> None:
    subscription = a_running_subscription()
    del subscription[name]
    assert problem(subscription).startswith("no usable ")


NONSENSE: Any = st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}) | st.just([1])


@given(st.sampled_from(sorted(a_running_subscription())), NONSENSE)
def test_nonsense_is_told_or_refused_and_never_a_crash(name: str, value: Any) -> None:
    with suppress(Misshapen):
        assert told(a_running_subscription(**{name: value})).seen_at == NOW


@pytest.mark.parametrize("subscription", objects())
def test_no_object_of_stripes_is_a_crash(subscription: Json) -> None:
    with suppress(Misshapen):
        assert told(subscription).seen_at == NOW


def test_a_time_before_stripe_is_no_time() -> None:
    assert problem(a_running_subscription(created=0)) == "no usable created"
