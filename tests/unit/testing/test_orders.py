"""Webhooks told in any order end in the same books; what does not is found, and made small."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.domain import news
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Trial
from billing_core.domain.events import Event
from billing_core.domain.payments import Payment
from billing_core.testing.builders import a_catalog, a_plan
from billing_core.testing.orders import (
    WORK,
    Counterexample,
    Lives,
    NoRecording,
    Proving,
    Recording,
    Teller,
    a_life,
    a_recording,
    told_of,
)
from billing_core.testing.orders.drawing import an_order, in_turn
from billing_core.testing.orders.keeping import recorded

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BUILT_IN = Catalog([decode(builtin_text(), number=1, since=SINCE)])
VARIED = a_catalog(
    a_plan("basic", rank=1, allotment=200, trial=Trial(days=14)),
    a_plan("pro", rank=2, allotment=500, trial=Trial(days=40, credits=25)),
)


async def a_small_recording(seed: int = 3) -> Recording:
    return await a_life(BUILT_IN, Random(seed))


@pytest.mark.parametrize("catalog", [BUILT_IN, VARIED], ids=["built in", "varied"])
async def test_every_order_of_random_lives_ends_in_the_same_books(catalog: Catalog) -> None:
    proof = await Proving(Random(1)).generated(catalog, orders=60)

    assert proof.holds, "\n".join(told_of(proof.counterexample)) if proof.counterexample else ""
    assert proof.orders == 60
    assert proof.distinct > 50
    assert proof.lossy > 5
    assert proof.unprocessed == set()


async def test_the_same_seed_tries_the_same() -> None:
    first, second = [await Proving(Random(5)).generated(BUILT_IN, orders=8) for _ in range(2)]

    assert (first.webhooks, first.events, first.types) == (second.webhooks, second.events, second.types)


async def test_a_recording_with_many_customers_is_told_as_one() -> None:
    recording = await a_recording(BUILT_IN, Random(2), events=200, customers=8)

    proof = await Proving(Random(2)).recorded(recording, orders=5)

    assert proof.holds
    assert proof.webhooks >= 200
    assert len(set(recording.customers.values())) > 3


async def test_what_the_jobs_could_not_do_is_no_part_of_the_truth() -> None:
    recording = await a_small_recording()
    teller = Teller(recording)
    await teller.ready()
    await teller.tell(in_turn(len(recording.webhooks)))

    status, _, told = await recording.truth("POST", "https://api.stripe.com/v1/customers", {}, b"")

    assert 400 == status
    assert b"cannot be changed" in told


# What it finds


def only_newer(account: Account, payment: Payment, now: datetime, catalog: Catalog) -> Iterable[Event]:
    """A rule that is wrong: an invoice that is older than the last one is taken for stale."""
    stale = any(payment.paid_at < known.paid_at for known in account.payments)
    return () if stale else OF_PAYMENT(account, payment, now, catalog)


OF_PAYMENT = news.of_payment


async def found(monkeypatch: pytest.MonkeyPatch) -> Counterexample:
    monkeypatch.setattr(news, "of_payment", only_newer)
    proof = await Proving(Random(8)).generated(BUILT_IN, orders=2_000)
    assert proof.counterexample is not None
    return proof.counterexample


async def test_a_rule_that_goes_by_arrival_is_found_and_the_example_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    example = await found(monkeypatch)

    assert ["invoice.paid", "invoice.paid"] == [webhook.type for webhook in example.recording.webhooks]
    assert (1, 0) == tuple(move for move in example.order if move != WORK)


async def test_the_example_shows_both_ends_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "\n".join(told_of(await found(monkeypatch)))

    assert "2 webhooks, told at" in told
    assert "    in turn    " in told
    assert "    otherwise  " in told


# Orders


@given(st.integers(0, 2**32), st.integers(1, 40), st.data())
def test_an_order_names_every_webhook_but_those_that_may_be_lost(seed: int, count: int, data: st.DataObject) -> None:
    losable = data.draw(st.lists(st.integers(0, count - 1), unique=True))

    order = an_order(Random(seed), count, losable)

    assert set(order) <= {WORK, *range(count)}
    assert set(range(count)).difference(order) <= set(losable)


# Recordings


async def test_a_recording_of_the_books_is_written_and_told_again(tmp_path: Path) -> None:
    lives = Lives(BUILT_IN, Random(4), customers=2)
    await lives.live(events=60, days=60)
    await lives.product.memory.catalogs.keep(builtin_text(), now=SINCE)
    path = tmp_path / "history.jsonl"

    (await recorded(lives.product.use)).save(path)
    again = Recording.load(path)
    proof = await Proving(Random(4)).recorded(again, orders=20)

    assert {json.loads(body)["id"] for body in lives.came} == {webhook.id for webhook in again.webhooks}
    assert proof.holds
    assert proof.orders == 20
    assert again.truth.missing == set()


async def test_only_the_newest_are_recorded_where_that_is_wished() -> None:
    lives = Lives(BUILT_IN, Random(4))
    await lives.live(events=30, days=60)

    recording = await recorded(lives.product.use, newest=5)

    assert [json.loads(body)["id"] for body in lives.came[-5:]] == [webhook.id for webhook in recording.webhooks]


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[1]", '{"recording": 99}', '{"recording": 1, "now": "2026-01-01"}\n{"webhook": "{}"}']
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(text)

    with pytest.raises(NoRecording):
        Recording.load(path, BUILT_IN)


# At length


@pytest.mark.long
@pytest.mark.parametrize("catalog", [BUILT_IN, VARIED], ids=["built in", "varied"])
async def test_ten_thousand_orders_of_random_lives_end_in_the_same_books(catalog: Catalog) -> None:
    proof = await Proving(Random(11)).generated(catalog, orders=10_000)

    assert proof.holds, "\n".join(told_of(proof.counterexample)) if proof.counterexample else ""


@pytest.mark.long
async def test_many_orders_of_a_thousand_events_end_in_the_same_books() -> None:
    recording = await a_recording(BUILT_IN, Random(5), events=1_000, customers=40)

    proof = await Proving(Random(11)).recorded(recording, orders=1_000)

    assert proof.holds, "\n".join(told_of(proof.counterexample)) if proof.counterexample else ""
