"""API keys: made for a customer's programs, shown once, used in place of a token, revoked.

A key opens what its account's plan gives at that moment: where the plan has no API access any more, it opens nothing.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from attrs import frozen

from billing_core.application.errors import ApiKeyNotFound, TooManyApiKeys
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import InvalidValue, NotEntitled
from billing_core.domain.ways_out import for_entitlement
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.api_keys import ApiKey, ApiKeys, Scope
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.ids import IdSource

API_ACCESS = "api_access"
PREFIX = "bk_"
SECRET_BYTES = 32
HINT = 4
LONGEST_NAME = 100
MOST_KEYS = 20
NOTED_EVERY = timedelta(hours=1)


@frozen
class MadeKey:
    """A new key with its secret, which nobody can be told again."""

    key: ApiKey
    secret: str


@frozen
class Keying:
    """Makes, lists and revokes the keys of an account."""

    accounts: AccountRepository
    api_keys: ApiKeys
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(self, account_id: str, name: str, scopes: frozenset[Scope]) -> MadeKey:
        """Raises NotEntitled, TooManyApiKeys; InvalidValue for no name or a long one, and for no scope."""
        if not 0 < len(name) <= LONGEST_NAME:
            raise InvalidValue("name", f"must have 1 to {LONGEST_NAME} characters")
        if not scopes:
            raise InvalidValue("scopes", "must name one at least")
        now = self.clock.now()

        def allow(account: Account) -> Commit[None]:
            held = at(account, now, self.catalog)
            ensure_api_access(held)
            return Commit(None, held.due)

        await self.accounts.change(account_id, allow)
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(
            id=self.ids.new("key"),
            account_id=account_id,
            name=name,
            scopes=scopes,
            hint=secret[-HINT:],
            digest=digest_of(secret),
            made_at=now,
        )
        if not await self.api_keys.add(key, most=MOST_KEYS):
            raise TooManyApiKeys(MOST_KEYS)
        return MadeKey(key, secret)

    async def of(self, account_id: str) -> tuple[ApiKey, ...]:
        """Oldest first."""
        return await self.api_keys.of(account_id)

    async def revoke(self, account_id: str, key_id: str) -> None:
        """From now on it opens nothing, also where the plan has no API access. Raises ApiKeyNotFound."""
        if not await self.api_keys.revoke(account_id, key_id):
            raise ApiKeyNotFound(key_id)


@frozen
class UsingKey:
    """Finds whose key a secret is, and notes now and then that it is used."""

    accounts: AccountRepository
    api_keys: ApiKeys
    catalog: Catalog
    clock: Clock

    async def __call__(self, secret: str) -> ApiKey | None:
        """None for what is no key, or none any more. Raises NotEntitled where the plan has no API access now."""
        key = await self.api_keys.find(digest_of(secret))
        if key is None:
            return None
        now = self.clock.now()
        ensure_api_access(at(await self.accounts.get(key.account_id), now, self.catalog))
        if key.used_at is None or now - key.used_at >= NOTED_EVERY:
            await self.api_keys.note_use(key, now)
        return key


def ensure_api_access(held: AccountAt) -> None:
    """Raises NotEntitled, with the plans that have it."""
    if not entitlements(held).allows(API_ACCESS):
        ways = for_entitlement(held.in_force.plan, held.catalog, lambda plan: bool(plan.entitlements.get(API_ACCESS)))
        raise NotEntitled(API_ACCESS, (), ways)


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is drawn from so many that none is found by trying, so it needs no slow digest."""
    return sha256(secret.encode()).hexdigest()
