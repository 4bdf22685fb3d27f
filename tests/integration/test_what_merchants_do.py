"""What a merchant does in Stripe's dashboard, behind the product's back, and what the books make of it."""

import json
from typing import Any
from urllib.parse import urlencode

from billing_core.domain.subscription import Status
from tests.shops.use_case import A_DAY, DECLINES_LATER, Shop

KEY = {"Authorization": "Bearer sk_test_dashboard"}


async def done(shop: Shop, path: str, **params: str) -> Any:
    """What the merchant does, and all that follows."""
    status, _, body = await shop.stripe.answer("POST", path, KEY, urlencode(params).encode())
    assert status == 200, body
    await shop.settle()
    return json.loads(body)


async def days(shop: Shop, number: int) -> None:
    for _ in range(number):
        await shop.later(A_DAY)


async def fine(shop: Shop) -> None:
    assert [] == shop.failures
    assert [] == await shop.incidents()
    await shop.proven()


async def status(shop: Shop) -> Status | None:
    (sub,) = (await shop.kept()).subscriptions
    return sub.status


async def test_a_paused_subscription_gives_no_new_credits_and_its_plan_rests_with_it() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await days(shop, 10)
    await done(shop, f"/v1/subscriptions/{sub}/pause")
    assert (Status.PAUSED, "free") == (await status(shop), await shop.plan())
    resting = await shop.available()
    await days(shop, 80)
    assert resting >= await shop.available()
    await fine(shop)

    await done(shop, f"/v1/subscriptions/{sub}/resume")
    assert (Status.ACTIVE, "basic") == (await status(shop), await shop.plan())
    assert resting <= await shop.available()
    await fine(shop)


async def test_a_paused_subscription_can_be_resumed_in_its_period_and_no_credit_is_won_by_it() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    full = await shop.available()
    for _ in range(3):
        await days(shop, 2)
        await done(shop, f"/v1/subscriptions/{sub}/pause", invoicing_behavior="invoice")
        more = {"billing_cycle_anchor[type]": "unchanged", "proration_behavior": "always_invoice"}
        await done(shop, f"/v1/subscriptions/{sub}/resume", **more)

    assert full >= await shop.available()
    await fine(shop)


async def test_invoices_that_are_not_collected_give_no_credits_though_the_subscription_runs() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await days(shop, 10)
    await done(shop, f"/v1/subscriptions/{sub}", **{"pause_collection[behavior]": "void"})
    await days(shop, 40)
    assert Status.ACTIVE is await status(shop)
    assert 200 > await shop.available()
    await done(shop, f"/v1/subscriptions/{sub}", pause_collection="")
    await days(shop, 20)

    assert 200 <= await shop.available()
    await fine(shop)


async def test_an_invoice_that_was_paid_elsewhere_gives_its_credits() -> None:
    shop = Shop()
    await shop.subscribed(card=DECLINES_LATER)
    await days(shop, 32)
    (owed,) = [x for x in (await shop.stripe.state()).invoices.values() if x.status.value == "open"]
    assert Status.PAST_DUE is await status(shop)
    await done(shop, f"/v1/invoices/{owed.id}/pay", paid_out_of_band="true")

    assert Status.ACTIVE is await status(shop)
    assert 200 <= await shop.available()
    await fine(shop)


async def test_an_invoice_that_was_written_off_gives_none() -> None:
    shop = Shop()
    await shop.subscribed(card=DECLINES_LATER)
    await days(shop, 32)
    (owed,) = [x for x in (await shop.stripe.state()).invoices.values() if x.status.value == "open"]
    await done(shop, f"/v1/invoices/{owed.id}/mark_uncollectible")

    await days(shop, 5)

    assert (Status.ACTIVE, 0) == (await status(shop), await shop.available())
    await fine(shop)


async def test_a_credit_note_with_a_refund_takes_credits_back_as_a_refund_does() -> None:
    shop = Shop()
    await shop.subscribed()
    full = await shop.available()
    (invoice,) = (await shop.stripe.state()).invoices
    await done(shop, "/v1/credit_notes", invoice=invoice, amount="500", refund_amount="500")

    assert full - 100 == await shop.available()
    await fine(shop)


async def test_a_credit_note_for_the_balance_takes_nothing_back() -> None:
    shop = Shop()
    await shop.subscribed()
    full = await shop.available()
    (invoice,) = (await shop.stripe.state()).invoices
    await done(shop, "/v1/credit_notes", invoice=invoice, amount="500", credit_amount="500")

    assert full == await shop.available()
    await fine(shop)
