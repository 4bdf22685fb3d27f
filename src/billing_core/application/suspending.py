"""An operator suspending an account, and lifting what it is suspended for."""

from datetime import datetime

from attrs import frozen

from billing_core.application.acting import acted
from billing_core.application.deciding import after_events
from billing_core.application.errors import AccountNotFound
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.acts import Act, Grounds
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit

OPERATOR = "operator"
"""The reason for which an operator suspends."""


@frozen(kw_only=True)
class Suspension:
    """What the account is suspended for now; it is suspended while there is anything."""

    reasons: tuple[str, ...]


@frozen
class Suspending:
    """Adds an operator's reason to suspend an account, or takes reasons away: one, or all of them."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def suspend(self, account_id: str, grounds: Grounds, *, request: RequestKey | None = None) -> Suspension:
        """Twice is once. Raises AccountNotFound."""
        now = self.clock.now()

        def suspend(account: Account) -> Commit[Suspension]:
            held = self._known(account, now=now)
            if OPERATOR in held.account.suspended_for:
                return Commit(_suspension(held.account))
            events = (*held.suspend(OPERATOR), acted(held, Act.SUSPENDED, grounds, {"suspension": OPERATOR}))
            return Commit(_suspension(after_events(account, events)), events)

        return await self.accounts.change(account_id, suspend, cause=cause_of(request, Suspension))

    async def reinstate(
        self,
        account_id: str,
        grounds: Grounds,
        *,
        suspension: str | None = None,
        request: RequestKey | None = None,
    ) -> Suspension:
        """Lifts that one, or (None) all. What is not there is lifted already. Raises AccountNotFound, InvalidValue (it
        is not suspended for that, but for something else)."""
        now = self.clock.now()

        def reinstate(account: Account) -> Commit[Suspension]:
            held = self._known(account, now=now)
            reasons = held.account.suspended_for
            if suspension is not None and reasons and suspension not in reasons:
                raise InvalidValue("suspension", f"is none of {', '.join(reasons)}")
            lifted = reasons if suspension is None else tuple(reason for reason in reasons if reason == suspension)
            if not lifted:
                return Commit(_suspension(held.account))
            own = [event for reason in lifted for event in held.reinstate(reason)[len(held.due) :]]
            act = acted(held, Act.REINSTATED, grounds, {"suspension": ", ".join(lifted)})
            events = (*held.due, *own, act)
            return Commit(_suspension(after_events(account, events)), events)

        return await self.accounts.change(account_id, reinstate, cause=cause_of(request, Suspension))

    def _known(self, account: Account, *, now: datetime) -> AccountAt:
        if account.version == 0:
            raise AccountNotFound(account.id)
        return at(account, now, self.catalog)


def _suspension(account: Account) -> Suspension:
    return Suspension(reasons=account.suspended_for)
