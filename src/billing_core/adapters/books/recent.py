"""Accounts as they were written last, so that bytes which are still those need not be decoded again.

It saves work and decides nothing: whoever locks an account brings its bytes, and what is kept here is taken only where
they are the same. An account comes back from its bytes as it was written; the round trips of the codec are tested.
"""

from attrs import define, field

from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.domain.account import Account

MOST = 256


@define(eq=False)
class RecentAccounts:
    """The accounts that were encoded last, at most so many. Each keeps what it has worked out about itself."""

    most: int = MOST
    _kept: dict[str, tuple[Encoded, Account]] = field(factory=dict, init=False)

    def encode(self, account: Account) -> Encoded:
        """Raises InvalidValue where a text cannot be stored."""
        stored = ACCOUNTS.encode(account)
        self._kept.pop(account.id, None)
        self._kept[account.id] = stored, account
        if len(self._kept) > self.most:
            del self._kept[next(iter(self._kept))]
        return stored

    def decode(self, account_id: str, stored: Encoded) -> Account:
        """Raises Unavailable where a newer process wrote it, or where it cannot be read."""
        known = self._kept.get(account_id)
        return known[1] if known is not None and known[0] == stored else ACCOUNTS.decode(stored)
