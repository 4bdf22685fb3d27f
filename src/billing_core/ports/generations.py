"""Reading generations and pictures."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.domain.attempts import Attempt
from billing_core.domain.generation import Generation, Image, Partial


@frozen
class Page:
    """One page of a list, newest first, and where the next one begins (None: there is none)."""

    items: tuple[Generation, ...]
    next_cursor: str | None = None


@frozen
class ImagePage:
    """One page of pictures, newest first."""

    items: tuple[Image, ...]
    next_cursor: str | None = None


@frozen
class Progress:
    """A generation with its attempts, and what can be seen of it before it is done, in the order in which it came."""

    generation: Generation
    attempts: tuple[Attempt, ...] = ()
    partials: tuple[Partial, ...] = ()


class Generations(Protocol):
    """Written by records only. A cursor is the id of the last item that was seen. Raises: Unavailable."""

    async def get(self, account_id: str, generation_id: str) -> Generation | None:
        """The account's generation with its pictures, or None."""
        ...

    async def page(self, account_id: str, *, limit: int, cursor: str | None = None) -> Page:
        """The account's generations, newest first."""
        ...

    async def image(self, image_id: str) -> Image | None:
        """The picture, whoever owns it; None where there is none or it was deleted."""
        ...

    async def gallery(self, *, limit: int, cursor: str | None = None) -> ImagePage:
        """Everybody's public pictures."""
        ...

    async def attempts(self, account_id: str, generation_id: str) -> tuple[Attempt, ...]:
        """The provider attempts, by number."""
        ...

    async def progress(self, account_id: str, generation_id: str) -> Progress | None:
        """How far the account's generation has come, or None."""
        ...

    async def marks(self, generation_ids: Collection[str]) -> Mapping[str, int]:
        """A number for each that is there, which changes when its progress does. One cheap question for many."""
        ...

    async def overdue(self, now: datetime, *, stuck_since: datetime, limit: int) -> tuple[Generation, ...]:
        """Those that are queued past their `expires_at`, and those that run, but of which nothing has been heard since
        `stuck_since`: no attempt began or ended, and no unfinished picture came."""
        ...
