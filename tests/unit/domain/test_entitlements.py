"""What a plan allows, derived and never stored."""

from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.entitlements import Entitlements, entitlements
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_plan, a_subscriber, day


def test_an_account_that_was_never_opened_may_do_what_the_free_plan_allows_and_nothing_is_written() -> None:
    held = at(Account(id="ann"), NEW_YEAR, a_catalog())

    allowed = entitlements(held)

    assert (
        allowed.tier,
        allowed.models,
        allowed.max_size,
        allowed.images_per_request,
        allowed.default_size,
    ) == ("free", ("small",), "512x512", 1, held.in_force.plan.default_size)
    assert held.account.book.available == 10


def test_a_subscriber_may_do_what_was_paid_for() -> None:
    plan = a_plan(
        "pro",
        rank=2,
        default_model="large",
        default_size="1024x1024",
        default_quality="high",
        images_per_day=50,
        watermark=True,
        priority=7,
    )
    life = a_subscriber("pro", catalog=a_catalog(plan))
    life.keep(life.at(NEW_YEAR).hold(1, hold_id="g1", until=None, images=3))

    assert entitlements(life.at(NEW_YEAR)) == Entitlements(
        tier="pro",
        models=("small", "large"),
        sizes=("512x512", "1024x1024"),
        qualities=("low", "high"),
        max_size="1024x1024",
        images_per_request=3,
        images_per_day=50,
        images_today=3,
        max_concurrent=3,
        default_model="large",
        default_size="1024x1024",
        default_quality="high",
        watermark=True,
        priority=7,
        extras={},
    )


def test_a_key_of_the_products_own_is_given_by_the_plan_and_an_unknown_one_is_denied() -> None:
    catalog = a_catalog(a_plan("pro", rank=2, allotment=500, entitlements={"api_keys": True, "support": "email"}))
    allowed = entitlements(a_subscriber("pro", catalog=catalog).at(NEW_YEAR))

    assert allowed.allows("api_keys")
    assert allowed.allows("support")
    assert not allowed.allows("teleport")


def test_images_are_counted_by_the_utc_day_of_their_acceptance() -> None:
    life = Life()
    life.keep(life.at(day(2026, 1, 1, 23, 59)).hold(1, hold_id="g1", until=None, images=3))

    assert entitlements(life.at(day(2026, 1, 1, 23, 59))).images_today == 3
    assert entitlements(life.at(day(2026, 1, 2))).images_today == 0
