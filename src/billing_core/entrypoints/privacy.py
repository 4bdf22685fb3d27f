"""Export and erasure of an account, on the books and in the image store: docs/privacy.md."""

import asyncio
from collections.abc import Mapping

from billing_core.application.erasing import ensure_erasable
from billing_core.application.errors import AccountNotFound
from billing_core.application.receiving import NOBODY
from billing_core.domain.acts import Grounds
from billing_core.entrypoints.beside import erasing_of
from billing_core.entrypoints.parts.books import erase_rows, export_rows
from billing_core.entrypoints.parts.images import image_store
from billing_core.entrypoints.settings import Settings


def exported(settings: Settings, account_id: str) -> Mapping[str, object]:
    """All that is kept of the account. Raises AccountNotFound, SettingsError, Unavailable."""
    rows = export_rows(settings, account_id)
    if not rows:
        raise AccountNotFound(account_id)
    return {"account_id": account_id, "kept": rows}


async def erased(settings: Settings, account_id: str, grounds: Grounds) -> int:
    """Forgets who the account is; answers how many files of pictures went.

    Where the image store fails, the books have forgotten already, and doing it again deletes the rest. Raises
    AccountNotFound, InvalidValue (it is billed, or something is made for it), SettingsError, Unavailable.
    """
    async with erasing_of(settings) as erasing:
        await erasing(account_id, grounds)
    folders = await asyncio.to_thread(erase_rows, settings, account_id, ensure_erasable, nobody=NOBODY)
    store = image_store(settings)
    keys = [key for folder in folders for key in await store.keys(folder)]
    for key in keys:
        await store.delete(key)
    return len(keys)
