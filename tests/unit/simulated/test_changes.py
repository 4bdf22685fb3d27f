"""Changes of plan at the simulated Stripe: prorated to the second, billed at once, and undone where not paid."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.simulated import PaymentStatus, Settings
from billing_core.adapters.simulated.billing import share
from billing_core.domain.errors import CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import PendingChange, Status
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.facts import InvoiceLine, InvoicePaid
from billing_core.ports.gateway import ChangeStatus, When
from tests.shops.simulated import DECLINES_LATER, NO_FUNDS, START, Shop, a_change

HALF = START + timedelta(days=14)  # of the 28 days to 28 February


async def changed(shop: Shop, sub: str, price: str) -> InvoicePaid:
    """The invoice of a change now."""
    await shop.gateway.change_plan(a_change(sub, price), idempotency_key=shop.key())
    invoice = await shop.paid((await shop.invoices())[-1])
    assert invoice is not None
    return invoice


def keyless(lines: tuple[InvoiceLine, ...]) -> list[InvoiceLine]:
    return [evolve(line, key="") for line in lines]


async def test_an_upgrade_credits_the_rest_of_the_old_and_charges_that_of_the_new() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.to(HALF)
    invoice = await changed(shop, sub, "pro_month")
    end = datetime(2026, 2, 28, 12, tzinfo=UTC)

    assert invoice.amount_minor == 1500 - 500
    assert [
        ("basic_month", Sign.CREDIT, HALF, end, True),
        ("pro_month", Sign.CHARGE, HALF, end, True),
    ] == [(x.price, x.sign, x.start, x.end, x.prorated) for x in invoice.lines]
    assert ("pro_month", START, end) == (
        (s := await shop.look(sub)).price,
        s.anchor,
        s.period_end,
    )


async def test_a_credit_names_the_line_that_it_gives_back_from() -> None:
    shop = Shop()
    sub = await shop.subscribed(trial_days=14)
    await shop.later(days=7)
    await changed(shop, sub, "pro_month")
    credit, charge = (await shop.events("invoice.paid"))[-1]["data"]["object"]["lines"]["data"]
    details = "subscription_item_details"

    assert credit["parent"][details]["proration_details"]["credited_items"] == {
        "invoice": "in_00000001",
        "invoice_line_items": ["il_00000001"],
    }
    assert charge["parent"][details]["proration_details"]["credited_items"] is None


async def test_another_interval_starts_a_whole_period_at_once() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.to(HALF)
    invoice = await changed(shop, sub, "basic_year")
    credit, charge = invoice.lines

    assert invoice.amount_minor == 10000 - 500
    assert (credit.sign, credit.prorated) == (Sign.CREDIT, True)
    assert (False, HALF, HALF.replace(year=2027)) == (charge.prorated, charge.start, charge.end)
    assert ((await shop.look(sub)).anchor, (await shop.look(sub)).period_start) == (HALF, HALF)


async def test_a_repeated_change_is_answered_but_not_billed_again() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    first = await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    billed = await shop.invoices()

    assert first == await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")
    assert billed == await shop.invoices()


async def test_a_change_to_what_cannot_be_subscribed_to_leaves_nothing() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    before, billed = await shop.look(sub), await shop.invoices()

    with pytest.raises(GatewayRefused):
        await shop.gateway.change_plan(a_change(sub, "no_such_price"), idempotency_key="1")
    with pytest.raises(InvalidValue):
        await shop.gateway.change_plan(a_change(sub, "handful", When.PERIOD_END), idempotency_key="2")

    assert (before, billed) == (await shop.look(sub), await shop.invoices())


async def test_a_downgrade_now_becomes_the_customers_balance_and_later_invoices_use_it() -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month")
    await shop.to(HALF)
    quote = await shop.gateway.preview_change(a_change(sub, "basic_month"))
    invoice = await changed(shop, sub, "basic_month")

    assert (quote.due_now_minor, invoice.amount_minor, await shop.balance()) == (-1000, 0, -1000)
    await shop.to(datetime(2026, 2, 28, 12, tzinfo=UTC))
    renewal = await shop.paid((await shop.invoices())[-1])
    assert renewal is not None
    assert (renewal.amount_minor, await shop.balance()) == (0, 0)


async def test_a_balance_pays_as_far_as_it_goes() -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month")
    await shop.to(HALF)
    await changed(shop, sub, "basic_month")
    quote = await shop.gateway.preview_change(a_change(sub, "basic_year"))
    invoice = await changed(shop, sub, "basic_year")

    assert 10000 - 500 - 1000 == quote.due_now_minor == invoice.amount_minor


@given(seconds=st.integers(0, 28 * 86400 - 301), prices=st.permutations(["basic_month", "pro_month", "pro_year"]))
async def test_a_preview_is_the_change_to_the_cent_and_to_the_line(seconds: int, prices: list[str]) -> None:
    shop = Shop()
    sub = await shop.subscribed(prices[0])
    await shop.to(START + timedelta(seconds=seconds))
    quote = await shop.gateway.preview_change(a_change(sub, prices[1]))
    await shop.later(minutes=5)
    wish = a_change(sub, prices[1], as_of=quote.as_of)
    assert quote == await shop.gateway.preview_change(wish)
    await shop.gateway.change_plan(wish, idempotency_key="k")
    invoice = await shop.paid((await shop.invoices())[-1])

    assert invoice is not None
    assert keyless(quote.lines) == keyless(invoice.lines)
    assert quote.due_now_minor == invoice.amount_minor + await shop.balance()
    assert quote.next_at == (await shop.look(sub)).period_end


@given(seconds=st.integers(0, 28 * 86400 - 1))
async def test_there_and_back_again_costs_nothing(seconds: int) -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.to(START + timedelta(seconds=seconds))
    up = await changed(shop, sub, "pro_month")
    await changed(shop, sub, "basic_month")

    assert -up.amount_minor == await shop.balance()


async def test_a_declined_change_changes_nothing() -> None:
    shop = Shop()
    sub = await shop.subscribed(card=DECLINES_LATER)
    await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key="cancel")
    before = await shop.look(sub)
    outcome = await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="k")

    assert (outcome.status, outcome.decline_code) == (ChangeStatus.DECLINED, "generic_decline")
    assert (before, 0) == (await shop.look(sub), await shop.balance())
    assert [e["data"]["object"]["id"] for e in await shop.events("invoice.voided")] == ["in_00000002"]
    assert len(await shop.events("invoice.payment_failed")) == 1


async def test_a_declined_change_gives_the_balance_back() -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month", card=DECLINES_LATER)
    await shop.to(HALF)
    await changed(shop, sub, "basic_month")
    await shop.gateway.change_plan(a_change(sub, "basic_year"), idempotency_key="k")

    assert await shop.balance() == -1000


async def test_a_change_now_drops_one_that_was_to_come() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.gateway.change_plan(a_change(sub, "basic_year", When.PERIOD_END), idempotency_key="1")
    await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="2")

    assert (await shop.look(sub)).pending_change is None


@pytest.mark.parametrize(("days", "cents"), [(1, 36), (14, 500), (21, 750), (27, 964)])
def test_a_share_is_rounded_once_to_the_nearest_cent(days: int, cents: int) -> None:
    whole = (START, START + timedelta(days=28))

    assert cents == share(1000, START, START + timedelta(days=days), of=whole)


async def test_a_change_during_a_trial_costs_nothing_and_keeps_the_trial() -> None:
    shop = Shop()
    sub = await shop.subscribed(trial_days=14)
    before = await shop.look(sub)
    await shop.later(days=7)
    quote = await shop.gateway.preview_change(a_change(sub, "pro_year"))
    invoice = await changed(shop, sub, "pro_year")
    after = await shop.look(sub)

    assert keyless(quote.lines) == keyless(invoice.lines)
    assert (0, {Sign.CREDIT, Sign.CHARGE}) == (invoice.amount_minor, {x.sign for x in invoice.lines})
    assert evolve(before, price="pro_year", seen_at=after.seen_at) == after
    await shop.later(days=7)
    first = await shop.paid((await shop.invoices())[-1])
    assert first is not None
    assert (first.amount_minor, (await shop.look(sub)).status) == (30000, Status.ACTIVE)


async def test_a_change_at_the_periods_end_happens_then() -> None:
    shop = Shop()
    sub = await shop.subscribed("pro_month")
    await shop.gateway.change_plan(a_change(sub, "basic_year", When.PERIOD_END), idempotency_key="k")
    end = datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert PendingChange("basic_year", end) == (await shop.look(sub)).pending_change
    assert (await shop.events("customer.subscription.updated"))[-1]["data"]["object"]["schedule"] is not None
    await shop.to(end)
    now = await shop.look(sub)

    assert ("basic_year", None, end, end.replace(year=2027)) == (
        now.price,
        now.pending_change,
        now.anchor,
        now.period_end,
    )


async def test_the_same_price_only_clears_what_was_to_come() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key="cancel")
    quote = await shop.gateway.preview_change(a_change(sub, "basic_month"))
    await shop.gateway.change_plan(a_change(sub, "basic_month"), idempotency_key="k")

    assert (quote.due_now_minor, quote.lines) == (0, ())
    assert (await shop.invoices(), (await shop.look(sub)).cancel_at_period_end) == (["in_00000001"], False)


async def test_a_cancellation_at_the_end_is_obeyed_there() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key="k")
    end = (await shop.look(sub)).period_end
    assert (Status.ACTIVE, end) == ((await shop.look(sub)).status, (await shop.look(sub)).cancel_at)
    await shop.to(end + timedelta(days=90))

    assert (Status.CANCELED, end) == ((await shop.look(sub)).status, (await shop.look(sub)).ended_at)
    assert len(await shop.invoices()) == 1
    assert [int(end.timestamp())] == [e["created"] for e in await shop.events("customer.subscription.deleted")]


@pytest.mark.parametrize(("prorate", "balance"), [(True, -500), (False, 0)])
async def test_a_cancellation_now_may_credit_the_rest(prorate: bool, balance: int) -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.to(HALF)
    await shop.gateway.cancel(sub, at_period_end=False, prorate=prorate, idempotency_key="k")

    assert ((await shop.look(sub)).status, (await shop.look(sub)).ended_at) == (Status.CANCELED, HALF)
    assert balance == await shop.balance()
    assert (2 if prorate else 1) == len(await shop.events("invoice.paid"))


async def test_what_is_over_stays_over() -> None:
    shop = Shop()
    sub = await shop.subscribed()
    await shop.gateway.cancel(sub, at_period_end=False, prorate=False, idempotency_key="1")

    with pytest.raises(IllegalTransition):
        await shop.gateway.resume(sub, idempotency_key="2")
    with pytest.raises(IllegalTransition):
        await shop.gateway.change_plan(a_change(sub, "pro_month"), idempotency_key="3")


async def test_a_change_keeps_the_currency_and_the_period() -> None:
    shop = Shop()
    sub = await shop.subscribed()

    with pytest.raises(CurrencyLocked):
        await shop.gateway.preview_change(a_change(sub, "pro_month_jpy"))
    for as_of in (START - timedelta(seconds=1), START + timedelta(days=28)):
        with pytest.raises(InvalidValue):
            await shop.gateway.preview_change(a_change(sub, "pro_month", as_of=as_of))


async def test_replacing_a_card_by_one_without_funds_is_declined() -> None:
    shop = Shop(settings=Settings())
    await shop.subscribed()

    assert PaymentStatus.DECLINED is (await shop.replaced(NO_FUNDS)).status
