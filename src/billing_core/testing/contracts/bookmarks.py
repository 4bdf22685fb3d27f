"""The contract of Bookmarks: what was set last is there, for whoever asks."""

import asyncio

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.ports.books import Books
from billing_core.testing.contracts.books import BooksContract, Rows


class BookmarksContract(BooksContract):
    """Subclass it; give the fixtures `books` and `rows` of BooksContract."""

    async def test_one_that_was_never_set_is_not_there(self, books: Books) -> None:
        assert await books.bookmarks.get("import") is None

    async def test_what_was_set_last_is_there_in_one_row(self, books: Books, rows: Rows) -> None:
        for value in ("cus_1", "cus_2", ""):
            await books.bookmarks.set("import", value)

        assert await books.bookmarks.get("import") == ""
        assert rows("bookmarks") == 1

    async def test_each_name_has_its_own_value(self, books: Books) -> None:
        await books.bookmarks.set("import", "cus_1, 灯台")
        await books.bookmarks.set("gateway", "test")

        assert await books.bookmarks.get("import") == "cus_1, 灯台"
        assert await books.bookmarks.get("gateway") == "test"

    async def test_several_who_set_one_at_once_leave_one_of_their_values(self, books: Books, rows: Rows) -> None:
        values = {f"cus_{n}" for n in range(8)}
        await asyncio.gather(*(books.bookmarks.set("import", value) for value in values))

        assert await books.bookmarks.get("import") in values
        assert rows("bookmarks") == 1

    @pytest.mark.parametrize(("name", "value"), [("", "x"), ("a\0b", "x"), ("a", "x\0y"), ("a", "\ud800")])
    async def test_what_a_database_cannot_hold_is_refused(self, books: Books, name: str, value: str) -> None:
        with pytest.raises(InvalidValue):
            await books.bookmarks.set(name, value)
