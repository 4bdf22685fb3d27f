"""The rules of billing are as their page tells them: each table is walked, row by row, through the whole product."""

import re
from datetime import UTC, datetime

import pytest

from billing_core.domain.catalog import Interval
from billing_core.testing.bench import billing_for_tests
from tests.documented.blocks import ROOT
from tests.documented.walks import Row, Walker, catalog, walks_in

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
WALKS = walks_in(PAGE)
FIRST_OF_APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: ", ".join(row.happens for row in walk))
async def test_each_row_ends_as_the_page_says(walk: list[Row]) -> None:
    seen = []
    async with billing_for_tests(catalog=catalog(), start=FIRST_OF_APRIL) as bench:
        walker = Walker(bench)
        for row in walk:
            await walker.do(row.happens)
            found = await walker.seen()
            seen.append(Row(row.happens, {heading: found[heading] for heading in row.then}))

    assert walk == seen


async def test_the_shop_sells_what_the_page_says() -> None:
    async with billing_for_tests(catalog=catalog()) as bench:
        sold = bench.billing.use_cases.catalog.current

    prices = {
        (plan.name, price.interval): price.money.amount_minor // 100 for plan in sold.plans for price in plan.prices
    }
    assert {
        ("Basic", Interval.MONTH): 10,
        ("Basic", Interval.YEAR): 100,
        ("Pro", Interval.MONTH): 30,
        ("Max", Interval.MONTH): 90,
    } == prices
    for amount in (10, 100, 30, 90):
        assert f"${amount} a " in PAGE


def test_every_section_with_a_rule_has_a_walk() -> None:
    without = [
        section.splitlines()[0]
        for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
        if "| what happens |" not in section
    ]

    assert ["What is never done"] == without


def test_what_nobody_knows_how_to_do_is_told() -> None:
    assert len(WALKS) > 10
    assert walks_in("| what happens | to spend |\n|---|---|\n| flies | 1 |\n") == [[Row("flies", {"to spend": "1"})]]
