"""A PostgreSQL that the tests of one process share, and a database of its own for each test that asks."""

from collections.abc import Iterator

import pytest

from billing_core.adapters.sqlalchemy.migrate import upgrade
from tests.local_postgres import LocalPostgres, local_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """Started by the first test that needs it. Who crashes it starts it again."""
    with local_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: LocalPostgres) -> str:
    """The name of a database with every table and no row, to make copies of."""
    url = postgres.create()
    upgrade(url)
    return url.rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres: LocalPostgres, postgres_template: str) -> Iterator[str]:
    """A database with every table and no row, which is gone after the test."""
    url = postgres.create(template=postgres_template)
    yield url
    postgres.drop(url)
