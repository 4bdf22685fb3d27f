"""Reading generations and pictures."""

from typing import Protocol

from attrs import frozen

from billing_core.domain.generation import Generation, Image


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

    async def attempts(self, account_id: str, generation_id: str) -> tuple[str, ...]:
        """The outcomes of the provider attempts, by number: `started` where none is known."""
        ...
