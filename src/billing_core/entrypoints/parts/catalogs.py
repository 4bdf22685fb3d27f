"""The catalog, as the operator's file and as the books have it."""

from datetime import UTC, datetime
from pathlib import Path

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.settings import Settings
from billing_core.ports.catalogs import KeptCatalog


def catalog_text(settings: Settings) -> str:
    """The catalog as the operator's file has it, else the built-in one."""
    return Path(settings.catalog).read_text() if settings.catalog else builtin_text()


def catalog_of(versions: tuple[KeptCatalog, ...]) -> Catalog:
    """Raises CatalogError, naming key and line."""
    return Catalog(decode(kept.text, number=kept.number, since=kept.since) for kept in versions)


def catalog_to_sell(settings: Settings) -> Catalog:
    """The catalog as the operator's file has it now. Raises CatalogError, OSError."""
    return catalog_of((KeptCatalog(number=1, since=datetime.now(UTC), text=catalog_text(settings)),))
