"""Forgetting who an account is. The ledger stays, under the account's id: books must show where money went."""

from datetime import datetime

from attrs import frozen

from billing_core.application.acting import acted
from billing_core.application.errors import AccountNotFound
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import Act, Grounds
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit


def ensure_erasable(account: Account) -> None:
    """Raises InvalidValue: somebody who is billed, or for whom something is made, is not gone."""
    if any(sub.is_live for sub in account.subscriptions):
        raise InvalidValue("account", "has a live subscription: cancel it at once first")
    if account.book.holds:
        raise InvalidValue("account", "has credits on hold: wait until what they are for has ended")


@frozen
class Erasing:
    """Notes in the stream that an account is erased, and on whose word, if it may be."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, grounds: Grounds) -> None:
        """Raises AccountNotFound, and what `ensure_erasable` raises."""
        now: datetime = self.clock.now()

        def note(account: Account) -> Commit[None]:
            if account.version == 0:
                raise AccountNotFound(account_id)
            held = at(account, now, self.catalog)
            ensure_erasable(held.account)
            return Commit(None, (*held.due, acted(held, Act.ERASED, grounds, {})))

        await self.accounts.change(account_id, note)
