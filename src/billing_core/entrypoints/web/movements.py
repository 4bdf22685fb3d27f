"""The movements of credits as their customer reads them: one line for each that moved something, and why."""

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from billing_core.application.transactions import Transaction
from billing_core.domain import events as e
from billing_core.domain.credits import Hold
from billing_core.entrypoints.web.wording import capital, named, origin


@frozen(kw_only=True)
class Line:
    """A movement in words. `grant` or `work` is whose explanation tells of it; neither, where the balance's does."""

    at: datetime
    text: str
    amount: int
    left: int
    grant: str | None = None
    work: str | None = None


def lines_of(movements: Iterable[Transaction]) -> tuple[Line, ...]:
    """What is set aside is told when it is; what then moves nothing that could be spent is left out."""
    return tuple(_line(moved) for moved in movements if moved.amount or isinstance(moved.event, e.HoldPlaced))


def _line(moved: Transaction) -> Line:
    return Line(
        at=moved.at,
        text=words(moved.event) or capital(moved.description),
        amount=moved.amount,
        left=moved.balance_after,
        grant=grant_of(moved.event),
        work=work_of(moved.event),
    )


def words(event: e.Event) -> str:
    """What happened; empty where the movement's own description says it best."""
    match event:
        case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
            return origin(event.grant)
        case e.HoldPlaced():
            return f"{_work(event.hold)}{', covered by your plan' if event.hold.covered else ''}"
        case e.HoldCaptured():
            return f"Given back: only {event.amount} were needed"
        case e.HoldReleased():
            return "Given back: the work was not done"
        case e.HoldLapsed():
            return "Given back: the work took too long"
        case e.GrantExpired():
            return "Expired"
        case e.CreditsRevoked():
            return "Taken back, after a change of plan or a refund"
        case e.CreditsTaken():
            return f"Taken by us: {event.reason}"
        case _:
            return ""


def _work(hold: Hold) -> str:
    if not hold.images:
        return f"For {hold.reason or 'work'}"
    return f"{hold.images} {'picture' if hold.images == 1 else 'pictures'} with {named(hold.reason)}"


def grant_of(event: e.Event) -> str | None:
    """The one grant whose credits moved."""
    match event:
        case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
            return event.grant.id
        case e.GrantExpired():
            return event.grant_id
        case e.CreditsRevoked() | e.CreditsTaken() | e.DebtSettled():
            return event.takes[0].grant_id if len(event.takes) == 1 else None
        case _:
            return None


def work_of(event: e.Event) -> str | None:
    """The hold that credits moved for; a generation's has its id."""
    match event:
        case e.HoldPlaced():
            return event.hold.id
        case e.HoldCaptured() | e.HoldReleased() | e.HoldLapsed():
            return event.hold_id
        case _:
            return None
