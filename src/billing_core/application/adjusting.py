"""An operator giving or taking credits."""

from datetime import datetime

from attrs import frozen

from billing_core.application.deciding import after_events
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.ids import IdSource


@frozen(kw_only=True)
class Adjusted:
    """What was given (or, below zero, taken: at most what was available), and what is available and owed after it."""

    id: str
    amount: int
    available: int
    debt: int


@frozen
class Adjusting:
    """Gives credits with a reason, or takes at most what is available."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(
        self,
        account_id: str,
        amount: int,
        *,
        reason: str,
        expires_at: datetime | None = None,
        request: RequestKey | None = None,
    ) -> Adjusted:
        """Raises InvalidValue."""
        adjustment_id, now = self.ids.new("adj"), self.clock.now()

        def adjust(account: Account) -> Commit[Adjusted]:
            held = at(account, now, self.catalog)
            events = held.adjust(amount, adjustment_id=adjustment_id, reason=reason, expires_at=expires_at)
            after = after_events(account, events)
            taken = sum(t.amount for event in events if isinstance(event, e.CreditsTaken) for t in event.takes)
            given = amount if amount > 0 else -taken
            book = after.book
            return Commit(Adjusted(id=adjustment_id, amount=given, available=book.available, debt=book.debt), events)

        return await self.accounts.change(account_id, adjust, cause=cause_of(request, Adjusted))
