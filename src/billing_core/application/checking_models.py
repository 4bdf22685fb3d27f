"""Watching that pictures can be made with every model of the catalog, and for how long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import frozen

from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.model_watch import ModelProblem, ModelStanding, ModelWatch

SOON = timedelta(days=30)


def problem_of(standing: ModelStanding, now: datetime) -> str | None:
    """What is wrong with the model, or soon will be; None where pictures can be made with it."""
    who = f"{standing.provider} ({standing.name})"
    match standing.problem:
        case ModelProblem.NOT_SET_UP:
            return f"no picture can be made with {standing.model}: {standing.provider} is not set up"
        case ModelProblem.KEY_REFUSED:
            return f"no picture can be made with {standing.model}: {standing.provider} refuses its key"
        case ModelProblem.UNKNOWN:
            return f"no picture can be made with {standing.model}: {who} does not know it"
        case ModelProblem.RETIRED:
            return f"no picture can be made with {standing.model}: {who} has retired it{_since(standing)}"
        case ModelProblem.UNREACHABLE:
            return f"nobody answers for {standing.model} at {standing.provider}"
        case None:
            return _soon(standing, now)


def mend_of(standing: ModelStanding) -> str:
    """What a person does about it."""
    match standing.problem:
        case ModelProblem.NOT_SET_UP:
            return f"set the key of {standing.provider}, or take {standing.model} out of the catalog (docs/images.md)"
        case ModelProblem.KEY_REFUSED:
            return f"set a key of {standing.provider} that is valid and may make pictures, then restart"
        case ModelProblem.UNREACHABLE:
            return f"see whether {standing.provider} is up, and reached from here"
        case _:
            return f"give {standing.model} another `name` in the catalog, or let no plan offer it"


def _soon(standing: ModelStanding, now: datetime) -> str | None:
    if standing.retires_at is None or standing.retires_at > now + SOON:
        return None
    until = f"{standing.retires_at:%d %B %Y}"
    return f"no picture can be made with {standing.model} from {until} on: {standing.provider} retires {standing.name}"


def _since(standing: ModelStanding) -> str:
    return "" if standing.retires_at is None else f" on {standing.retires_at:%d %B %Y}"


@frozen
class CheckingModels:
    """Shows a person each model that no picture can be made with, or only for some weeks.

    A provider that cannot be reached just now is none: generations are tried again, and it may be back by then.
    """

    watch: ModelWatch
    incidents: Incidents
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Raises Unavailable where an incident cannot be kept."""
        for standing in await self.watch.standings():
            now = self.clock.now()
            problem = problem_of(standing, now)
            if problem is not None and standing.problem is not ModelProblem.UNREACHABLE:
                detail = f"{problem}; {mend_of(standing)}"
                await self.incidents.report(
                    Incident(
                        key=_key(standing, now),
                        account_id=None,
                        kind=IncidentKind.MODEL,
                        detail=detail,
                        at=now,
                        about={"model": standing.model},
                    )
                )


def _key(standing: ModelStanding, now: datetime) -> str:
    """The same oddity is one incident a day; what was never set up, and a date that is known, are told once."""
    model = f"model:{standing.model}"
    match standing.problem:
        case None:
            return f"{model}:retires:{standing.retires_at:%Y-%m-%d}"
        case ModelProblem.NOT_SET_UP:
            return f"{model}:{standing.problem.value}"
        case _:
            return f"{model}:{standing.problem.value}:{now:%Y-%m-%d}"
