"""What came in for a price that no catalog version knows waits until one does."""

from datetime import datetime, timedelta

from attrs import evolve

from billing_core.application.errors import UnknownPrice
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.records import IncidentRaised, Job, Record

FIRST, CAP, MOST = timedelta(minutes=1), timedelta(days=1), 40  # for about a month


def unknown_price(paid: str, error: UnknownPrice, now: datetime) -> IncidentRaised:
    """The one incident of it, whoever meets it. `paid` is the invoice or payment that it came in with."""
    return IncidentRaised(
        key=f"unknown-price:{paid}:{error.price}",
        kind=IncidentKind.UNKNOWN_PRICE,
        detail=f"{paid} paid for {error.price}, which no catalog version knows; it is booked once one does",
        at=now,
        about={"payment": paid, "price": error.price},
    )


def waiting_for_price(job: Job | None, shown: IncidentRaised, now: datetime, *, tries: int) -> tuple[Record, ...]:
    """The incident, and the job once more: later each time, at last once a day, and not for ever."""
    if job is None or tries >= MOST:
        return (shown,)
    rest = min(FIRST * 2**tries, CAP)
    return (shown, evolve(job, args={**job.args, "tries": str(tries + 1)}, not_before=now + rest))
