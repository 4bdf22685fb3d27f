"""An operator giving or taking credits, or letting debt go."""

from datetime import datetime

from attrs import frozen

from billing_core.application.acting import acted
from billing_core.application.deciding import after_events
from billing_core.application.errors import AccountNotFound
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import PROGRAM, Act, Grounds, ReasonCode
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
        code: ReasonCode = ReasonCode.OTHER,
        by: str = PROGRAM,
        expires_at: datetime | None = None,
        request: RequestKey | None = None,
    ) -> Adjusted:
        """Raises InvalidValue."""
        adjustment_id, now = self.ids.new("adj"), self.clock.now()
        grounds = Grounds(by=by, note=reason, code=code)

        def adjust(account: Account) -> Commit[Adjusted]:
            held = at(account, now, self.catalog)
            events = held.adjust(amount, adjustment_id=adjustment_id, reason=reason, expires_at=expires_at)
            after = after_events(account, events)
            taken = sum(t.amount for event in events if isinstance(event, e.CreditsTaken) for t in event.takes)
            given = amount if amount > 0 else -taken
            book, act = after.book, acted(held, Act.ADJUSTED, grounds, {"adjustment": adjustment_id})
            answer = Adjusted(id=adjustment_id, amount=given, available=book.available, debt=book.debt)
            return Commit(answer, (*events, act))

        return await self.accounts.change(account_id, adjust, cause=cause_of(request, Adjusted))


@frozen(kw_only=True)
class Forgiven:
    """How many credits of debt were let go."""

    amount: int


@frozen
class Forgiving:
    """Lets all open debt of an account go, with a reason. Where there is none, nothing happens."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, grounds: Grounds, *, request: RequestKey | None = None) -> Forgiven:
        """Raises AccountNotFound."""
        now = self.clock.now()

        def forgive(account: Account) -> Commit[Forgiven]:
            if account.version == 0:
                raise AccountNotFound(account_id)
            held = at(account, now, self.catalog)
            debt = held.account.book.debt
            if not debt:
                return Commit(Forgiven(amount=0))
            return Commit(
                Forgiven(amount=debt), (*held.forgive(reason=grounds.note), acted(held, Act.FORGAVE, grounds, {}))
            )

        return await self.accounts.change(account_id, forgive, cause=cause_of(request, Forgiven))
