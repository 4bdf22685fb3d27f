"""Reports: tables of figures for a spreadsheet or a program, counted up to the moment when they are told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum

from attrs import field, frozen

from billing_core.application.overseeing import GONE, debt, outstanding
from billing_core.application.reckoning import Reckoning
from billing_core.domain.credits import Source
from billing_core.domain.errors import InvalidValue
from billing_core.domain.figures import Figure, Place
from billing_core.domain.generation import GenerationStatus
from billing_core.ports.clock import Clock
from billing_core.ports.figures import Figures, Standings
from billing_core.ports.overview import Overview

A_DAY = timedelta(days=1)
USUAL_DAYS, MOST_DAYS = 30, 1_100
Cell = str | int | date | None
Row = tuple[Cell, ...]


class ReportName(Enum):
    """Day by day: credits, models, where accounts stood, what came in a month. And now: the last two."""

    CREDITS = "credits"
    MODELS = "models"
    STANDINGS = "standings"
    MONTHLY = "monthly"
    PLANS = "plans"
    MRR = "mrr"

    @property
    def is_daily(self) -> bool:
        """Whether it is about days; the others tell how things stand now."""
        return self not in {ReportName.PLANS, ReportName.MRR}


COLUMNS: Mapping[ReportName, tuple[str, ...]] = {
    ReportName.CREDITS: (
        "day",
        *(f"granted_{source.value}" for source in Source),
        *(figure.value for figure in GONE),
        "outstanding",
        *("incurred", "forgiven", "written_off", "debt", "covered", "images", "accounts_opened"),
    ),
    ReportName.MODELS: (
        *("day", "model", "generations"),
        *(status.value for status in GenerationStatus),
        *("images", "spent", "covered"),
    ),
    ReportName.STANDINGS: ("day", "plan", "status", "accounts"),
    ReportName.MONTHLY: ("day", "currency", "mrr_minor"),
    ReportName.PLANS: ("tier", "status", "currency", "accounts", "mrr_minor"),
    ReportName.MRR: ("currency", "accounts", "mrr_minor"),
}


@frozen(kw_only=True)
class Report:
    """A table. `first` and `last` are its days, both included, None where it tells how things stand now.

    `left_out` accounts could not be read, so what happened to them lately is not in it.
    """

    name: ReportName
    at: datetime
    first: date | None
    last: date | None
    rows: tuple[Row, ...]
    left_out: int
    columns: tuple[str, ...] = field(init=False)

    @columns.default
    def _columns_of_its_name(self) -> tuple[str, ...]:
        return COLUMNS[self.name]


@frozen
class SummingUp:
    """Tells reports. Days are UTC. Raises: Unavailable."""

    reckoning: Reckoning
    figures: Figures
    overview: Overview
    clock: Clock

    async def __call__(self, name: ReportName, *, first: date | None = None, last: date | None = None) -> Report:
        """From the first day to the last; where they are not given, the last 30 until today. Raises InvalidValue."""
        reckoned, now = await self.reckoning(), self.clock.now()
        if name.is_daily:
            first, last = days_of(first, last, now.date())
            rows = await self._daily(name, first, last, now.date())
        else:
            first = last = None
            found = await self.figures.standings()
            rows = plan_rows(found) if name is ReportName.PLANS else currency_rows(found)
        return Report(name=name, at=now, first=first, last=last, rows=tuple(rows), left_out=reckoned.left_out)

    async def _daily(self, name: ReportName, first: date, last: date, today: date) -> Iterator[Row]:
        if name in {ReportName.STANDINGS, ReportName.MONTHLY}:
            since = await self.figures.days(first, today)
            tell = standing_rows if name is ReportName.STANDINGS else monthly_rows
            return tell(await self.figures.standings(), since, first, last, today)
        amounts = await self.figures.days(first, last)
        if name is ReportName.CREDITS:
            return credit_rows(await self.figures.before(first), amounts, first, last)
        found = await self.overview.generations(first, last)
        return model_rows({(each.day, each.model, each.status): each.generations for each in found}, amounts)


def days_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days that a report is about, none of them ahead. Raises InvalidValue."""
    last = today if last is None else min(last, today)
    first = date.fromordinal(max(1, last.toordinal() - USUAL_DAYS + 1)) if first is None else first
    if first > last:
        raise InvalidValue("from", "must not be behind the last day, or ahead")
    if last - first >= MOST_DAYS * A_DAY:
        raise InvalidValue("from", f"must be at most {MOST_DAYS} days back")
    return first, last


def credit_rows(before: Mapping[Figure, int], amounts: Mapping[Place, int], first: date, last: date) -> Iterator[Row]:
    """A row for each day, with what is outstanding and owed at its end."""
    ever, granted, sums = Counter(before), Counter[tuple[date, str]](), Counter[tuple[date, Figure]]()
    for place, amount in amounts.items():
        sums[place.day, place.figure] += amount
        if place.figure is Figure.GRANTED:
            granted[place.day, place.label] += amount
    for n in range((last - first).days + 1):
        day = first + n * A_DAY
        of_day = {figure: sums[day, figure] for figure in Figure}
        ever.update(of_day)
        yield (
            day,
            *(granted[day, source.value] for source in Source),
            *(of_day[figure] for figure in GONE),
            outstanding(ever),
            *(of_day[figure] for figure in (Figure.INCURRED, Figure.FORGIVEN, Figure.WRITTEN_OFF)),
            debt(ever),
            *(of_day[figure] for figure in (Figure.COVERED, Figure.IMAGES, Figure.OPENED)),
        )


def model_rows(made: Mapping[tuple[date, str, GenerationStatus], int], amounts: Mapping[Place, int]) -> Iterator[Row]:
    """A row for each day and model of which there is anything: by when generations were accepted, and delivered."""
    spent = (Figure.IMAGES, Figure.SPENT, Figure.COVERED)
    keys = {(day, model) for day, model, _ in made}
    keys |= {(place.day, place.label) for place in amounts if place.figure in spent}
    for day, model in sorted(keys):
        by_status = [made.get((day, model, status), 0) for status in GenerationStatus]
        yield day, model, sum(by_status), *by_status, *(amounts.get(Place(day, figure, model), 0) for figure in spent)


def standing_rows(
    now: Iterable[Standings], amounts: Mapping[Place, int], first: date, last: date, today: date
) -> Iterator[Row]:
    """A row for each day, plan and status that any account had at its end."""
    stand = Counter[str]()
    for each in now:
        stand[f"{each.plan}/{each.status}"] += each.accounts
    for day, label, accounts in _back(stand, _changed(Figure.STANDING, amounts), first, last, today):
        plan, _, status = label.rpartition("/")
        yield day, plan, status, accounts


def monthly_rows(
    now: Iterable[Standings], amounts: Mapping[Place, int], first: date, last: date, today: date
) -> Iterator[Row]:
    """A row for each day and currency that anybody paid in at its end."""
    monthly = Counter[str]()
    for each in now:
        if each.currency is not None:
            monthly[each.currency] += each.monthly_minor
    return _back(monthly, _changed(Figure.MONTHLY, amounts), first, last, today)


def _changed(figure: Figure, amounts: Mapping[Place, int]) -> Mapping[date, Counter[str]]:
    changed: dict[date, Counter[str]] = {}
    for place, amount in amounts.items():
        if place.figure is figure:
            changed.setdefault(place.day, Counter())[place.label] += amount
    return changed


def _back(
    now: Counter[str], changed: Mapping[date, Counter[str]], first: date, last: date, today: date
) -> Iterator[tuple[date, str, int]]:
    """What is now, gone back day by day by what each day changed; told from the first day on."""
    told: list[tuple[date, str, int]] = []
    for ago in range((today - first).days + 1):
        day = today - ago * A_DAY
        if day <= last:
            told += [(day, label, amount) for label, amount in sorted(now.items(), reverse=True) if amount]
        now = Counter(now)
        now.subtract(changed.get(day, {}))
    return reversed(told)


def plan_rows(found: Iterable[Standings]) -> Iterator[Row]:
    """A row for each plan, status and currency; the currency is null where nothing is paid."""
    for each in sorted(found, key=lambda each: (each.plan, each.status, each.currency or "")):
        yield each.plan, each.status, each.currency, each.accounts, each.monthly_minor


def currency_rows(found: Iterable[Standings]) -> Iterator[Row]:
    """A row for each currency that anybody pays in."""
    accounts, sums = Counter[str](), Counter[str]()
    for each in found:
        if each.currency is not None:
            accounts[each.currency] += each.accounts
            sums[each.currency] += each.monthly_minor
    yield from ((currency, accounts[currency], sums[currency]) for currency in sorted(sums))
