"""Making pictures, and keeping them."""

from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class ImageRequest:
    """What a provider is asked for. `model` is the catalog's key. `watermark` asks for a visible mark."""

    prompt: str
    model: str
    size: str
    quality: str
    n: int
    watermark: bool


@frozen(kw_only=True)
class Picture:
    """A picture as bytes. `format` is `png`, `jpeg` or `webp`."""

    content: bytes
    format: str
    width: int
    height: int


class ImageGenerator(Protocol):
    """Makes pictures. It may make fewer than it was asked for, never none.

    Raises: ImageRefused (never try again); Unavailable (nothing was made or billed); OutcomeUnknown.
    """

    async def generate(self, request: ImageRequest) -> tuple[Picture, ...]: ...


class ImageStore(Protocol):
    """Keeps bytes by key. Putting a key again replaces it. Raises: Unavailable."""

    async def put(self, key: str, content: bytes) -> None: ...

    async def get(self, key: str) -> bytes | None:
        """The bytes, or None where there are none."""
        ...

    async def delete(self, key: str) -> None:
        """Forgets the bytes; a key that is not there is no error."""
        ...
