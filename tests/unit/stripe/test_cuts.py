"""A verb that was cut at any of its steps ends, when it comes again, as if it had never been cut."""

from collections.abc import Awaitable, Callable

import pytest
from attrs import frozen

from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.gateway import PlanChange, RefundReason, When
from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD
from tests.stripe.mortal import Killed, MortalGateway

Verb = Callable[[MortalGateway, str], Awaitable[object]]


@frozen
class End:
    """What came of it all: the answer, the subscription, and the money."""

    answer: object
    subscription: SubscriptionSnapshot
    invoices: tuple[tuple[str, int, str], ...]
    refunds: tuple[int, ...]
    balance: int


def to(price: str, when: When, key: str = "k") -> Verb:
    async def verb(mortal: MortalGateway, sub: str) -> object:
        wish = PlanChange(subscription_id=sub, price=price, when=when, as_of=mortal.clock.now())
        return await mortal.gateway.change_plan(wish, idempotency_key=key)

    return verb


def cancel(*, at_period_end: bool, prorate: bool = False, key: str = "k") -> Verb:
    async def verb(mortal: MortalGateway, sub: str) -> None:
        await mortal.gateway.cancel(sub, at_period_end=at_period_end, prorate=prorate, idempotency_key=key)

    return verb


async def resume(mortal: MortalGateway, sub: str) -> None:
    await mortal.gateway.resume(sub, idempotency_key="k")


async def refund(mortal: MortalGateway, sub: str) -> object:
    invoice = (await mortal.state()).subscriptions[sub].latest_invoice_id or ""
    reason = RefundReason.REQUESTED
    return await mortal.gateway.refund(invoice, amount_minor=None, reason=reason, idempotency_key="k")


WAITING = to("basic_year", When.PERIOD_END, "before")
CANCELED = cancel(at_period_end=True, key="before")
ASKED = to("pro_year", When.NOW, "before")

STORIES: dict[str, tuple[str, tuple[Verb, ...], Verb]] = {
    "canceled with its period": (GOOD, (), cancel(at_period_end=True)),
    "canceled while a change waits": (GOOD, (WAITING,), cancel(at_period_end=True)),
    "canceled while the bank asks": (ASKS, (ASKED,), cancel(at_period_end=True)),
    "canceled now": (GOOD, (), cancel(at_period_end=False)),
    "canceled now with credit": (GOOD, (WAITING,), cancel(at_period_end=False, prorate=True)),
    "resumed": (GOOD, (CANCELED,), resume),
    "changed now": (GOOD, (), to("pro_month", When.NOW)),
    "changed now while another change waits": (GOOD, (WAITING,), to("pro_month", When.NOW)),
    "changed now while canceled": (GOOD, (CANCELED,), to("pro_month", When.NOW)),
    "changed to a year": (GOOD, (), to("basic_year", When.NOW)),
    "declined": (DECLINES_LATER, (), to("pro_month", When.NOW)),
    "declined while another change waits": (DECLINES_LATER, (WAITING,), to("pro_month", When.NOW)),
    "declined while canceled": (DECLINES_LATER, (CANCELED,), to("pro_month", When.NOW)),
    "changed now while the bank asks": (ASKS, (), to("pro_month", When.NOW)),
    "changed later": (GOOD, (), to("pro_month", When.PERIOD_END)),
    "changed later while another change waits": (GOOD, (WAITING,), to("pro_month", When.PERIOD_END)),
    "changed later while canceled": (GOOD, (CANCELED,), to("pro_month", When.PERIOD_END)),
    "changed later while the bank asks": (ASKS, (ASKED,), to("pro_month", When.PERIOD_END)),
    "stayed while another change waits": (GOOD, (WAITING,), to("basic_month", When.NOW)),
    "stayed while canceled": (GOOD, (CANCELED,), to("basic_month", When.NOW)),
    "refunded": (GOOD, (), refund),
}


async def begun(card: str, before: tuple[Verb, ...], *, checked: bool = False) -> tuple[MortalGateway, str]:
    """Ten days into a period, with what was wished before; from then on the card is that one."""
    mortal = MortalGateway(checked=checked)
    sub = await mortal.subscribed()
    await mortal.replaced(card)
    await mortal.later(days=10)
    for verb in before:
        await verb(mortal, sub)
    mortal.live()
    return mortal, sub


async def ended(mortal: MortalGateway, sub: str, answer: object) -> End:
    state = await mortal.state()
    (customer,) = state.customers.values()
    return End(
        answer=answer,
        subscription=await mortal.look(sub),
        invoices=tuple((i.id, i.amount_paid, i.status.value) for i in state.invoices.values()),
        refunds=tuple(refund.amount_minor for refund in state.refunds.values()),
        balance=customer.balance,
    )


@pytest.mark.parametrize("arrives", [True, False], ids=["unanswered", "unasked"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_verb_that_was_cut_anywhere_ends_as_if_it_had_not_been(story: str, arrives: bool) -> None:
    card, before, verb = STORIES[story]
    mortal, sub = await begun(card, before)
    expected = await ended(mortal, sub, await verb(mortal, sub))
    changes = mortal.changes

    for change in range(1, changes + 1):
        mortal, sub = await begun(card, before)
        mortal.kill_at(change, arrives=arrives)
        with pytest.raises(Killed):
            await verb(mortal, sub)
        mortal.live()
        assert expected == await ended(mortal, sub, await verb(mortal, sub)), f"cut at change {change} of {changes}"


@pytest.mark.parametrize("story", STORIES)
async def test_a_verb_that_comes_again_does_nothing_more(story: str) -> None:
    card, before, verb = STORIES[story]
    mortal, sub = await begun(card, before, checked=True)
    expected = await ended(mortal, sub, await verb(mortal, sub))

    assert expected == await ended(mortal, sub, await verb(mortal, sub))


async def test_a_wish_that_comes_again_late_undoes_no_later_one() -> None:
    mortal, sub = await begun(GOOD, ())
    first, second = cancel(at_period_end=True, key="1"), to("pro_month", When.PERIOD_END, "2")
    await first(mortal, sub)
    await second(mortal, sub)
    expected = await mortal.look(sub)

    await first(mortal, sub)

    assert expected == await mortal.look(sub)
    assert expected.pending_change is not None
