"""The contract of Catalogs: a change makes a new version, and none is ever lost."""

import asyncio
from datetime import timedelta

from billing_core.ports.books import Books
from billing_core.ports.catalogs import KeptCatalog
from billing_core.testing.contracts.books import NOW, BooksContract

LATER = NOW + timedelta(days=1)


class CatalogsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_the_same_text_stays_the_same_version(self, books: Books) -> None:
        first = KeptCatalog(number=1, since=NOW, text="one")

        assert await books.catalogs.keep("one", now=NOW) == (first,)
        assert await books.catalogs.keep("one", now=LATER) == (first,)

    async def test_another_text_is_a_new_version(self, books: Books) -> None:
        for text in ("one", "two"):
            await books.catalogs.keep(text, now=NOW)

        kept = await books.catalogs.keep("one", now=NOW)

        assert [(version.number, version.text) for version in kept] == [(1, "one"), (2, "two"), (3, "one")]
        assert await books.catalogs.kept() == kept

    async def test_before_the_first_version_there_is_none(self, books: Books) -> None:
        assert await books.catalogs.kept() == ()

    async def test_two_who_start_at_once_make_one_version(self, books: Books) -> None:
        kept = await asyncio.gather(*(books.catalogs.keep("one", now=NOW) for _ in range(4)))

        assert {len(versions) for versions in kept} == {1}
