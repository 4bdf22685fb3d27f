"""Spending credits on anything: holding, capturing, releasing."""

from datetime import datetime, timedelta

from attrs import frozen

from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import HoldNotFound, InvalidValue
from billing_core.domain.given import ensure_whole
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.ids import IdSource

HOLD_FOR = timedelta(minutes=15)
LONGEST_HOLD = timedelta(days=7)


@frozen(kw_only=True)
class HoldPlaced:
    """Credits that are set aside until they are captured, released or lapse."""

    id: str
    amount: int
    expires_at: datetime
    status: str = "held"


@frozen(kw_only=True)
class HoldSettled:
    """A hold that ended: `amount` of its credits was captured."""

    id: str
    amount: int
    status: str


@frozen
class Holding:
    """Sets credits aside."""

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
        ttl: timedelta = HOLD_FOR,
        request: RequestKey | None = None,
    ) -> HoldPlaced:
        """Raises InvalidValue, AccountSuspended, TooManyConcurrent, InsufficientCredits."""
        ensure_whole("amount", amount)
        if amount < 1:
            raise InvalidValue("amount", "must be at least 1")
        if not timedelta(seconds=1) <= ttl <= LONGEST_HOLD:
            raise InvalidValue("ttl_seconds", f"must be from 1 to {LONGEST_HOLD // timedelta(seconds=1)}")
        hold_id, now = self.ids.new("hold"), self.clock.now()

        def hold(account: Account) -> Commit[HoldPlaced]:
            held = at(account, now, self.catalog)
            until = held.now + ttl
            events = held.hold(amount, hold_id=hold_id, until=until, reason=reason)
            return Commit(HoldPlaced(id=hold_id, amount=amount, expires_at=until), events)

        return await self.accounts.change(account_id, hold, cause=cause_of(request, HoldPlaced))


@frozen
class Capturing:
    """Takes what was held, or less of it."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(
        self, account_id: str, hold_id: str, *, amount: int | None = None, request: RequestKey | None = None
    ) -> HoldSettled:
        """Raises HoldNotFound, HoldLapsed, IllegalTransition, CaptureExceedsHold, InvalidValue."""
        now = self.clock.now()

        def capture(account: Account) -> Commit[HoldSettled]:
            held = at(account, now, self.catalog)
            ensure_plain(held, hold_id)
            events = held.capture(hold_id, amount=amount)
            hold = held.account.book.hold(hold_id)
            taken = amount if amount is not None else hold.amount if hold else 0
            return Commit(HoldSettled(id=hold_id, amount=taken, status="captured"), events)

        return await self.accounts.change(account_id, capture, cause=cause_of(request, HoldSettled))


@frozen
class Releasing:
    """Gives back what was held."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, hold_id: str, *, request: RequestKey | None = None) -> HoldSettled:
        """Raises HoldNotFound, HoldLapsed, IllegalTransition."""
        now = self.clock.now()

        def release(account: Account) -> Commit[HoldSettled]:
            held = at(account, now, self.catalog)
            ensure_plain(held, hold_id)
            events = held.release(hold_id)
            return Commit(HoldSettled(id=hold_id, amount=0, status="released"), events)

        return await self.accounts.change(account_id, release, cause=cause_of(request, HoldSettled))


def ensure_plain(held: AccountAt, hold_id: str) -> None:
    """Raises HoldNotFound for the hold of a generation: that one is settled by the generation alone."""
    hold = held.account.book.hold(hold_id)
    if hold is not None and hold.images:
        raise HoldNotFound(hold_id)
