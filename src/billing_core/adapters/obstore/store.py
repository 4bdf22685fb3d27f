"""An ImageStore on any object store that obstore can open."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from billing_core.adapters.obstore.leftovers import delete_leftovers, keys_with_leftovers
from billing_core.domain.errors import InvalidValue
from billing_core.ports.errors import Unavailable

# What S3 calls safe: no store or file system gives these characters a meaning of their own. obstore itself would
# take `/abs` for `abs` and `a\b` for a name, and a folder refuses `a#1`; here every store answers alike.
PART = re.compile(r"[A-Za-z0-9!_.*'()=@+,-]{1,200}")
LONGEST = 900
# Some stores report a path, a permission or a file in the way as a built-in error.
FAILURES = (BaseError, OSError, ValueError)


class ObstoreImages:
    """Keeps pictures below a URL: a plain path or `file:///…` (the folder is made), `memory://`, `s3://bucket/prefix`,
    `gs://…`, `az://…`; credentials come from the environment, as each vendor documents it.

    A put is atomic: no reader sees half a picture. Raises InvalidValue for a URL that no store can be opened with.
    """

    def __init__(self, url: str) -> None:
        self._store = _opened(url)
        self._folder = self._store.prefix if isinstance(self._store, LocalStore) else None

    async def put(self, key: str, content: bytes) -> None:
        """Raises InvalidValue for a key that is not a plain relative path; Unavailable."""
        path = _plain(key)
        try:
            await obstore.put_async(self._store, path, content)
        except FAILURES as error:
            raise Unavailable("the image store") from error

    async def get(self, key: str) -> bytes | None:
        """Raises InvalidValue for a key that is not a plain relative path; Unavailable."""
        path = _plain(key)
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except FAILURES as error:
            raise Unavailable("the image store") from error

    async def delete(self, key: str) -> None:
        """Raises InvalidValue for a key that is not a plain relative path; Unavailable."""
        path = _plain(key)
        try:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, path)
            if self._folder is not None:
                await asyncio.to_thread(delete_leftovers, self._folder, path)
        except FAILURES as error:
            raise Unavailable("the image store") from error

    async def keys(self, folder: str) -> tuple[str, ...]:
        """In order; a file that somebody else put there under no plain name is not ours, and not among them.
        Raises InvalidValue for a folder that is not a plain relative path; Unavailable."""
        below = f"{_plain(folder)}/"
        try:
            found = {each["path"] async for page in obstore.list(self._store, prefix=folder) for each in page}
            if self._folder is not None:
                found |= await asyncio.to_thread(keys_with_leftovers, self._folder, folder)
        except FAILURES as error:
            raise Unavailable("the image store") from error
        return tuple(sorted(key for key in found if key.startswith(below) and _is_plain(key)))


def _opened(url: str) -> ObjectStore:
    if not url or "\0" in url:
        raise InvalidValue("image_store", "names no folder and no bucket")
    try:
        if "://" not in url:
            return LocalStore(Path(url).expanduser().absolute(), mkdir=True)
        if url.startswith("file:"):
            return LocalStore.from_url(url, mkdir=True)
        if url.startswith("memory:"):
            return MemoryStore()
        return from_url(url)
    except FAILURES as error:
        # The cause may repeat the URL, and a URL may hold a secret: it is chained, never quoted.
        raise InvalidValue("image_store", "cannot be opened; is the URL right?") from error


def _plain(key: str) -> str:
    if not _is_plain(key):
        raise InvalidValue("key", "must be a relative path of letters, digits and !_.*'()=@+,- between slashes")
    return key


def _is_plain(key: str) -> bool:
    parts = key.split("/")
    return len(key) <= LONGEST and all(PART.fullmatch(part) and part.strip(".") for part in parts)
