"""Every event is counted once, whenever and by however many it is counted, and whatever dies meanwhile."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import define

from billing_core.adapters.books.encoding import Encoded
from billing_core.application import tasks
from billing_core.application.reckoning import PAGE, Reckoned, Reckoning
from billing_core.domain.admission import Wish
from billing_core.domain.figures import Figure, Place
from billing_core.domain.subscription import Status
from billing_core.entrypoints.lifespan import PERIODIC, handlers
from billing_core.ports.errors import Unavailable
from billing_core.ports.figures import Counted, Figures, Standings
from billing_core.ports.jobs import Every
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import A_DAY, Crash, Shop

TODAY = NEW_YEAR.date()


async def days(shop: Shop, first: date = TODAY, last: date | None = None) -> Mapping[Place, int]:
    return await shop.memory.figures.days(first, last or first)


@define
class MortalFigures:
    """Figures whose process dies before, or right after, they are written."""

    inner: Figures
    dies: str = ""
    written: int = 0

    async def count(self, counted: Sequence[Counted]) -> bool:
        if self.dies == "before":
            raise Crash
        done = await self.inner.count(counted)
        self.written += 1
        if self.dies == "after":
            raise Crash
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_all_is_counted_once() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.given(5, "bob")

    first = await shop.use.reckoning()()
    told = await days(shop)
    assert await shop.use.reckoning()() == Reckoned()

    events = sum(account.version for account in [await shop.kept(), await shop.kept("bob")])
    assert first == Reckoned(accounts=2, events=events)
    assert told == await days(shop)
    assert told == {
        Place(TODAY, Figure.OPENED): 2,
        Place(TODAY, Figure.GRANTED, "period"): 10 + 200 + 10,
        Place(TODAY, Figure.GRANTED, "adjustment"): 5,
        Place(TODAY, Figure.STANDING, "basic/active"): 1,
        Place(TODAY, Figure.STANDING, "free/none"): 1,
        Place(TODAY, Figure.MONTHLY, "usd"): 1_000,
    }


async def test_it_runs_every_hour() -> None:
    shop = Shop()
    await shop.given(5)

    assert PERIODIC[tasks.RECKON] is Every.HOUR
    await handlers(await shop.serving())[tasks.RECKON]({})
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 5


async def test_only_what_is_new_is_counted_next_time() -> None:
    shop = Shop()
    await shop.given(5)
    await shop.use.reckoning()()
    before = (await shop.kept()).version
    shop.clock.advance(A_DAY)
    await shop.given(7)

    expected = Reckoned(accounts=1, events=(await shop.kept()).version - before)
    assert expected == await shop.use.reckoning()()
    assert await days(shop, TODAY + A_DAY) == {Place(TODAY + A_DAY, Figure.GRANTED, "adjustment"): 7}


async def test_pictures_count_by_model_though_they_were_accepted_before_the_last_time() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.accepted(Wish(model="large", n=2))
    await shop.use.reckoning()()
    await shop.work()
    held = await shop.use.holding()("ann", 3, reason="upscale")
    await shop.use.reckoning()()
    await shop.use.capturing()("ann", held.id)
    await shop.use.reckoning()()

    told = {(place.figure, place.label): n for place, n in (await days(shop)).items()}
    assert told[Figure.IMAGES, "large"] == 2
    assert (told[Figure.SPENT, "large"], told[Figure.SPENT, "other"]) == (10, 3)


async def test_what_an_unlimited_plan_covers_is_not_spent() -> None:
    shop = Shop()
    await shop.subscribed("premium")
    await shop.generated(Wish(model="small"))
    await shop.use.reckoning()()

    told = {(place.figure, place.label): n for place, n in (await days(shop)).items()}
    assert told[Figure.COVERED, "small"] == 1
    assert (Figure.SPENT, "small") not in told


async def test_where_an_account_stands_follows_its_subscription() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.given(1, "bob")
    await shop.use.reckoning()()

    assert set(await shop.memory.figures.standings()) == {
        Standings(plan="basic", status="active", currency="usd", accounts=1, monthly_minor=1_000),
        Standings(plan="free", status="none", currency=None, accounts=1, monthly_minor=0),
    }

    await shop.use.canceling()("ann", at_period_end=False, prorate=False)
    await shop.settle()
    await shop.use.reckoning()()
    (all_free,) = await shop.memory.figures.standings()
    assert (all_free.status, all_free.accounts) == ("none", 2)


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_who_dies_while_it_counts_has_counted_all_or_nothing(dies: str) -> None:
    shop = Shop()
    await shop.given(5)
    figures = MortalFigures(shop.memory.figures, dies)

    with pytest.raises(Crash):
        await reckoning(shop, figures)()
    assert await days(shop) == ({} if dies == "before" else await counted_by_another(shop))

    await shop.use.reckoning()()
    assert await days(shop) == await counted_by_another(shop)


async def test_many_at_once_count_each_event_once() -> None:
    shop = Shop()
    for n in range(PAGE + 20):
        await shop.given(1, f"{n:04}")

    told = await asyncio.gather(*(shop.use.reckoning()() for _ in range(5)))

    assert sum(each.accounts for each in told) == PAGE + 20
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == PAGE + 20


async def test_who_is_overtaken_reads_the_page_anew() -> None:
    shop = Shop()
    await shop.given(5)

    @define
    class Overtaken(MortalFigures):
        async def count(self, counted: Sequence[Counted]) -> bool:
            if not self.written:
                self.written += 1
                await shop.use.reckoning()()
                await shop.given(7)
            return await self.inner.count(counted)

    assert (await reckoning(shop, Overtaken(shop.memory.figures))()).accounts == 1
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 12


async def test_events_that_are_newer_than_the_row_wait_for_the_next_time() -> None:
    shop = Shop()
    await shop.given(5)

    @define
    class Behind(MortalFigures):
        async def uncounted(self, **where: Any) -> Any:
            found = await self.inner.uncounted(**where)
            if not self.written:
                self.written += 1
                await shop.given(7)
            return found

    await reckoning(shop, Behind(shop.memory.figures))()
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 5

    await shop.use.reckoning()()
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 12


async def test_an_account_that_cannot_be_read_is_left_out_and_counted_once_it_can() -> None:
    shop = Shop()
    await shop.given(5)
    await shop.given(7, "bob")
    sound = shop.memory.state.accounts["ann"]
    shop.memory.state.accounts["ann"] = sound._replace(snapshot=Encoded(99, b"?"))

    assert (await shop.use.reckoning()()).left_out == 1
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 7

    shop.memory.state.accounts["ann"] = sound
    assert (await shop.use.reckoning()()).left_out == 0
    assert (await days(shop))[Place(TODAY, Figure.GRANTED, "adjustment")] == 12


async def test_an_account_with_an_event_that_cannot_be_read_is_left_out() -> None:
    shop = Shop()
    await shop.given(5)
    stream = shop.memory.state.events["ann"]
    stream[1] = stream[1]._replace(event=stream[1].event._replace(type="Unheard"))

    assert await shop.use.reckoning()() == Reckoned(left_out=1)
    assert await days(shop) == {}


async def test_where_the_books_are_down_the_job_fails() -> None:
    shop = Shop()
    await shop.given(5)

    @define
    class Down(MortalFigures):
        async def count(self, counted: Sequence[Counted]) -> bool:
            raise Unavailable("the store")

    with pytest.raises(Unavailable):
        await reckoning(shop, Down(shop.memory.figures)).run({})


async def test_a_year_of_many_comes_to_what_their_accounts_have() -> None:
    shop = Shop()
    for n, tier in enumerate(("basic", "pro", "premium", "tryout")):
        await shop.subscribed(tier, f"user-{n}")
    for month in range(6):
        await shop.later(timedelta(days=31))
        await shop.generated(Wish(model="small"), f"user-{month % 4}")
        if month % 2:
            await shop.use.reckoning()()
    async for _ in shop.use.accruing()(everyone=True):
        pass
    await shop.use.reckoning()()

    accounts = [await shop.kept(f"user-{n}") for n in range(4)]
    ever = await shop.memory.figures.before(shop.clock.now().date() + A_DAY)
    assert ever[Figure.GRANTED] == sum(account.book.totals.granted for account in accounts)
    assert ever[Figure.SPENT] == sum(account.book.totals.captured for account in accounts)
    assert ever[Figure.EXPIRED] == sum(account.book.totals.expired for account in accounts)
    assert ever[Figure.IMAGES] == 6
    live = [s.status for account in accounts for s in account.subscriptions if s.is_live]
    told = sum(each.accounts for each in await shop.memory.figures.standings() if each.status == "active")
    assert told == live.count(Status.ACTIVE)


def reckoning(shop: Shop, figures: Any) -> Reckoning:
    return Reckoning(figures, shop.memory.history, shop.catalog)


async def counted_by_another(shop: Shop) -> Mapping[Place, int]:
    return {
        Place(TODAY, Figure.OPENED): 1,
        Place(TODAY, Figure.GRANTED, "period"): 10,
        Place(TODAY, Figure.GRANTED, "adjustment"): 5,
        Place(TODAY, Figure.STANDING, "free/none"): 1,
    }
