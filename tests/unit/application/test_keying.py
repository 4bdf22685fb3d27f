"""API keys, before anything of HTTP: what a key needs, and whose it is."""

from datetime import UTC, datetime

import pytest

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.system import FixedClock, SystemIds
from billing_core.application.keying import Keying, UsingKey
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue, NotEntitled
from billing_core.ports.api_keys import Scope

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ALL = frozenset(Scope)


def selling(*, api_access: bool) -> Catalog:
    """The built-in catalog, whose free plan has API access or not."""
    text = builtin_text().replace("api_access = false", f"api_access = {str(api_access).lower()}")
    return Catalog([decode(text, number=1, since=NOW)])


def keying_in(books: MemoryBooks, catalog: Catalog) -> Keying:
    return Keying(books.accounts, books.api_keys, catalog, FixedClock(NOW), SystemIds())


async def test_whoever_was_never_seen_has_a_key_where_everybody_may() -> None:
    books, catalog = MemoryBooks(), selling(api_access=True)
    made = await keying_in(books, catalog)("ann", "a bot", ALL)

    key = await UsingKey(books.accounts, books.api_keys, catalog, FixedClock(NOW))(made.secret)
    assert key == made.key
    assert (await books.accounts.get("ann")).opened_at == NOW


async def test_a_catalog_that_takes_api_access_away_shuts_its_keys_out() -> None:
    books = MemoryBooks()
    made = await keying_in(books, selling(api_access=True))("ann", "a bot", ALL)

    with pytest.raises(NotEntitled):
        await UsingKey(books.accounts, books.api_keys, selling(api_access=False), FixedClock(NOW))(made.secret)


@pytest.mark.parametrize(("name", "scopes"), [("", ALL), ("x" * 101, ALL), ("a bot", frozenset[Scope]())])
async def test_a_key_has_a_name_and_a_scope(name: str, scopes: frozenset[Scope]) -> None:
    books = MemoryBooks()
    with pytest.raises(InvalidValue):
        await keying_in(books, selling(api_access=True))("ann", name, scopes)

    assert await books.api_keys.of("ann") == ()


async def test_no_two_secrets_are_alike() -> None:
    books = MemoryBooks()
    keying = keying_in(books, selling(api_access=True))
    secrets = {(await keying("ann", "a bot", ALL)).secret for _ in range(10)}

    assert len(secrets) == 10
