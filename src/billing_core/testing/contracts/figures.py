"""The contract of Figures: each account's events are counted once, whoever else counts and whatever goes wrong."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta

from attrs import evolve

from billing_core.domain.figures import Figure, Place
from billing_core.domain.recurring import Standing
from billing_core.ports.books import Books
from billing_core.ports.figures import Counted, Standings
from billing_core.testing.contracts.books import NOW, BooksContract, granting, recording

TODAY = NOW.date()
A_DAY = timedelta(days=1)
EVE = date(1969, 12, 31)
GRANTED = Place(TODAY, Figure.GRANTED, "promo")
PAYING = Standing(plan="basic", status="active", currency="usd", monthly_minor=1_000)
FREE = Standing(plan="free", status="none")


def counted(account_id: str = "a", *, before: int = 0, version: int = 2, **more: object) -> Counted:
    default: dict[str, object] = {"standing": FREE, "amounts": {GRANTED: 5}}
    return Counted(account_id=account_id, before=before, version=version, **(default | more))  # type: ignore[arg-type]


class FiguresContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_an_account_is_uncounted_while_its_row_is_ahead(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        (new,) = await books.figures.uncounted(limit=9)

        assert (new.row, new.counted, new.stood) == (await books.register.row("a"), 0, None)

        assert await books.figures.count([counted(version=2)])
        assert await books.figures.uncounted(limit=9) == ()

        await books.accounts.change("a", granting(5))
        (ahead,) = await books.figures.uncounted(limit=9)
        assert (ahead.row.version, ahead.counted, ahead.stood) == (3, 2, FREE)

    async def test_they_come_page_by_page_in_the_order_of_their_ids(self, books: Books) -> None:
        for account_id in ("b", "C", "a", "d"):
            await books.accounts.change(account_id, granting(1))
        await books.accounts.change("without-events", recording())
        await books.figures.count([counted("a")])

        pages, after = [], ""
        while page := await books.figures.uncounted(after=after, limit=2):
            pages.append([each.row.account_id for each in page])
            after = page[-1].row.account_id
        assert pages == [["C", "b"], ["d"]]

    async def test_amounts_are_added_up_by_day_figure_and_label(self, books: Books) -> None:
        spent, expired = Place(TODAY, Figure.SPENT, "m"), Place(TODAY - A_DAY, Figure.EXPIRED)
        old = Place(EVE, Figure.SPENT, "m")
        await books.figures.count(
            [
                counted("a", amounts={GRANTED: 5, spent: 2, expired: 4}),
                counted("b", amounts={GRANTED: 7, labelled(GRANTED, "pack"): 1, old: 3}),
            ]
        )
        await books.figures.count([counted("a", before=2, version=4, amounts={spent: 1, expired: -4})])

        assert await self.days(books, TODAY) == {GRANTED: 12, labelled(GRANTED, "pack"): 1, spent: 3}
        assert await self.days(books, TODAY - A_DAY) == {}
        assert await self.days(books, EVE) == {old: 3}
        assert dict(await books.figures.days(EVE, TODAY - A_DAY)) == {old: 3}
        before = await books.figures.before(TODAY + A_DAY)
        assert {f: n for f, n in before.items() if n} == {Figure.GRANTED: 13, Figure.SPENT: 6}
        assert {f: n for f, n in (await books.figures.before(TODAY)).items() if n} == {Figure.SPENT: 3}

    async def test_what_was_counted_meanwhile_is_counted_once_and_nothing_else_is_written_with_it(
        self, books: Books
    ) -> None:
        assert await books.figures.count([counted("a"), counted("b")])

        for stale in (counted("a"), counted("b", before=1), counted("b", before=3, version=4)):
            new = counted("c", standing=PAYING)
            assert not await books.figures.count([new, stale, counted("d")])
        assert await self.days(books, TODAY) == {GRANTED: 10}
        assert await self.plans(books) == {"free": 2}

        assert await books.figures.count([counted("b", before=2, version=9), counted("c")])
        assert await self.days(books, TODAY) == {GRANTED: 20}

    async def test_of_many_that_count_the_same_at_once_one_does(self, books: Books) -> None:
        ids = [f"{n:03}" for n in range(50)]
        for before in (0, 2):
            first = [counted(account_id, before=before, version=before + 2) for account_id in ids]
            told = await asyncio.gather(*(books.figures.count(first[::step]) for step in (1, -1, 1, -1)))

            assert sorted(told) == [False, False, False, True]
        assert await self.days(books, TODAY) == {GRANTED: 2 * 50 * 5}

    async def test_many_that_count_others_at_once_all_do(self, books: Books) -> None:
        amounts = {Place(TODAY - n * A_DAY, Figure.SPENT, "m"): 1 for n in range(20)}
        backwards = dict(reversed(amounts.items()))

        async def count(n: int) -> bool:
            mine = amounts if n % 2 else backwards
            return await books.figures.count([counted(f"{n}-{m}", amounts=mine) for m in range(10)])

        assert await asyncio.gather(*(count(n) for n in range(12))) == [True] * 12
        assert set((await books.figures.days(TODAY - 19 * A_DAY, TODAY)).values()) == {120}

    async def test_who_stands_alike_is_counted_together(self, books: Books) -> None:
        dear = evolve(PAYING, monthly_minor=2_500)
        late = evolve(PAYING, status="past_due")
        for account_id, standing in {"a": PAYING, "b": dear, "c": late, "d": FREE, "e": FREE}.items():
            await books.figures.count([counted(account_id, standing=standing)])
        await books.figures.count([counted("e", before=2, version=3, standing=PAYING)])

        told = sorted(await books.figures.standings(), key=lambda each: (each.plan, each.status))
        assert told == [
            Standings(plan="basic", status="active", currency="usd", accounts=3, monthly_minor=4_500),
            Standings(plan="basic", status="past_due", currency="usd", accounts=1, monthly_minor=1_000),
            Standings(plan="free", status="none", currency=None, accounts=1, monthly_minor=0),
        ]

    async def test_counting_nobody_is_nothing(self, books: Books) -> None:
        assert await books.figures.count([])
        assert await books.figures.standings() == ()
        assert await self.days(books, TODAY) == {}

    async def days(self, books: Books, day: date) -> Mapping[Place, int]:
        return await books.figures.days(day, day)

    async def plans(self, books: Books) -> Mapping[str, int]:
        return {each.plan: each.accounts for each in await books.figures.standings()}


def labelled(place: Place, label: str) -> Place:
    return place._replace(label=label)
