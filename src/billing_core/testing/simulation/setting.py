"""What a world is made of: what it sells, when it begins, how its Stripe is set up, an empty file for its books."""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random

from billing_core.adapters.catalog_file import decode
from billing_core.adapters.simulated.settings import AfterRetries
from billing_core.adapters.simulated.settings import Settings as StripeSettings
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.domain.catalog import Catalog
from billing_core.testing.simulation.virtual import START

OLD_VERSIONS = ("2020-08-27", "2022-11-15", "2024-06-20", "2024-12-18.acacia", "2025-04-30.basil", "2026-03-25.dahlia")
MONTH_ENDS = tuple(
    datetime(year, month, 28, 17, tzinfo=UTC)
    for year, month in ((2026, 1), (2026, 8), (2026, 12), (2028, 1), (2028, 2))
)


@cache
def the_catalog() -> Catalog:
    """What the worlds sell."""
    text = files(__package__).joinpath("catalog.toml").read_text()
    return Catalog((decode(text, number=1, since=START - timedelta(days=365)),))


@cache
def empty_file() -> Path:
    """An SQLite file with all tables, migrated once and copied for each world."""
    folder = Path("/dev/shm")
    kept = Path(tempfile.mkdtemp(prefix="billing-simulation-", dir=folder if folder.is_dir() else None))
    upgrade(f"sqlite:///{kept / 'empty.sqlite'}")
    return kept / "empty.sqlite"


def beginning(random: Random) -> datetime:
    """Half of the worlds begin where months end, or in a leap year."""
    if random.random() < 0.5:
        return START + timedelta(seconds=random.randrange(0, 365 * 86_400))
    return random.choice(MONTH_ENDS) + timedelta(seconds=random.randrange(0, 3 * 86_400))


def stripe_settings(random: Random, seed: int) -> StripeSettings:
    """An endpoint of some API version, or thin; unpaid subscriptions are left unpaid, or end."""
    version = random.choice(OLD_VERSIONS) if random.random() < 0.2 else None
    return StripeSettings(
        after_retries=random.choice((AfterRetries.CANCELED, AfterRetries.UNPAID)),
        draft_for=timedelta(hours=random.choice((0, 1))),
        api_version=version,
        thin=version is None and random.random() < 0.2,
        seed=f"s{seed}x",
    )
