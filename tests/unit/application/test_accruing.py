"""Everyone who is due is brought to now, once, whatever stands in the way of the others."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.adapters.books.encoding import Encoded
from billing_core.application.accruing import AT_ONCE, Accrued
from billing_core.domain import events as e
from billing_core.domain.catalog import Catalog
from billing_core.ports.errors import Unavailable
from billing_core.testing.builders import a_plan, a_version, day
from tests.shops.use_case import A_DAY, A_MINUTE, Shop

FREE_MONTH = timedelta(days=31)


@pytest.fixture
async def shop() -> Shop:
    """Ann has subscribed and holds credits, Bob was here once."""
    shop = Shop()
    await shop.subscribed()
    await shop.use.holding()("ann", 5, reason="an essay")
    await shop.given(5, "bob")
    return shop


async def accrued(shop: Shop, *, everyone: bool = False, dry_run: bool = False) -> list[Accrued]:
    return [accrued async for accrued in shop.use.accruing()(everyone=everyone, dry_run=dry_run)]


async def kinds(shop: Shop, account: str, *, after: int) -> list[type[e.Event]]:
    return [type(stored.event) async for stored in shop.memory.history.of(account, after=after)]


async def test_who_is_due_is_brought_to_now_and_nobody_else(shop: Shop) -> None:
    before = await shop.kept("ann"), await shop.kept("bob")
    shop.clock.advance(20 * A_MINUTE)

    assert await shop.use.accruing().count() == 1
    assert await accrued(shop) == [Accrued(account_id="ann", events=1)]

    assert await kinds(shop, "ann", after=before[0].version) == [e.HoldLapsed]
    assert await shop.kept("bob") == before[1]
    assert await accrued(shop) == []


async def test_what_was_written_is_what_any_look_would_have_shown(shop: Shop) -> None:
    shop.clock.advance(FREE_MONTH)
    looked = {account: (await shop.held(account)).account for account in ("ann", "bob")}

    results = await accrued(shop)

    assert {result.account_id for result in results} == {"ann", "bob"}
    assert {account: await shop.kept(account) for account in looked} == looked
    assert [result async for result in shop.use.auditing().all() if result.problems] == []


async def test_a_dry_run_tells_what_is_due_and_writes_nothing(shop: Shop) -> None:
    shop.clock.advance(FREE_MONTH)
    before = await shop.kept("ann"), await shop.kept("bob")

    told = await accrued(shop, dry_run=True)

    assert (await shop.kept("ann"), await shop.kept("bob")) == before
    assert told == await accrued(shop)


async def test_several_at_once_write_it_once(shop: Shop) -> None:
    shop.clock.advance(20 * A_MINUTE)
    before = await shop.kept("ann")

    results = await asyncio.gather(*(accrued(shop) for _ in range(3)))

    assert sum(result.events for some in results for result in some) == 1
    assert await kinds(shop, "ann", after=before.version) == [e.HoldLapsed]


async def test_more_accounts_than_are_brought_at_once(shop: Shop) -> None:
    for n in range(2 * AT_ONCE + 1):
        await shop.given(1, f"c-{n}")
    shop.clock.advance(FREE_MONTH)

    assert len(await accrued(shop)) == 2 * AT_ONCE + 3
    assert await accrued(shop) == []


async def test_a_failure_is_an_incident_and_does_not_stop_the_others(shop: Shop) -> None:
    rows = shop.memory.state.accounts
    shop.clock.advance(FREE_MONTH)
    rows["ann"] = rows["ann"]._replace(snapshot=Encoded(99, b"{}"))
    problem = "Account of schema 99 is unavailable"

    assert await accrued(shop, dry_run=True) == [
        Accrued(account_id="ann", error=problem),
        Accrued(account_id="bob", events=2),
    ]
    assert await shop.incidents() == []
    assert [result.error for result in await accrued(shop)] == [problem, None]
    await shop.use.accruing().run({})

    incident = await shop.incident()
    assert (incident.account_id, incident.kind.value, incident.detail) == ("ann", "accrual_failed", problem)


async def test_books_that_are_down_stop_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(_incident: object) -> None:
        raise Unavailable("the store")

    shop.clock.advance(FREE_MONTH)
    shop.accounts.is_down = True
    monkeypatch.setattr(type(shop.memory.incidents), "report", lambda _self, incident: down(incident))

    with pytest.raises(Unavailable):
        await shop.use.accruing().run({})


async def test_a_new_catalog_reaches_everyone_only_when_everyone_is_asked(shop: Shop) -> None:
    """Bob's row knows of no credits next month, since the catalog of its time gave none."""
    none = a_plan("free", rank=0, allotment=0)
    some = a_plan("free", rank=0, allotment=10)
    fresh = Shop(catalog=Catalog([a_version(plans=(none, *shop.catalog.current.plans[1:]))]))
    await fresh.given(5, "bob")
    first = fresh.catalog.current
    fresh.wire(Catalog([first, evolve(first, number=2, since=day(2026, 1, 2), plans=(some, *first.plans[1:]))]))
    fresh.clock.advance(A_DAY)

    assert await accrued(fresh) == []
    assert await fresh.use.accruing().count(everyone=True) == 1
    assert await accrued(fresh, everyone=True) == [Accrued(account_id="bob", events=1)]
    assert await accrued(fresh, everyone=True) == [Accrued(account_id="bob", events=0)]


async def test_a_row_that_says_wrongly_that_it_is_due_is_found_once(shop: Shop) -> None:
    """As rows do that were written by a catalog which gave more."""
    before = shop.memory.state.accounts["bob"]
    too_early = evolve(before.columns, next_due_at=shop.clock.now())
    shop.memory.state.accounts["bob"] = before._replace(columns=too_early)

    assert await accrued(shop) == [Accrued(account_id="bob", events=0)]
    assert await accrued(shop) == []
    assert shop.memory.state.accounts["bob"] == before._replace(before=before.version)
