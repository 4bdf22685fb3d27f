"""What a change would cost at Stripe."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeQuote, When
from tests.stripe.canned import page
from tests.stripe.counter import PREVIEW, Counter
from tests.stripe.samples import END, MIDDLE, Json, a_proration, lines, seconds
from tests.stripe.till import a_fetched_invoice, priced


def a_preview(**over: object) -> Json:
    credit = a_proration(-500, credited={"invoice": "in_1"}, pricing=priced("price_basic"))
    charge = a_proration(1500, pricing=priced("price_pro")) | {"id": "il_4"}
    details = {"subscription": "sub_1", "subscription_proration_date": seconds(MIDDLE)}
    return a_fetched_invoice(
        id="upcoming_in_1",
        lines=lines(credit, charge),
        total=1000,
        amount_due=1000,
        parent={"type": "subscription_details", "subscription_details": details},
    ) | dict(over)


def rest(price: str, sign: Sign, key: str) -> InvoiceLine:
    return InvoiceLine(key=key, price=price, sign=sign, quantity=Decimal(1), start=MIDDLE, end=END, prorated=True)


async def test_a_quote_says_what_the_change_will_bill() -> None:
    counter = Counter().say("POST", PREVIEW, a_preview())
    assert await counter.preview() == ChangeQuote(
        due_now_minor=1000,
        currency="usd",
        next_amount=Money(3000, "usd"),
        next_at=END,
        as_of=MIDDLE,
        lines=(rest("basic_month", Sign.CREDIT, "il_2"), rest("pro_month", Sign.CHARGE, "il_4")),
    )
    assert counter.only("POST", PREVIEW).form == {
        "subscription": "sub_1",
        "subscription_details": {
            "items": {"0": {"id": "si_1", "price": "price_pro", "quantity": "1"}},
            "proration_behavior": "always_invoice",
            "proration_date": str(seconds(MIDDLE)),
        },
    }


async def test_a_quote_is_never_an_old_answer() -> None:
    counter = Counter().say("POST", PREVIEW, a_preview())
    await counter.preview()
    await counter.preview()
    assert len(set(counter.keys)) == 2


async def test_a_quote_for_no_instant_is_dated_by_stripe() -> None:
    counter = Counter().say("POST", PREVIEW, a_preview())
    assert (await counter.preview(as_of=None)).as_of == MIDDLE
    assert "proration_date" not in counter.only("POST", PREVIEW).form["subscription_details"]


@pytest.mark.parametrize("when", list(When))
async def test_a_quote_is_dated_to_the_second(when: When) -> None:
    counter = Counter().say("POST", PREVIEW, a_preview())
    assert (await counter.preview(when=when, as_of=MIDDLE + timedelta(microseconds=5))).as_of == MIDDLE


@pytest.mark.parametrize(("total", "due", "expected"), [(1000, 300, 300), (-700, 0, -700), (0, 0, 0)])
async def test_a_quote_counts_the_balance_and_tells_a_credit(total: int, due: int, expected: int) -> None:
    counter = Counter().say("POST", PREVIEW, a_preview(total=total, amount_due=due))
    assert expected == (await counter.preview()).due_now_minor


async def test_another_interval_begins_at_once() -> None:
    year_later = MIDDLE + timedelta(days=365)
    period = {"start": seconds(MIDDLE), "end": seconds(year_later)}
    year = {**a_proration(10000, pricing=priced("price_year")), "period": period}
    counter = Counter().say("POST", PREVIEW, a_preview(lines=lines(year)))
    quote = await counter.preview("basic_year")
    assert (Money(10000, "usd"), year_later) == (quote.next_amount, quote.next_at)


async def test_a_quote_has_every_line() -> None:
    counter = Counter().say("POST", PREVIEW, a_preview(lines=lines(has_more=True)))
    charge = a_proration(1500, pricing=priced("price_pro"))
    counter.say("GET", "/v1/invoices/upcoming_in_1/lines", page(charge))
    assert (await counter.preview()).lines == (rest("pro_month", Sign.CHARGE, "il_2"),)


@pytest.mark.parametrize(("price", "when"), [("pro_month", When.PERIOD_END), ("basic_month", When.NOW)])
async def test_what_is_not_billed_now_costs_nothing_now(price: str, when: When) -> None:
    counter = Counter()
    quote = await counter.preview(price, when)
    assert (0, (), END, MIDDLE) == (quote.due_now_minor, quote.lines, quote.next_at, quote.as_of)
    assert [] == counter.steps


@pytest.mark.parametrize("hole", ["total", "amount_due"])
async def test_a_preview_that_cannot_be_read_is_for_a_person(hole: str) -> None:
    with pytest.raises(GatewayRefused, match="a preview cannot be read"):
        await Counter().say("POST", PREVIEW, a_preview(**{hole: None})).preview()
