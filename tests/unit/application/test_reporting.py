"""What the gateway refuses is shown to a person, once a day."""

from datetime import UTC, datetime, timedelta

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.system import FixedClock
from billing_core.application.reporting import ReportingRefusals
from billing_core.ports.errors import GatewayRefused

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)


async def kinds_after(*refusals: tuple[datetime, str]) -> list[str]:
    """The kinds of the incidents after these problems at these times."""
    books = MemoryBooks()
    for at, problem in refusals:
        await ReportingRefusals(books.incidents, FixedClock(at))(GatewayRefused(problem))
    return [incident.kind.value for incident in await books.incidents.open()]


async def test_a_refusal_is_an_incident() -> None:
    assert ["gateway_refused"] == await kinds_after((NOON, "no such plan"))


async def test_the_same_refusal_is_one_incident_a_day() -> None:
    assert 1 == len(await kinds_after((NOON, "no such plan"), (NOON + timedelta(hours=1), "no such plan")))
    assert 2 == len(await kinds_after((NOON, "no such plan"), (NOON + A_DAY, "no such plan")))
    assert 2 == len(await kinds_after((NOON, "no such plan"), (NOON, "no such price")))
