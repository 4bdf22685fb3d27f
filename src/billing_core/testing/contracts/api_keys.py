"""The contract of ApiKeys: found by their digest, as many as an account may have, and gone once they are revoked."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.errors import InvalidValue
from billing_core.ports.api_keys import ApiKey, Scope
from billing_core.ports.books import Books
from billing_core.testing.contracts.books import NOW, BooksContract, Rows, granting

KEY = ApiKey(
    id="key_1",
    account_id="a",
    name="the poster shop, 灯台",
    scopes=frozenset({Scope.READ, Scope.GENERATE}),
    hint="x7Qz",
    digest="0" * 64,
    made_at=NOW,
)
OTHER = evolve(KEY, id="key_2", digest="1" * 64, scopes=frozenset({Scope.READ}), made_at=NOW + timedelta(seconds=1))


class ApiKeysContract(BooksContract):
    """Subclass it; give the fixtures `books` and `rows` of BooksContract."""

    async def test_a_key_is_found_by_its_digest_and_with_its_account(self, books: Books) -> None:
        assert await books.api_keys.add(KEY, most=10)

        assert await books.api_keys.find(KEY.digest) == KEY
        assert await books.api_keys.find(OTHER.digest) is None
        assert await books.api_keys.of("a") == (KEY,)
        assert await books.api_keys.of("b") == ()

    async def test_keys_are_listed_oldest_first(self, books: Books) -> None:
        for key in (OTHER, KEY):
            await books.api_keys.add(key, most=10)

        assert await books.api_keys.of("a") == (KEY, OTHER)

    async def test_an_account_has_only_so_many(self, books: Books) -> None:
        assert await books.api_keys.add(KEY, most=1)
        assert not await books.api_keys.add(OTHER, most=1)
        assert await books.api_keys.add(evolve(OTHER, account_id="b"), most=1)

        assert await books.api_keys.of("a") == (KEY,)

    async def test_several_that_are_added_at_once_are_no_more_than_that(self, books: Books, rows: Rows) -> None:
        await books.accounts.change("a", granting(1))
        keys = [evolve(KEY, id=f"key_{n}", digest=str(n) * 64) for n in range(8)]
        added = await asyncio.gather(*(books.api_keys.add(key, most=3) for key in keys))

        assert sorted(added) == [False] * 5 + [True] * 3
        assert rows("api_keys") == 3

    async def test_its_last_use_is_kept(self, books: Books) -> None:
        await books.api_keys.add(KEY, most=10)
        for hours in (1, 2):
            await books.api_keys.note_use(KEY, NOW + timedelta(hours=hours))

        assert await books.api_keys.find(KEY.digest) == evolve(KEY, used_at=NOW + timedelta(hours=2))

    async def test_one_that_is_revoked_is_gone_and_a_late_use_does_not_bring_it_back(self, books: Books) -> None:
        await books.api_keys.add(KEY, most=10)
        assert await books.api_keys.revoke("a", KEY.id)
        assert not await books.api_keys.revoke("a", KEY.id)
        await books.api_keys.note_use(KEY, NOW)

        assert await books.api_keys.find(KEY.digest) is None
        assert await books.api_keys.of("a") == ()

    async def test_nobody_revokes_the_key_of_another_account(self, books: Books) -> None:
        await books.api_keys.add(KEY, most=10)
        assert not await books.api_keys.revoke("b", KEY.id)

        assert await books.api_keys.of("a") == (KEY,)

    @pytest.mark.parametrize("name", ["x\0y", "\ud800"])
    async def test_a_name_that_a_database_cannot_hold_is_refused(self, books: Books, name: str) -> None:
        with pytest.raises(InvalidValue):
            await books.api_keys.add(evolve(KEY, name=name), most=10)
