"""The contract of Incidents: one per oddity, counted, newest first, closed by a person, open again if met again."""

from datetime import datetime, timedelta

from attrs import evolve

from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.ports.books import Books
from billing_core.ports.incidents import Incident, IncidentFilter, IncidentStatus, Resolved
from billing_core.ports.records import IncidentRaised, OwnerClaimed
from billing_core.testing.contracts.books import NOW, BooksContract, recording

LATER = NOW + timedelta(hours=1)
LAST = LATER + timedelta(hours=1)
ABOUT = {"subscription": "sub_1", "price": "p1"}
RAISED = IncidentRaised(key="price:p1", kind=IncidentKind.UNKNOWN_PRICE, detail="p1", at=NOW, about=ABOUT)
NOBODYS = Incident(key="evt_1", account_id=None, kind=IncidentKind.WEBHOOK_FAILED, detail="?", at=NOW)


class IncidentsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_the_same_oddity_is_one_incident_that_counts(self, books: Books) -> None:
        await books.accounts.change("a", recording(RAISED, RAISED))
        await books.accounts.change("a", recording(evolve(RAISED, at=LATER, detail="again")))

        expected = Incident(
            key="price:p1",
            account_id="a",
            kind=IncidentKind.UNKNOWN_PRICE,
            detail="p1",
            at=NOW,
            about=ABOUT,
            last_at=LATER,
            times=3,
        )
        assert await books.incidents.open() == (expected,)

    async def test_one_without_an_account_is_kept_once(self, books: Books) -> None:
        await books.incidents.report(NOBODYS)
        await books.incidents.report(evolve(NOBODYS, detail="again"))

        assert await books.incidents.open() == (evolve(NOBODYS, times=2),)

    async def test_the_newest_come_first(self, books: Books) -> None:
        await raise_each(books)

        assert [incident.key for incident in await books.incidents.open(limit=2)] == ["k3", "k2"]

    async def test_they_are_listed_page_by_page(self, books: Books) -> None:
        await raise_each(books)
        first = await books.incidents.page(limit=2)

        assert [incident.key for incident in first] == ["k3", "k2"]
        assert [incident.key for incident in await books.incidents.page(limit=2, after=first[-1])] == ["k1"]

    async def test_they_are_found_by_status_kind_and_account(self, books: Books) -> None:
        await books.accounts.change("a", recording(RAISED))
        await books.accounts.change("b", recording(evolve(RAISED, kind=IncidentKind.JOB_FAILED)))
        await books.incidents.report(NOBODYS)
        assert await books.incidents.resolve(NOBODYS, resolved(LATER))

        async def found(wanted: IncidentFilter) -> list[str]:
            return sorted([str(incident.account_id) for incident in await books.incidents.page(wanted)])

        assert await found(IncidentFilter()) == ["None", "a", "b"]
        assert await found(IncidentFilter(status=IncidentStatus.OPEN)) == ["a", "b"]
        assert await found(IncidentFilter(status=IncidentStatus.RESOLVED)) == ["None"]
        assert await found(IncidentFilter(kind=IncidentKind.JOB_FAILED)) == ["b"]
        assert await found(IncidentFilter(kind=IncidentKind.OTHER)) == []
        assert await found(IncidentFilter(account_id="a", kind=IncidentKind.UNKNOWN_PRICE)) == ["a"]

    async def test_one_is_found_by_its_id(self, books: Books) -> None:
        await books.accounts.change("a", recording(RAISED))
        (incident,) = await books.incidents.open()

        assert await books.incidents.find(incident.id) == incident
        assert await books.incidents.find("inc_0") is None

    async def test_who_resolved_it_when_how_and_why_is_kept(self, books: Books) -> None:
        await books.incidents.report(NOBODYS)
        done = resolved(LATER)

        assert await books.incidents.resolve(NOBODYS, done)
        assert await books.incidents.open() == ()
        assert await books.incidents.find(NOBODYS.id) == evolve(NOBODYS, resolved=done)

    async def test_one_is_resolved_once(self, books: Books) -> None:
        await books.incidents.report(NOBODYS)
        assert await books.incidents.resolve(NOBODYS, resolved(LATER))

        assert not await books.incidents.resolve(NOBODYS, resolved(LAST))
        assert not await books.incidents.resolve(evolve(NOBODYS, key="another"), resolved(LAST))
        kept = await books.incidents.find(NOBODYS.id)
        assert kept is not None
        assert kept.resolved == resolved(LATER)

    async def test_one_that_was_met_again_meanwhile_stays_open(self, books: Books) -> None:
        await books.incidents.report(NOBODYS)
        await books.incidents.report(NOBODYS)

        assert not await books.incidents.resolve(NOBODYS, resolved(LATER))
        assert await books.incidents.open() == (evolve(NOBODYS, times=2),)

    async def test_one_that_is_met_again_after_it_was_resolved_is_open_again(self, books: Books) -> None:
        await books.accounts.change("a", recording(RAISED))
        (incident,) = await books.incidents.open()
        await books.incidents.resolve(incident, resolved(LATER))

        await books.accounts.change("a", recording(evolve(RAISED, at=LAST, detail="again", about={"price": "p2"})))

        expected = evolve(incident, at=LAST, last_at=LAST, detail="again", about={"price": "p2"}, times=2)
        assert await books.incidents.open() == (expected,)

    async def test_what_is_told_late_of_the_time_before_it_was_resolved_does_not_open_it(self, books: Books) -> None:
        await books.accounts.change("a", recording(RAISED))
        (incident,) = await books.incidents.open()
        await books.incidents.resolve(incident, resolved(LATER))

        await books.accounts.change("a", recording(evolve(RAISED, at=LATER)))

        assert await books.incidents.open() == ()
        assert await books.incidents.find(incident.id) == evolve(
            incident, last_at=LATER, times=2, resolved=resolved(LATER)
        )

    async def test_a_claim_of_what_another_owns_is_counted_and_tells_what_was_claimed(self, books: Books) -> None:
        await books.accounts.change("a", recording(OwnerClaimed("cus_1")))
        await books.accounts.change("b", recording(OwnerClaimed("cus_1"), OwnerClaimed("cus_1")))
        await books.accounts.change("b", recording(OwnerClaimed("cus_1")))

        (incident,) = await books.incidents.open()
        assert (incident.kind, incident.about) == (IncidentKind.OWNER_CONFLICT, {"customer": "cus_1"})
        assert (incident.times, await books.incidents.find(incident.id)) == (3, incident)


def resolved(at: datetime) -> Resolved:
    return Resolved(at=at, by="olga", resolution=Resolution.DISMISS, note="seen")


async def raise_each(books: Books) -> None:
    for hours in (1, 3, 2):
        await books.accounts.change("a", recording(evolve(RAISED, key=f"k{hours}", at=NOW + timedelta(hours=hours))))
