"""Any interleaving of grants, spending, refunds, failed refunds, disputes and warnings, by the month and by the year.

Where facts come at once, late, twice or only in the end, and time goes by between them, every credit is somewhere after
each event, and each slot has what it is entitled to after each step. Where all that is late comes at one instant, in
any order, it ends as it does in turn.
"""

from hashlib import sha256

import pytest
from hypothesis import given, settings

from tests.interleavings import Interleaving, interleavings, watched
from tests.late_facts import Late, compared, late_facts

OVER_TIME, AT_ONE_INSTANT = 5_000, 16_000
ORDERS = 8
some = settings(max_examples=settings().max_examples // 2)


def ensure_lawful(interleaving: Interleaving) -> None:
    for watch in watched(interleaving):
        watch.ensure_lawful()


@some
@given(interleavings())
def test_every_credit_and_every_slot_is_accounted_for_whenever_facts_come(interleaving: Interleaving) -> None:
    ensure_lawful(interleaving)


# At length: `pytest -m long -rP tests/unit/domain/test_interleavings.py` shows how many there were


def digest(example: object) -> bytes:
    return sha256(repr(example).encode()).digest()[:12]


@pytest.mark.long
def test_many_interleavings_over_time_are_lawful() -> None:
    tried: set[bytes] = set()

    @settings(max_examples=OVER_TIME * 5 // 4)  # some are drawn twice
    @given(interleavings())
    def are_lawful(interleaving: Interleaving) -> None:
        ensure_lawful(interleaving)
        tried.add(digest(interleaving))

    are_lawful()
    print(f"{len(tried):,} different interleavings over time")  # noqa: T201 - pytest keeps it
    assert len(tried) >= OVER_TIME


@pytest.mark.long
def test_many_orders_of_what_comes_at_one_instant_end_alike() -> None:
    tried: set[bytes] = set()

    @settings(max_examples=AT_ONE_INSTANT // ORDERS * 2)
    @given(late_facts(max_steps=10, orders=ORDERS))
    def end_alike(late: Late) -> None:
        tried.update(digest((late.history, late.doings, late.at, order)) for order in compared(late))

    end_alike()
    print(f"{len(tried):,} different interleavings at one instant")  # noqa: T201 - pytest keeps it
    assert len(tried) >= AT_ONE_INSTANT
