"""Changing the plan: the quote that was shown is the change that is done."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.changing import QUOTE_HOLDS, ChangeWish, Quote
from billing_core.application.errors import PaymentDeclined, QuoteStale
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import (
    AccountSuspended,
    ContactSales,
    IllegalTransition,
    InvalidValue,
    NoSubscription,
    NotForSale,
    UnknownPlan,
)
from billing_core.domain.options import Action
from billing_core.domain.subscription import Status
from billing_core.ports.commit import Commit
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.ports.gateway import ChangeStatus, When
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import (
    A_DAY,
    A_MINUTE,
    A_SECOND,
    ASKS,
    BASIC,
    DECLINES_LATER,
    PREMIUM,
    PRO,
    Crash,
    Shop,
    a_request,
    the_catalog,
)

TO_PRO = ChangeWish(tier="pro")
TO_BASIC = ChangeWish(tier="basic")


@pytest.fixture
async def shop() -> Shop:
    """Ann has subscribed to basic half a month ago."""
    shop = Shop()
    await shop.subscribed()
    await shop.later(15 * A_DAY)
    return shop


async def charged(shop: Shop) -> list[int]:
    """What the gateway took for each invoice so far."""
    return [invoice.amount_paid for invoice in (await shop.stripe.state()).invoices.values()]


async def price(shop: Shop) -> str:
    state = await shop.stripe.state()
    (sub,) = state.subscriptions.values()
    return state.prices[sub.price].key


async def quoted(shop: Shop, wish: ChangeWish = TO_PRO) -> Quote:
    return await shop.use.quoting()("ann", wish)


# What a quote says


async def test_an_upgrade_is_quoted_for_now(shop: Shop) -> None:
    quote = await quoted(shop)

    assert quote == Quote(
        quote=quote.quote,
        expires_at=NEW_YEAR + 15 * A_DAY + QUOTE_HOLDS,
        when=When.NOW,
        due_now=516,  # 16 of 31 days of the 1000 between them
        next_amount=2000,
        next_at=NEW_YEAR + 31 * A_DAY,
        currency="usd",
        credits_delta=154,  # 16 of 31 days of the 300 between them
        debt=0,
        gains=("500 credits",),
        losses=("200 credits",),
    )


async def test_a_quote_changes_nothing(shop: Shop) -> None:
    before, invoices = await shop.kept(), await charged(shop)

    await quoted(shop)
    await shop.settle()

    assert (await shop.kept(), await charged(shop)) == (before, invoices)


@pytest.mark.parametrize(
    ("start", "wish", "when"),
    [
        (("basic", Interval.MONTH), ChangeWish(tier="pro"), When.NOW),
        (("basic", Interval.MONTH), ChangeWish(tier="pro", interval=Interval.YEAR), When.NOW),
        (("basic", Interval.MONTH), ChangeWish(tier="basic", interval=Interval.YEAR), When.NOW),
        (("pro", Interval.MONTH), ChangeWish(tier="basic"), When.PERIOD_END),
        (("basic", Interval.YEAR), ChangeWish(tier="basic", interval=Interval.MONTH), When.PERIOD_END),
        (("basic", Interval.YEAR), ChangeWish(tier="pro", interval=Interval.MONTH), When.PERIOD_END),
        (("basic", Interval.YEAR), ChangeWish(tier="pro"), When.NOW),
        (("premium", Interval.MONTH), ChangeWish(tier="basic", interval=Interval.YEAR), When.PERIOD_END),
        (("pro", Interval.MONTH), ChangeWish(tier="basic", when=When.NOW), When.NOW),
        (("basic", Interval.MONTH), ChangeWish(tier="pro", when=When.PERIOD_END), When.PERIOD_END),
    ],
)
async def test_less_waits_for_the_end_of_the_period_unless_told_otherwise(
    start: tuple[str, Interval], wish: ChangeWish, when: When
) -> None:
    shop = Shop()
    await shop.subscribed(start[0], interval=start[1])
    shop.clock.advance(A_DAY)

    assert (await quoted(shop, wish)).when is when


async def test_a_change_at_the_end_of_the_period_costs_nothing_now(shop: Shop) -> None:
    quote = await quoted(shop, ChangeWish(tier="pro", when=When.PERIOD_END))

    assert (quote.due_now, quote.credits_delta, quote.next_amount) == (0, 0, 2000)


async def test_a_downgrade_now_is_credited_and_what_was_spent_is_owed() -> None:
    shop = Shop()
    await shop.subscribed("pro")
    await shop.use.adjusting()("ann", -510, reason="all is spent")
    await shop.later(15 * A_DAY)
    wish = ChangeWish(tier="basic", when=When.NOW)

    quote = await quoted(shop, wish)
    await shop.changed(wish, quote=quote.quote)

    assert (quote.due_now, quote.credits_delta, quote.debt) == (-516, 0, 155)
    book = (await shop.held()).account.book
    assert (book.available, book.debt) == (0, 155)


# The change is what was quoted


@pytest.mark.parametrize(
    ("start", "wish", "after"),
    [
        (("basic", Interval.MONTH), ChangeWish(tier="pro"), 15 * A_DAY),
        (("basic", Interval.MONTH), ChangeWish(tier="pro"), A_SECOND),
        (("basic", Interval.MONTH), ChangeWish(tier="premium"), 7 * A_DAY),
        (("basic", Interval.MONTH), ChangeWish(tier="pro", interval=Interval.YEAR), 7 * A_DAY),
        (("basic", Interval.YEAR), ChangeWish(tier="pro"), 100 * A_DAY),
        (("pro", Interval.MONTH), ChangeWish(tier="basic", when=When.NOW), 15 * A_DAY),
        (("premium", Interval.MONTH), ChangeWish(tier="basic", when=When.NOW), 15 * A_DAY),
        (("pro", Interval.YEAR), ChangeWish(tier="basic", interval=Interval.MONTH, when=When.NOW), 40 * A_DAY),
        (("tryout", Interval.MONTH), ChangeWish(tier="pro", when=When.NOW), 2 * A_DAY),
        (("tryout", Interval.MONTH), ChangeWish(tier="pro", when=When.NOW), 10 * A_DAY),
    ],
)
async def test_what_was_quoted_is_what_happens(start: tuple[str, Interval], wish: ChangeWish, after: timedelta) -> None:
    shop = Shop()
    await shop.subscribed(start[0], interval=start[1])
    await shop.later(after)
    quote = await quoted(shop, wish)
    (customer,) = (await shop.stripe.state()).customers.values()
    before = await shop.available()
    shop.clock.advance(9 * A_MINUTE)

    changed = await shop.changed(wish, quote=quote.quote)

    assert (changed.status, changed.quote) == (ChangeStatus.DONE, quote)
    (afterwards,) = (await shop.stripe.state()).customers.values()
    paid = list((await shop.stripe.state()).invoices.values())[-1].amount_paid
    assert paid + afterwards.balance - customer.balance == quote.due_now
    book = (await shop.held()).account.book
    assert (book.available - before, book.debt) == (quote.credits_delta, quote.debt)
    assert await shop.plan() == wish.tier
    await shop.proven()


async def test_a_change_without_a_quote_is_quoted_and_done(shop: Shop) -> None:
    changed = await shop.changed(TO_PRO)

    assert (changed.status, changed.quote.due_now) == (ChangeStatus.DONE, 516)
    assert await charged(shop) == [1000, 516]
    assert (await shop.plan(), await shop.available()) == ("pro", 364)


async def test_a_change_at_the_end_of_the_period_is_seen_at_once_and_comes_then(shop: Shop) -> None:
    await shop.changed(ChangeWish(tier="pro", when=When.PERIOD_END))

    assert await shop.plan() == "basic"
    pending = (await shop.use.viewing().subscription("ann")).pending_change
    assert pending is not None
    assert (pending.tier, pending.at) == ("pro", NEW_YEAR + 31 * A_DAY)
    await shop.later(16 * A_DAY)
    assert await shop.plan() == "pro"
    assert (await shop.use.viewing().subscription("ann")).pending_change is None


async def test_a_change_that_was_to_come_can_be_dropped(shop: Shop) -> None:
    await shop.changed(ChangeWish(tier="pro", when=When.PERIOD_END))

    await shop.use.changing().drop("ann")

    assert (await shop.use.viewing().subscription("ann")).pending_change is None
    await shop.later(16 * A_DAY)
    assert await shop.plan() == "basic"


async def test_where_no_change_is_to_come_dropping_it_changes_nothing(shop: Shop) -> None:
    await shop.use.changing().drop("ann")

    assert (await shop.plan(), await price(shop)) == ("basic", "basic-month")


async def test_wishing_for_the_present_plan_drops_a_change_that_was_to_come(shop: Shop) -> None:
    await shop.changed(ChangeWish(tier="pro", when=When.PERIOD_END))

    changed = await shop.changed(TO_BASIC)

    assert changed.quote.due_now == 0
    assert (await shop.use.viewing().subscription("ann")).pending_change is None


async def test_a_change_clears_a_cancellation(shop: Shop) -> None:
    await shop.use.canceling()("ann", at_period_end=True)

    await shop.changed(TO_PRO)

    assert (await shop.use.viewing().subscription("ann")).cancel_at_period_end is False


# The bank's no, and its question


async def test_a_declined_card_changes_nothing() -> None:
    shop = Shop()
    await shop.subscribed(card=DECLINES_LATER)
    await shop.later(15 * A_DAY)

    with pytest.raises(PaymentDeclined) as declined:
        await shop.changed(TO_PRO)
    await shop.settle()

    assert declined.value.decline_code == "generic_decline"
    assert [option.action for option in declined.value.options] == [Action.SETTLE_PAYMENT]
    assert (await shop.plan(), await shop.available(), await price(shop)) == ("basic", 210, "basic-month")
    assert (await shop.use.viewing().subscription("ann")).status == "active"


async def test_after_a_decline_another_card_works() -> None:
    shop = Shop()
    await shop.subscribed(card=DECLINES_LATER)
    await shop.later(15 * A_DAY)
    quote = await quoted(shop)
    with pytest.raises(PaymentDeclined):
        await shop.changed(TO_PRO, quote=quote.quote, request=a_request("first"))
    await shop.stripe.replace_card((await shop.kept()).customer_id or "", "4242 4242 4242 4242")

    changed = await shop.changed(TO_PRO, quote=quote.quote, request=a_request("second"))

    assert (changed.status, await shop.plan()) == (ChangeStatus.DONE, "pro")


async def test_a_card_that_asks_gives_the_plan_only_once_its_owner_has_answered() -> None:
    shop = Shop()
    started = await shop.opened()
    await shop.stripe.pay(started.session_id, ASKS)
    await shop.stripe.authenticate(started.session_id, ok=True)
    await shop.settle()
    await shop.later(15 * A_DAY)

    changed = await shop.changed(TO_PRO)

    assert changed.status is ChangeStatus.PENDING_AUTHENTICATION
    assert changed.hosted_invoice_url is not None
    assert (await shop.plan(), await shop.available()) == ("basic", 210)
    await shop.stripe.authenticate_invoice(changed.hosted_invoice_url.rpartition("/")[2])
    await shop.settle()
    assert (await shop.plan(), await shop.available()) == ("pro", 364)


# Quotes that no longer hold


def forged(quote: str, **parts: str) -> str:
    """The quote with some of its parts exchanged."""
    as_of, due, mac = urlsafe_b64decode(quote.encode()).decode().split(".")
    told = {"as_of": as_of, "due": due, "mac": mac} | parts
    return urlsafe_b64encode(f"{told['as_of']}.{told['due']}.{told['mac']}".encode()).decode()


@pytest.mark.parametrize(
    "parts",
    [
        {"due": "1"},
        {"as_of": str(int((NEW_YEAR + 15 * A_DAY - A_SECOND).timestamp()))},
        {"mac": "0" * 64},
        {"mac": "ä" * 64},
        {"as_of": "-1"},
        {"as_of": "9" * 40},
        {"as_of": "now"},
        {"mac": "two.parts"},
    ],
    ids=str,
)
async def test_a_quote_that_was_tampered_with_does_not_hold(shop: Shop, parts: dict[str, str]) -> None:
    quote = await quoted(shop)

    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=forged(quote.quote, **parts))
    assert await charged(shop) == [1000]


@pytest.mark.parametrize("nonsense", ["", "x", "ä", "\ud800", "a.b.c", "AAAA", "=" * 100, "/" * 5000])
async def test_what_is_no_quote_does_not_hold(shop: Shop, nonsense: str) -> None:
    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=nonsense)


async def test_a_quote_holds_for_ten_minutes(shop: Shop) -> None:
    quote = await quoted(shop)
    shop.clock.advance(QUOTE_HOLDS + A_SECOND)

    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=quote.quote)


async def test_a_quote_from_the_future_does_not_hold(shop: Shop) -> None:
    quote = await quoted(shop)
    shop.clock.advance(-A_SECOND)

    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=quote.quote)


async def test_a_quote_of_another_account_does_not_hold(shop: Shop) -> None:
    await shop.subscribed(account="bob")
    quote = await quoted(shop)

    with pytest.raises(QuoteStale):
        await shop.use.changing()("bob", TO_PRO, quote=quote.quote)


@pytest.mark.parametrize(
    "wish",
    [
        ChangeWish(tier="premium"),
        ChangeWish(tier="pro", interval=Interval.YEAR),
        ChangeWish(tier="pro", when=When.PERIOD_END),
    ],
)
async def test_a_quote_for_another_wish_does_not_hold(shop: Shop, wish: ChangeWish) -> None:
    quote = await quoted(shop)

    with pytest.raises(QuoteStale):
        await shop.changed(wish, quote=quote.quote)


async def test_a_quote_that_costs_something_else_by_now_does_not_hold(shop: Shop) -> None:
    """Meanwhile a credit came onto the customer's balance."""
    quote = await quoted(shop)
    await shop.changed(ChangeWish(tier="premium"))
    await shop.changed(ChangeWish(tier="basic", when=When.NOW))

    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=quote.quote)


async def test_a_quote_of_the_period_before_does_not_hold(shop: Shop) -> None:
    await shop.later(16 * A_DAY - A_MINUTE)
    quote = await quoted(shop)
    await shop.later(2 * A_MINUTE)

    with pytest.raises(QuoteStale):
        await shop.changed(TO_PRO, quote=quote.quote)


# What is refused


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (ChangeWish(tier="gold"), UnknownPlan),
        (ChangeWish(tier="free"), NotForSale),
        (ChangeWish(tier="enterprise"), ContactSales),
        (ChangeWish(tier="basic"), InvalidValue),
    ],
)
async def test_what_cannot_be_had_is_refused(shop: Shop, wish: ChangeWish, error: type[Exception]) -> None:
    with pytest.raises(error):
        await quoted(shop, wish)
    with pytest.raises(error):
        await shop.changed(wish)


async def test_a_price_in_another_currency_is_not_for_sale() -> None:
    shop = Shop()
    await shop.subscribed(currency="eur")

    with pytest.raises(NotForSale):
        await quoted(shop)


async def test_without_a_subscription_there_is_nothing_to_change() -> None:
    shop = Shop()

    for refused in (shop.use.quoting()("ann", TO_PRO), shop.use.changing()("ann", TO_PRO)):
        with pytest.raises(NoSubscription):
            await refused
    with pytest.raises(NoSubscription):
        await shop.use.changing().drop("ann")


async def test_a_subscription_that_is_unpaid_for_good_cannot_be_changed() -> None:
    shop = Shop()
    await shop.subscribed()
    state: Any = shop.stripe._engine.state
    for key, sub in state.subscriptions.items():
        state.subscriptions[key] = evolve(sub, status=Status.UNPAID)
        shop.clock.advance(A_MINUTE)
        await shop.use.refreshing()("ann", key)

    with pytest.raises(IllegalTransition):
        await quoted(shop)


async def test_a_price_that_no_catalog_knows_cannot_be_compared(shop: Shop) -> None:
    shop.wire(the_catalog(evolve(BASIC, prices=BASIC.prices[1:]), PRO, PREMIUM))

    with pytest.raises(InvalidValue, match="present price"):
        await quoted(shop)


async def test_who_is_suspended_changes_nothing(shop: Shop) -> None:
    held = await shop.held()
    await shop.accounts.change("ann", lambda _: Commit(None, held.suspend("dispute")))

    with pytest.raises(AccountSuspended):
        await shop.changed(TO_PRO)
    assert await charged(shop) == [1000]


# Repeats


async def test_the_same_request_changes_once_and_gets_its_answer_again(shop: Shop) -> None:
    first = await shop.changed(TO_PRO, request=a_request())
    shop.clock.advance(A_MINUTE)
    second = await shop.changed(TO_PRO, request=a_request())

    assert first == second
    assert await charged(shop) == [1000, 516]


async def test_a_key_with_another_request_is_refused_before_the_gateway_is_asked(shop: Shop) -> None:
    await shop.changed(TO_PRO, request=a_request())

    with pytest.raises(IdempotencyKeyReused):
        await shop.changed(ChangeWish(tier="premium"), request=a_request(fingerprint="other"))
    assert await price(shop) == "pro-month"


@pytest.mark.parametrize("commits", [1, 2, 3, 4])
async def test_after_a_crash_a_repeat_gets_the_answer_and_is_charged_once(shop: Shop, commits: int) -> None:
    """It dies before anything is known of it, before its intent is kept, before the books follow, before the answer."""
    quote = await quoted(shop)
    shop.accounts.dies_at = shop.accounts.changes + commits
    with pytest.raises(Crash):
        await shop.use.changing()("ann", TO_PRO, quote=quote.quote, request=a_request())
    shop.clock.advance(A_MINUTE)
    await shop.settle()

    changed = await shop.changed(TO_PRO, quote=quote.quote, request=a_request())

    assert (changed.status, changed.quote) == (ChangeStatus.DONE, quote)
    assert await charged(shop) == [1000, 516]
    assert await shop.plan() == "pro"
    await shop.proven()
