"""The list of what happened to a customer's credits, such that the amounts add up to the balance."""

from datetime import datetime

from attrs import frozen

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.credits import Source
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.history import History

TYPES: dict[type, str] = {
    e.CreditsGranted: "grant",
    e.FreeSlotGranted: "grant",
    e.DebtReturned: "grant",
    e.HoldPlaced: "hold",
    e.HoldCaptured: "capture",
    e.HoldReleased: "release",
    e.HoldLapsed: "lapse",
    e.GrantExpired: "expire",
    e.CreditsRevoked: "revoke",
    e.CreditsTaken: "adjust",
    e.DebtIncurred: "debt",
    e.DebtSettled: "settle",
}


@frozen(kw_only=True)
class Transaction:
    """One movement, by its event. `amount` is the effect on what is available; `captured` what was taken for good."""

    id: str
    at: datetime
    type: str
    amount: int
    balance_after: int
    description: str
    reference: str | None
    captured: int | None = None
    event: e.Event


@frozen
class TransactionPage:
    """A page of movements, newest first."""

    items: tuple[Transaction, ...]
    next_cursor: str | None


@frozen
class ListingTransactions:
    """Folds the stream once and reads off each movement. What is due but not yet written is listed too."""

    accounts: AccountRepository
    history: History
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, *, limit: int, cursor: str | None = None) -> TransactionPage:
        """A cursor is the id of the last transaction that was seen; an unknown one begins anew."""
        account, movements = Account(id=account_id), list[Transaction]()
        async for stored in self.history.of(account_id):
            account = _record(account, stored.event, movements)
        for event in at(account, self.clock.now(), self.catalog).due:
            account = _record(account, event, movements)
        movements.reverse()
        seen = next((n + 1 for n, movement in enumerate(movements) if movement.id == cursor), 0)
        page = tuple(movements[seen : seen + limit])
        more = len(movements) > seen + limit
        return TransactionPage(page, page[-1].id if more and page else None)


def _record(account: Account, event: e.Event, movements: list[Transaction]) -> Account:
    after = account.evolve(event)
    kind = TYPES.get(type(event))
    if kind is not None:
        movements.append(
            Transaction(
                id=f"tx_{after.version}",
                at=event.at,
                type=_type(event, kind),
                amount=after.book.available - account.book.available,
                balance_after=after.book.available,
                description=describe(event),
                reference=reference(event),
                captured=event.amount if isinstance(event, e.HoldCaptured) else None,
                event=event,
            )
        )
    return after


def _type(event: e.Event, kind: str) -> str:
    is_adjustment = isinstance(event, e.CreditsGranted) and event.grant.source is Source.ADJUSTMENT
    return "adjust" if is_adjustment else kind


def describe(event: e.Event) -> str:
    """The movement in words for its customer."""
    match event:
        case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
            what = event.grant.source.value if event.grant.source is not Source.PERIOD else "monthly"
            return f"{event.grant.amount} {what} credits" + (f" ({event.grant.reason})" if event.grant.reason else "")
        case e.HoldPlaced():
            covered = ", covered by the plan" if event.hold.covered else ""
            return f"{event.hold.amount} set aside for {event.hold.reason or 'work'}{covered}"
        case e.HoldCaptured():
            return f"{event.amount} paid"
        case e.HoldReleased():
            return "set aside before, given back"
        case e.HoldLapsed():
            return "set aside before, given back when time ran out"
        case e.GrantExpired():
            return f"{event.amount} expired"
        case e.CreditsRevoked():
            return "taken back, since less is paid for"
        case e.CreditsTaken():
            return event.reason
        case e.DebtIncurred():
            return f"{event.amount} owed, since less is paid for than was spent"
        case e.DebtSettled():
            return "paid towards what is owed"
        case _:
            return ""


def reference(event: e.Event) -> str | None:
    """The id of what the movement belongs to: a grant, a hold (a generation) or a slot."""
    match event:
        case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
            return event.grant.payment_id or event.grant.id
        case e.HoldPlaced():
            return event.hold.id
        case e.HoldCaptured() | e.HoldReleased() | e.HoldLapsed():
            return event.hold_id
        case e.GrantExpired():
            return event.grant_id
        case e.CreditsRevoked() | e.DebtIncurred():
            return event.tally
        case _:
            return None
