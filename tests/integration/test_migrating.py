"""The pages about coming from something else are true: a business that sells at Stripe is brought in by their lines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.domain.catalog import Catalog
from tests.documented.blocks import blocks_of
from tests.documented.commands import called, save
from tests.shops.old_business import CountingStripe, open_for_a_year
from tests.stripe.on_loopback import on_loopback

FREE, BASIC = 10, 200
THEIRS, OURS = "metadata.djstripe_subscriber", "metadata.user_id"  # whom the customers of the test are known by


@pytest.fixture
async def stripe_base() -> AsyncIterator[str]:
    """A Stripe over HTTP with three customers, who have paid for a year and are known by their `user_id`."""
    now = datetime.now(UTC)

    async def nobody(_body: bytes, _signature: str) -> int:
        return 200

    stripe = CountingStripe(Catalog([decode(builtin_text(), number=1, since=now)]), nobody)
    open_for_a_year(stripe, 3, now)
    async with on_loopback(stripe) as base:
        yield base


async def walked(page: str, folder: Path, base: str, patch: pytest.MonkeyPatch) -> str:
    """Calls the lines of the page, with the files that it says, and gives what was said."""
    patch.chdir(folder)
    patch.setenv("BILLING_DATABASE_URL", f"sqlite:///{folder}/books.db")
    patch.setenv("STRIPE_SECRET_KEY", "sk_test_of_those_who_come")
    patch.setenv("STRIPE_API_BASE", base)
    blocks = [evolve(block, text=block.text.replace(THEIRS, OURS)) for block in blocks_of(page)]
    save(blocks, folder)
    return await asyncio.to_thread(called, blocks, patch)


async def available(folder: Path) -> dict[str, int]:
    async with open_sqlite(f"sqlite:///{folder}/books.db") as books:
        rows = await books.register.page(after="", limit=100)
    return {row.account_id: int(str(row.columns["available"])) for row in rows if row.account_id.startswith("user-")}


async def test_who_comes_from_dj_stripe_finds_each_subscriber_with_a_period(
    tmp_path: Path, stripe_base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await walked("docs/migrating-from-dj-stripe.md", tmp_path, stripe_base, monkeypatch)

    assert dict.fromkeys(("user-1", "user-2", "user-3"), FREE + BASIC) == await available(tmp_path)


async def test_who_comes_from_a_counter_brings_along_what_was_bought_once(
    tmp_path: Path, stripe_base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await walked("docs/migrating-from-a-counter.md", tmp_path, stripe_base, monkeypatch)

    of_all = FREE + BASIC
    assert {"user-1": of_all + 35, "user-2": of_all, "user-3": of_all + 1200} == await available(tmp_path)
    assert 1 == said.count("1235 credits would be given to 2 accounts.")
    assert 2 == said.count("1235 credits are given to 2 accounts.")
