"""The shipped strategies: catalogs that are valid, histories on anybody's catalog, and orders."""

import asyncio
from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.domain.catalog import Catalog, Interval
from billing_core.domain.disputes import Dispute
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.testing.builders import Life
from billing_core.testing.histories import History, Refund, Warned, tell
from billing_core.testing.money_back import FOLLOWING
from billing_core.testing.orders import WORK, Ending, Recording, Teller, a_life
from billing_core.testing.orders.drawing import in_turn
from billing_core.testing.orders.strategies import event_orders, orders_of
from billing_core.testing.strategies import catalogs, histories

BUILT_IN = Catalog([decode(builtin_text(), number=1, since=datetime(2023, 1, 1, tzinfo=UTC))])
few = settings(max_examples=max(10, settings().max_examples // 5))


@given(catalogs(currencies=("usd", "eur")))
def test_every_plan_that_is_sold_has_prices_by_month_and_year_in_each_currency(catalog: Catalog) -> None:
    for version in catalog.versions:
        keys = [price.key for plan in version.plans for price in plan.prices]
        keys += [price.key for pack in version.packs for price in pack.prices]
        assert len(set(keys)) == len(keys)
        for plan in version.plans:
            sold = {(price.interval, price.money.currency) for price in plan.prices}
            wanted = {(interval, currency) for interval in Interval for currency in ("usd", "eur")}
            assert sold == (wanted if plan.rank else set())


@given(catalogs(packs=False, initials=False, trials=False, unlimited=False))
def test_what_is_turned_off_is_in_no_catalog(catalog: Catalog) -> None:
    for version in catalog.versions:
        assert () == version.packs
        assert all(plan.initial_credits is None and plan.trial is None for plan in version.plans)
        assert all(isinstance(plan.allotment, int) for plan in version.plans)


@few
@given(histories(of=st.just(BUILT_IN)))
def test_a_history_on_ones_own_catalog_is_understood_in_full(history: History) -> None:
    life = Life(BUILT_IN)
    life.touch(history.opened_at)
    for fact in history.facts:
        life.keep(tell(life.at(fact.at), fact.told))

    prices = set(BUILT_IN.current.offers)
    paid = [fact.told for fact in history.facts if isinstance(fact.told, Payment)]
    assert {sub.snapshot.price for sub in life.account.subscriptions if sub.snapshot} <= prices
    assert {payment.currency for payment in paid} <= {"usd", "eur"}
    assert life.account.book.available >= 0


@few
@given(histories(of=st.just(BUILT_IN), max_steps=20))
def test_no_more_of_a_payment_is_refunded_than_was_paid(history: History) -> None:
    assert all(
        0 <= paid.refunded_minor <= paid.amount_minor for paid in history.payments.values() if paid.amount_minor > 0
    )


@few
@given(histories(of=st.just(BUILT_IN), max_steps=20))
def test_what_is_said_of_payments_in_the_end_is_what_the_account_knows_of_them(history: History) -> None:
    life = Life(BUILT_IN)
    life.touch(history.opened_at)
    for fact in history.facts:
        life.keep(tell(life.at(fact.at), fact.told))

    known = {paid.id: paid for paid in life.account.payments if not is_closed(paid, history.ends_at)}
    assert {paid.id: paid for paid in history.payments.values() if paid.id in known} == known


@few
@given(histories(of=st.just(BUILT_IN), max_steps=20))
def test_a_dispute_goes_only_where_disputes_go(history: History) -> None:
    told: dict[str, Dispute] = {}
    for fact in history.facts:
        if isinstance(fact.told, Dispute):
            before = told.get(fact.told.id)
            assert before is None or fact.told.status in FOLLOWING[before.status]
            told[fact.told.id] = fact.told


@few
@given(histories(of=st.just(BUILT_IN), max_steps=20, extras=False))
def test_nothing_goes_back_where_it_is_left_out(history: History) -> None:
    assert not any(isinstance(fact.told, (Dispute, Refund, Warned)) for fact in history.facts)


@given(st.integers(1, 12), st.data())
def test_an_order_leaves_out_only_what_may_be_lost(count: int, data: st.DataObject) -> None:
    losable = data.draw(st.lists(st.integers(0, count - 1), unique=True))

    order = data.draw(event_orders(count, losable=losable))

    assert set(order) <= {WORK, *range(count)}
    assert set(range(count)).difference(order) <= set(losable)


def test_orders_of_a_recording_end_in_the_same_books() -> None:
    recording = asyncio.run(a_life(BUILT_IN, Random(3)))
    wanted = asyncio.run(told(recording, in_turn(len(recording.webhooks))))

    @few
    @given(orders_of(recording))
    def ends_alike(order: tuple[int, ...]) -> None:
        assert not asyncio.run(told(recording, order)).differs_from(wanted)

    ends_alike()


async def told(recording: Recording, order: tuple[int, ...]) -> Ending:
    teller = Teller(recording)
    await teller.ready()
    return await teller.tell(order)
