"""What holds at the simulated Stripe after any story: nothing is paid for twice, and no money is lost or made."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.simulated.state import State
from billing_core.adapters.simulated.subscriptions import InvoiceStatus, Line
from billing_core.domain.errors import BillingError
from billing_core.ports.gateway import When
from tests.shops.simulated import DECLINES_LATER, GOOD, Shop, a_change

PRICES = ("basic_month", "basic_year", "pro_month", "pro_year")
VERBS = st.one_of(
    st.tuples(st.just("now"), st.sampled_from(PRICES)),
    st.tuples(st.just("later"), st.sampled_from(PRICES)),
    st.tuples(st.sampled_from(["cancel", "resume", "drop", "wait"]), st.just("")),
)
STORIES = st.lists(st.tuples(st.integers(0, 40 * 86400), VERBS), max_size=12)
WITH_BAD_CARDS = st.one_of(VERBS, st.tuples(st.just("card"), st.sampled_from([GOOD, DECLINES_LATER])))


async def tell(shop: Shop, sub: str, verb: str, what: str) -> None:
    """One step of a story; a refusal is part of it."""
    try:
        match verb:
            case "now" | "later":
                when = When.NOW if verb == "now" else When.PERIOD_END
                await shop.gateway.change_plan(a_change(sub, what, when), idempotency_key=shop.key())
            case "cancel":
                await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key=shop.key())
            case "resume":
                await shop.gateway.resume(sub, idempotency_key=shop.key())
            case "drop":
                await shop.gateway.drop_change(sub)
            case "card":
                await shop.replaced(what)
            case _:
                pass
    except BillingError:
        pass


def covering(lines: list[Line], at: datetime) -> int:
    return sum(-1 if line.is_credit else 1 for line in lines if line.start <= at < line.end)


def ensure_balanced(state: State) -> None:
    """The balance is what the invoices that stand have moved it by, and each invoice adds up."""
    (customer,) = state.customers.values()
    standing = [i for i in state.invoices.values() if i.status in {InvoiceStatus.PAID, InvoiceStatus.OPEN}]

    assert customer.balance == sum(invoice.used_minor for invoice in standing) <= 0
    for invoice in standing:
        assert invoice.total == invoice.amount_due + invoice.used_minor


@given(story=STORIES, trial_days=st.sampled_from([0, 10]))
async def test_each_moment_is_paid_for_once(story: list[tuple[int, tuple[str, str]]], trial_days: int) -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month", trial_days=trial_days)
    for seconds, (verb, what) in story:
        await shop.later(seconds=seconds)
        await tell(shop, sub, verb, what)
    state = await shop.stripe.state()
    seen = await shop.look(sub)
    lines = [line for invoice in state.invoices.values() for line in invoice.lines]
    edges = {line.start for line in lines} | {line.end for line in lines}
    paid_until = seen.period_end

    assert {1} == {covering(lines, at) for at in edges if at < paid_until}
    assert {0} == {covering(lines, at) for at in edges if at >= paid_until}
    ensure_balanced(state)


@given(story=st.lists(st.tuples(st.integers(0, 40 * 86400), WITH_BAD_CARDS), max_size=12))
async def test_no_money_is_lost_or_made(story: list[tuple[int, tuple[str, str]]]) -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month")
    for seconds, (verb, what) in story:
        await shop.later(seconds=seconds)
        await tell(shop, sub, verb, what)

    ensure_balanced(await shop.stripe.state())


@given(story=STORIES)
async def test_time_may_come_in_any_steps(story: list[tuple[int, tuple[str, str]]]) -> None:
    jumping, walking = Shop(), Shop()
    sub = await jumping.subscribed("pro_month")
    await walking.subscribed("pro_month")
    for seconds, (verb, what) in story:
        await jumping.later(seconds=seconds)
        end = walking.clock.at + timedelta(seconds=seconds)
        while walking.clock.at < end:
            await walking.to(min(end, walking.clock.at + timedelta(days=3)))
        await tell(jumping, sub, verb, what)
        await tell(walking, sub, verb, what)

    assert await jumping.became() == await walking.became()
