"""What would keep a service from starting, asked before it begins: the server's own report of it is long."""

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.lifespan import ensure_done, ensure_real
from billing_core.entrypoints.one_mode import wrong_mode
from billing_core.entrypoints.parts.books import books_mode, ensure_openable, tables_are_behind
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.parts.images import image_store
from billing_core.entrypoints.settings import MEMORY, Settings


async def ensure_startable(settings: Settings, *, jobs: bool = True) -> None:
    """Raises SettingsError, CatalogError; InvalidValue where the image store's URL names none; Unavailable where nobody
    answers at the database."""
    ensure_done(settings, jobs=jobs)
    ensure_real(settings)
    image_store(settings)
    ensure_openable(settings)
    catalog_to_sell(settings)
    if settings.database_url == MEMORY or tables_are_behind(settings) is None:
        return
    kept = await books_mode(settings)
    if kept not in {None, settings.mode.value}:
        raise SettingsError(wrong_mode(str(kept), settings.mode))
