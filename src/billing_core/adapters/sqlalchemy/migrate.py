"""Bringing a database's tables up to date, with the revisions that ship in the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

from billing_core.adapters.sqlalchemy.engines import path_of, writing_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Applies what is missing, all in one transaction; where nothing is, nothing happens.

    On SQLite that transaction takes the write lock first, so that two processes that start at once do not collide.
    """
    path = path_of(url) if make_url(url).get_backend_name() == "sqlite" else None
    engine = create_engine(url) if path is None else writing_engine(path)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
