"""The contract of FraudWarnings: one case per warning, newest first; what a person made of it is never overwritten."""

from datetime import timedelta

from attrs import evolve

from billing_core.domain.fraud import FraudPolicy, RiskLevel, WarningStatus
from billing_core.ports.books import Books
from billing_core.ports.records import WarningKept, WarningNoted
from billing_core.ports.warnings import FraudWarning, WarningFilter
from billing_core.testing.contracts.books import NOW, BooksContract, recording

LATER = NOW + timedelta(hours=1)
KEPT = WarningKept(
    id="issfr_1",
    payment="in_1",
    kind="made_with_stolen_card",
    risk=RiskLevel.HIGHEST,
    policy=FraudPolicy.SUSPEND,
    actionable=True,
    at=NOW,
)
CASE = FraudWarning(
    id="issfr_1",
    account_id="a",
    payment="in_1",
    kind="made_with_stolen_card",
    risk=RiskLevel.HIGHEST,
    policy=FraudPolicy.SUSPEND,
    actionable=True,
    at=NOW,
)
NOTED = WarningNoted(id="issfr_1", by="olga", at=LATER, status=WarningStatus.REVIEWING, notes="asked the customer")


class FraudWarningsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_a_warning_is_a_case_that_is_open(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT))

        assert await books.warnings.page() == (CASE,)
        assert await books.warnings.find("issfr_1") == CASE
        assert await books.warnings.find("issfr_0") is None

    async def test_what_a_person_made_of_it_is_kept_with_who_and_when(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT, NOTED))

        reviewed = evolve(CASE, status=WarningStatus.REVIEWING, notes="asked the customer")
        assert await books.warnings.find("issfr_1") == evolve(reviewed, noted_at=LATER, noted_by="olga")

    async def test_told_again_it_stays_one_case_as_it_was_decided(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT, NOTED))
        again = evolve(KEPT, policy=FraudPolicy.REFUND, risk=RiskLevel.NORMAL, at=LATER, actionable=False)
        await books.accounts.change("a", recording(again))

        reviewed = evolve(CASE, status=WarningStatus.REVIEWING, notes="asked the customer")
        expected = evolve(reviewed, noted_at=LATER, noted_by="olga", actionable=False)
        assert await books.warnings.page() == (expected,)

    async def test_what_is_not_said_stays_as_it_was(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT, NOTED))
        for more in ({"notes": None, "status": WarningStatus.CONFIRMED}, {"notes": "it was not", "status": None}):
            await books.accounts.change("a", recording(evolve(NOTED, **more, by="otto")))

        case = await books.warnings.find("issfr_1")
        assert case is not None
        assert (case.status, case.notes, case.noted_by) == (WarningStatus.CONFIRMED, "it was not", "otto")

    async def test_a_note_on_a_warning_of_another_account_changes_nothing(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT))
        await books.accounts.change("b", recording(NOTED))

        assert await books.warnings.page() == (CASE,)

    async def test_they_are_listed_newest_first_page_by_page(self, books: Books) -> None:
        for hours in (1, 3, 2):
            await books.accounts.change("a", recording(evolve(KEPT, id=f"w{hours}", at=NOW + timedelta(hours=hours))))
        first = await books.warnings.page(limit=2)

        assert [warning.id for warning in first] == ["w3", "w2"]
        assert [warning.id for warning in await books.warnings.page(limit=2, after=first[-1])] == ["w1"]

    async def test_they_are_found_by_status_and_account(self, books: Books) -> None:
        await books.accounts.change("a", recording(KEPT, NOTED))
        await books.accounts.change("b", recording(evolve(KEPT, id="issfr_2")))

        async def found(wanted: WarningFilter) -> list[str]:
            return sorted([warning.id for warning in await books.warnings.page(wanted)])

        assert await found(WarningFilter(status=WarningStatus.OPEN)) == ["issfr_2"]
        assert await found(WarningFilter(account_id="a")) == ["issfr_1"]
        assert await found(WarningFilter(account_id="a", status=WarningStatus.OPEN)) == []
