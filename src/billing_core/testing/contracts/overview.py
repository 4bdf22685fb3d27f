"""The contract of Overview: accounts are found, generations and incidents counted, and what is parked is listed."""

from datetime import timedelta

from attrs import evolve

from billing_core.adapters.books.columns import AccountColumns, columns_of
from billing_core.domain.account import Account
from billing_core.domain.events import AccountOpened, CustomerLinked, Event, ProfileNoted
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.books import Books
from billing_core.ports.commit import Commit
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.incidents import Incident
from billing_core.ports.overview import EVERYONE, AccountListed, AccountWanted, GenerationsMade
from billing_core.ports.records import GenerationMoved, GenerationOpened, IncidentRaised
from billing_core.testing.contracts.books import NOW, BooksContract, a_generation, granting, recording
from billing_core.testing.contracts.directory import a_parked_event
from billing_core.testing.contracts.incidents import resolved

A_DAY = timedelta(days=1)
TODAY = NOW.date()


def with_its_name_as_plan(account: Account) -> AccountColumns:
    """The plain columns: the plan is the account's name, and whoever has a customer is active."""
    return columns_of(account, plan=account.name.lower(), status="active" if account.customer_id else "none")


class OverviewContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract, opened with `with_its_name_as_plan`."""

    async def test_an_account_is_listed_as_its_row_has_it(self, books: Books) -> None:
        await books.accounts.change("a", granting(5))
        await someone(books, "a", "ann@example.com", "Pro", "cus_1")

        assert await books.overview.accounts(limit=9) == (
            AccountListed(
                id="a",
                email="ann@example.com",
                name="Pro",
                customer_id="cus_1",
                tier="pro",
                status="active",
                available=5,
                held=0,
                debt=0,
                suspended=False,
                opened_at=NOW,
            ),
        )

    async def test_accounts_are_found_by_part_of_id_mail_or_name_and_by_the_whole_customer(self, books: Books) -> None:
        await someone(books, "auth0|Xy", "ann@example.com", "Ann Lee", "cus_1")
        await someone(books, "b", "BOB@example.com", "100% Bob_", "cus_12")
        await someone(books, "c", "carol@example.org", "Cärol")

        found = {word: await ids(books, AccountWanted(query=word)) for word in WORDS}
        assert found == WORDS

    async def test_accounts_are_found_by_plan_and_status(self, books: Books) -> None:
        await someone(books, "a", "a@example.com", "Pro", "cus_1")
        await someone(books, "b", "b@example.com", "Pro")
        await someone(books, "c", "c@example.com", "Free")

        assert await ids(books, AccountWanted(tier="pro")) == ["a", "b"]
        assert await ids(books, AccountWanted(status="none")) == ["b", "c"]
        assert await ids(books, AccountWanted(query="example", tier="pro", status="none")) == ["b"]

    async def test_accounts_come_page_by_page_in_the_order_of_their_ids(self, books: Books) -> None:
        for account_id in ("b", "C", "a", "d"):
            await books.accounts.change(account_id, granting(1))
        await books.accounts.change("without-events", recording())

        first = await books.overview.accounts(limit=3)
        assert [each.id for each in first] == ["C", "a", "b"]
        assert [each.id for each in await books.overview.accounts(limit=3, after="b")] == ["d"]

    async def test_generations_are_counted_by_day_model_and_status(self, books: Books) -> None:
        begins = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
        times = {"1": begins, "2": NOW, "3": NOW, "4": begins + A_DAY, "5": begins - A_DAY / 86_400}
        for n, at in times.items():
            made = evolve(a_generation(n), created_at=at, expires_at=at + A_DAY, model="n" if n == "3" else "m")
            await books.accounts.change("a", recording(GenerationOpened(made)))
        done = GenerationMoved(generation_id="1", status=GenerationStatus.SUCCEEDED, ended_at=NOW)
        await books.accounts.change("a", recording(done))
        another = evolve(a_generation("1", account_id="b"), model="n")
        await books.accounts.change("b", recording(GenerationOpened(another)))

        def made_of(model: str, status: GenerationStatus, n: int) -> GenerationsMade:
            return GenerationsMade(day=TODAY, model=model, status=status, generations=n)

        assert await books.overview.generations(TODAY, TODAY) == (
            made_of("m", GenerationStatus.QUEUED, 1),
            made_of("m", GenerationStatus.SUCCEEDED, 1),
            made_of("n", GenerationStatus.QUEUED, 2),
        )
        days = [each.day for each in await books.overview.generations(TODAY - A_DAY, TODAY + A_DAY)]
        assert days == [TODAY - A_DAY, *[TODAY] * 3, TODAY + A_DAY]

    async def test_open_incidents_are_counted_by_kind(self, books: Books) -> None:
        nobodys = Incident(key="e", account_id=None, kind=IncidentKind.WEBHOOK_FAILED, detail="?", at=NOW)
        job = IncidentRaised(key="j", kind=IncidentKind.JOB_FAILED, detail="?", at=NOW)
        await books.accounts.change("a", recording(job))
        await books.accounts.change("b", recording(job))
        for incident in (nobodys, evolve(nobodys, key="f")):
            await books.incidents.report(incident)
        await books.incidents.resolve(nobodys, resolved(NOW))

        assert dict(await books.overview.open_incidents()) == {
            IncidentKind.JOB_FAILED: 2,
            IncidentKind.WEBHOOK_FAILED: 1,
        }

    async def test_what_is_parked_is_listed_newest_first(self, books: Books) -> None:
        old, new = a_parked_event("evt_1"), a_parked_event("evt_2", minute=1, provider_id="sub_2")
        same = a_parked_event("evt_3", minute=1)
        for event in (new, old, same):
            await books.directory.park(event)

        async def listed(**more: ParkedEvent | int) -> tuple[ParkedEvent, ...]:
            return await books.overview.parked(**more)  # type: ignore[arg-type]

        assert await listed() == (same, new, old)
        assert await listed(limit=1) == (same,)
        assert await listed(limit=1, after=same) == (new,)
        assert await books.overview.count_parked() == 3
        assert await books.overview.parked_event("evt_2") == new
        assert await books.overview.parked_event("evt_9") is None


WORDS = {
    "auth0|": ["auth0|Xy"],
    "xY": ["auth0|Xy"],
    "EXAMPLE.com": ["auth0|Xy", "b"],
    "bob@": ["b"],
    "n l": ["auth0|Xy"],
    "0% b": ["b"],
    "b_": ["b"],
    "%": ["b"],
    "_": ["b"],
    "cus_1": ["auth0|Xy"],
    "cus_": [],
    "Cär": ["c"],
    "nobody": [],
}


async def ids(books: Books, wanted: AccountWanted = EVERYONE) -> list[str]:
    return [each.id for each in await books.overview.accounts(wanted, limit=9)]


async def someone(books: Books, account_id: str, email: str, name: str, customer_id: str | None = None) -> None:
    events: list[Event] = [AccountOpened(NOW), ProfileNoted(at=NOW, email=email, name=name)]
    if customer_id is not None:
        events.append(CustomerLinked(at=NOW, customer_id=customer_id))
    await books.accounts.change(account_id, lambda _: Commit(None, tuple(events)))
