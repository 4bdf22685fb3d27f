"""The contract of Directory: an owner never moves, and what is parked waits."""

import asyncio
from datetime import timedelta

from billing_core.ports.books import Books
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.records import OwnerClaimed
from billing_core.testing.contracts.books import NOW, BooksContract, recording


def a_parked_event(event_id: str = "evt_1", *, minute: int = 0, provider_id: str = "sub_1") -> ParkedEvent:
    return ParkedEvent(
        event_id=event_id,
        provider_id=provider_id,
        kind="invoice.paid",
        body=b"\x00\xff raw",
        received_at=NOW + timedelta(minutes=minute),
    )


class DirectoryContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_nobody_owns_an_id_that_was_never_claimed(self, books: Books) -> None:
        assert await books.directory.owner_of("sub_1") is None

    async def test_who_claims_an_id_owns_it(self, books: Books) -> None:
        await books.accounts.change("a", recording(OwnerClaimed("sub_1"), OwnerClaimed("sub_1")))

        assert await books.directory.owner_of("sub_1") == "a"
        assert await books.incidents.open() == ()

    async def test_an_owner_never_moves_and_who_tries_is_reported(self, books: Books) -> None:
        await books.accounts.change("a", recording(OwnerClaimed("sub_1")))
        await books.accounts.change("b", recording(OwnerClaimed("sub_1")))

        assert await books.directory.owner_of("sub_1") == "a"
        (incident,) = await books.incidents.open()
        assert (incident.account_id, incident.kind.value) == ("b", "owner_conflict")
        assert (incident.key, incident.detail) == ("owner:sub_1", "sub_1 is owned by a")

    async def test_of_many_who_may_claim_an_id_the_first_has_it_and_nobody_is_reported(self, books: Books) -> None:
        claim = OwnerClaimed("card:1", contested=True)
        await asyncio.gather(*(books.accounts.change(account, recording(claim)) for account in "abcd"))
        owner = await books.directory.owner_of("card:1")

        await books.accounts.change("e", recording(claim))

        assert owner in set("abcd")
        assert await books.directory.owner_of("card:1") == owner
        assert await books.incidents.open() == ()

    async def test_what_is_parked_waits_oldest_first(self, books: Books) -> None:
        late, early = a_parked_event("evt_1", minute=1), a_parked_event("evt_2", minute=0)
        other = a_parked_event("evt_3", provider_id="sub_2")
        for event in (late, early, other):
            await books.directory.park(event)

        assert await books.directory.parked_for("sub_1") == (early, late)

    async def test_parking_twice_keeps_one_and_unparking_forgets_it(self, books: Books) -> None:
        event = a_parked_event()
        await books.directory.park(event)
        await books.directory.park(event)

        assert await books.directory.parked_for("sub_1") == (event,)

        await books.directory.unpark(event.event_id)
        await books.directory.unpark(event.event_id)

        assert await books.directory.parked_for("sub_1") == ()
