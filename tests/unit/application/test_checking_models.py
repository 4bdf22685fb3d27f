"""A model that no picture can be made with is shown to a person before customers meet it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from attrs import define, field

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.system import FixedClock
from billing_core.application.checking_models import CheckingModels
from billing_core.ports.incidents import Incident
from billing_core.ports.model_watch import ModelProblem, ModelStanding

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


def flux(problem: ModelProblem | None = None, retires_at: datetime | None = None) -> ModelStanding:
    return ModelStanding(model="flux", provider="deepinfra", name="FLUX-1", problem=problem, retires_at=retires_at)


@define
class Told:
    """The incidents of a shop whose models stand so."""

    standing: tuple[ModelStanding, ...]
    clock: FixedClock = field(factory=lambda: FixedClock(NOON))
    books: MemoryBooks = field(factory=MemoryBooks)

    async def standings(self) -> tuple[ModelStanding, ...]:
        return self.standing

    async def after_checks(self, *rests: timedelta) -> tuple[Incident, ...]:
        """Those that are open after a check, and after another one at the end of each rest."""
        for rest in (timedelta(0), *rests):
            self.clock.advance(rest)
            await CheckingModels(self, self.books.incidents, self.clock).run({})
        return await self.books.incidents.open()


@pytest.mark.parametrize(
    "standing",
    [flux(), flux(ModelProblem.UNREACHABLE), flux(retires_at=NOON + timedelta(days=30, seconds=1))],
    ids=["well", "unreachable just now", "retired later"],
)
async def test_what_needs_nobody_is_quiet(standing: ModelStanding) -> None:
    assert () == await Told((standing,)).after_checks()


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (flux(ModelProblem.NOT_SET_UP), "deepinfra is not set up; set the key of deepinfra"),
        (flux(ModelProblem.KEY_REFUSED), "deepinfra refuses its key; set a key of deepinfra that is valid"),
        (flux(ModelProblem.UNKNOWN), r"deepinfra \(FLUX-1\) does not know it; give flux another `name`"),
        (flux(ModelProblem.RETIRED), "has retired it; give flux another `name`"),
        (flux(ModelProblem.RETIRED, NOON - A_DAY), "has retired it on 20 November 2026; give"),
        (flux(retires_at=NOON + timedelta(days=30)), "from 21 December 2026 on: deepinfra retires FLUX-1; give flux"),
    ],
)
async def test_a_model_that_no_picture_can_be_made_with_is_told_with_its_mending(
    standing: ModelStanding, told: str
) -> None:
    (incident,) = await Told((standing,)).after_checks()

    assert ("model", None, NOON) == (incident.kind.value, incident.account_id, incident.at)
    assert re.search(told, incident.detail)


@pytest.mark.parametrize("problem", [ModelProblem.KEY_REFUSED, ModelProblem.UNKNOWN, ModelProblem.RETIRED])
async def test_a_problem_that_came_up_is_one_incident_a_day(problem: ModelProblem) -> None:
    told = Told((flux(problem),))

    assert 1 == len(await told.after_checks(AN_HOUR, AN_HOUR))
    assert 2 == len(await told.after_checks(A_DAY))


@pytest.mark.parametrize("standing", [flux(ModelProblem.NOT_SET_UP), flux(retires_at=NOON + timedelta(days=20))])
async def test_what_is_known_to_stay_is_told_once(standing: ModelStanding) -> None:
    assert 1 == len(await Told((standing,)).after_checks(AN_HOUR, A_DAY, A_DAY))


async def test_each_model_is_an_incident_of_its_own() -> None:
    other = ModelStanding(model="gpt", provider="openai", name="gpt-image", problem=ModelProblem.KEY_REFUSED)

    incidents = await Told((flux(ModelProblem.KEY_REFUSED), other)).after_checks()

    assert 2 == len(incidents)
