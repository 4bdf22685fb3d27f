"""Keys by which programs of a customer ask: kept as digests, since a key that is not there cannot be stolen."""

from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from billing_core.domain.calendar import instant


class Scope(Enum):
    """What a key opens: what the customer can look at, or the making of pictures."""

    READ = "read"
    GENERATE = "generate"


@frozen(kw_only=True)
class ApiKey:
    """A key as it is kept. `digest` is its secret's SHA-256 in hex, and `hint` how the secret ends, for people.

    `used_at` is about when it was last used: a use is noted only now and then.
    """

    id: str
    account_id: str
    name: str
    scopes: frozenset[Scope]
    hint: str
    digest: str = field(repr=False)
    made_at: datetime = field(validator=instant)
    used_at: datetime | None = field(default=None, validator=instant)


class ApiKeys(Protocol):
    """The keys of accounts. One that is revoked is gone. Raises: Unavailable; OutcomeUnknown (from what writes)."""

    async def add(self, key: ApiKey, *, most: int) -> bool:
        """Keeps the key durably, unless its account, which there must be, has as many; answers whether it did."""
        ...

    async def of(self, account_id: str) -> tuple[ApiKey, ...]:
        """The account's keys, oldest first."""
        ...

    async def find(self, digest: str) -> ApiKey | None:
        """The key whose secret has this digest."""
        ...

    async def note_use(self, key: ApiKey, at: datetime) -> None:
        """Keeps when it was used last. Of a key that was revoked meanwhile, nothing."""
        ...

    async def revoke(self, account_id: str, id: str) -> bool:  # noqa: A002 - that is what it is
        """Deletes the account's key durably; answers whether there was one."""
        ...
