"""A file of the books that is damaged, emptied or closed to us says so, and no new books are made in its place."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.domain.errors import BillingError
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.parts.books import upgrade_books
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.starting import ensure_startable
from billing_core.ports.errors import Unavailable
from billing_core.testing.contracts.books import granting

pytestmark = pytest.mark.failure("D5")
PAGE = 4096
SECRET = "the-secret-of-these-tests-" * 3


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Books that ann has credits in."""
    path = tmp_path / "billing.db"
    async with running(settings_of(path)) as use:
        await use.adjusting("ann", 5, reason="a present")
    return path


@pytest.fixture
def damaged(file: Path, request: pytest.FixtureRequest) -> bytes:
    """What the file holds since the stretch that the parameter names was overwritten."""
    held, stretch = bytearray(file.read_bytes()), slice(*request.param)
    held[stretch] = b"\xff" * len(held[stretch])
    file.write_bytes(held)
    return bytes(held)


@pytest.fixture
def emptied(file: Path) -> Path:
    file.write_bytes(b"")
    return file


def settings_of(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", jwt_secret=SECRET, webhook_secrets=("whsec_test",))


@pytest.mark.parametrize(
    ("damaged", "said"),
    [((0, PAGE), "file is not a database"), ((PAGE, None), "database disk image is malformed")],
    indirect=["damaged"],
    ids=["its header", "every page"],
)
async def test_damaged_books_are_told_of_and_left_as_they_are(file: Path, damaged: bytes, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        await ensure_startable(settings_of(file))
    with pytest.raises(Unavailable, match=said):
        async with running(settings_of(file)):
            pytest.fail("it is served from")
    assert damaged == await asyncio.to_thread(file.read_bytes)


async def test_emptied_books_are_not_made_anew(emptied: Path) -> None:
    settings = settings_of(emptied)

    with pytest.raises(SettingsError, match="is empty: restore the books"):
        await ensure_startable(settings)
    with pytest.raises(SettingsError, match="is empty: restore the books"):
        async with running(settings):
            pytest.fail("it is served from")
    with pytest.raises(SettingsError, match="is empty: restore the books"):
        upgrade_books(settings)
    assert b"" == await asyncio.to_thread(emptied.read_bytes)


async def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match="unable to open database file"):
        async with running(settings_of(tmp_path)):
            pytest.fail("it is served from")


async def test_books_that_may_only_be_read_are_read_and_take_nothing(file: Path) -> None:
    async with open_sqlite(f"sqlite:///{file}") as books:
        # Who runs these tests may be allowed to write to any file, so that SQLite is told to refuse by itself.
        await books.accounts.database.write(lambda connection: connection.exec_driver_sql("PRAGMA query_only = 1"))

        with pytest.raises(Unavailable):
            await books.accounts.change("ann", granting(5))
        kept = await books.accounts.get("ann")

    assert 15 == sum(grant.remaining for grant in kept.book.grants)
    connection = sqlite3.connect(file)
    assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
