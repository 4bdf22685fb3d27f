"""Making pictures, and keeping them."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class ImageRequest:
    """What a provider is asked for. `model` is the catalog's key. `watermark` asks for a visible mark.

    `account_id` is whom it is for: a provider that wants to know its end users is told a hash of it.
    """

    prompt: str
    model: str
    size: str
    quality: str
    n: int
    watermark: bool
    account_id: str = ""


@frozen(kw_only=True)
class Picture:
    """A picture as bytes. `format` is `png`, `jpeg` or `webp`."""

    content: bytes
    format: str
    width: int
    height: int


@frozen(kw_only=True)
class Made:
    """What came of a request: one picture or more, and what the provider says of its work, where it does."""

    pictures: tuple[Picture, ...]
    provider_request_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


Watch = Callable[[Picture], Awaitable[None]]


async def unwatched(picture: Picture) -> None:
    """For a caller that waits for the finished pictures."""


class ImageGenerator(Protocol):
    """Makes pictures. It may make fewer than it was asked for, never none.

    `watch` is given each unfinished picture as it comes; a provider that shows none never calls it.
    Raises: ImageRefused (never try again); Unavailable (nothing was made or billed); Misconfigured (not before a
    person has changed something; nothing was made or billed); OutcomeUnknown.
    """

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made: ...


class ImageStore(Protocol):
    """Keeps bytes by key. Putting a key again replaces it. Raises: Unavailable."""

    async def put(self, key: str, content: bytes) -> None: ...

    async def get(self, key: str) -> bytes | None:
        """The bytes, or None where there are none."""
        ...

    async def delete(self, key: str) -> None:
        """Forgets the bytes; a key that is not there is no error."""
        ...

    async def keys(self, folder: str) -> tuple[str, ...]:
        """The keys that begin with the folder's name and a slash, in order. One of which a put was cut off may be among
        them: deleting it forgets whatever is left of it."""
        ...
