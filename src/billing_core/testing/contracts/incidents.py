"""The contract of Incidents: one per oddity, newest first."""

from datetime import timedelta

from attrs import evolve

from billing_core.ports.books import Books
from billing_core.ports.incidents import Incident
from billing_core.ports.records import IncidentRaised
from billing_core.testing.contracts.books import NOW, BooksContract, recording

LATER = NOW + timedelta(hours=1)


class IncidentsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_the_same_oddity_is_one_incident(self, books: Books) -> None:
        raised = IncidentRaised(key="price:p1", kind="unknown_price", detail="p1", at=NOW)
        await books.accounts.change("a", recording(raised, raised))
        await books.accounts.change("a", recording(evolve(raised, at=LATER)))

        assert await books.incidents.open() == (
            Incident(key="price:p1", account_id="a", kind="unknown_price", detail="p1", at=NOW),
        )

    async def test_one_without_an_account_is_kept_once(self, books: Books) -> None:
        incident = Incident(key="evt_1", account_id=None, kind="not_understood", detail="?", at=NOW)
        await books.incidents.report(incident)
        await books.incidents.report(evolve(incident, detail="again"))

        assert await books.incidents.open() == (incident,)

    async def test_the_newest_come_first(self, books: Books) -> None:
        for hours in (1, 3, 2):
            at = NOW + timedelta(hours=hours)
            raised = IncidentRaised(key=f"k{hours}", kind="x", detail="", at=at)
            await books.accounts.change("a", recording(raised))

        assert [incident.key for incident in await books.incidents.open(limit=2)] == ["k3", "k2"]
