"""Everything at a glance."""

from datetime import date, timedelta

from litestar import Controller, Response, get
from litestar.params import FromPath

from billing_core.application.summing_up import COLUMNS, Report, ReportName
from billing_core.domain.figures import Figure
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import Severity
from billing_core.domain.recurring import NONE
from billing_core.entrypoints.http import given
from billing_core.entrypoints.reports import csv_of, file_name_of
from billing_core.entrypoints.web.admin.doors import operators_only
from billing_core.entrypoints.web.charts import Bar, bars_of
from billing_core.entrypoints.web.giving import Page
from billing_core.ports.records import CauseStatus

BY_SEVERITY = tuple(Severity)


class OverviewPages(Controller):
    """`/admin`"""

    path = "/admin"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, overseeing: given.Overseeing, summing_up: given.SummingUp) -> Response[str]:
        """What needs a person first, then money, credits and pictures."""
        glance = await overseeing()
        days = await summing_up(ReportName.CREDITS)
        money, stood = await summing_up(ReportName.MONTHLY), await summing_up(ReportName.STANDINGS)
        open_incidents = sorted(
            glance.incidents.items(), key=lambda found: (BY_SEVERITY.index(GUIDES[found[0]].severity), found[0].value)
        )
        undone = glance.webhooks.get(CauseStatus.FAILED, 0) + glance.webhooks.get(CauseStatus.DEAD, 0)
        return web.page(
            "admin_overview.html",
            glance=glance,
            incidents=[(GUIDES[kind], kind, count) for kind, count in open_incidents],
            undone=undone,
            granted=figures(days, *[name for name in days.columns if name.startswith("granted_")]),
            spent=figures(days, "spent", "covered"),
            outstanding=figures(days, "outstanding"),
            monthly=courses(money),
            subscribed=[(plan, bars) for plan, bars in courses(stood) if plan[1] != NONE],
            plans=sorted(glance.standings, key=lambda each: (-each.accounts, each.plan, each.status)),
            recent=glance.recent,
            figure=Figure,
            generation=GenerationStatus,
        )

    @get("/reports/{name:str}")
    async def report(self, name: FromPath[ReportName], summing_up: given.SummingUp) -> Response[str]:
        """A report as a file for a spreadsheet."""
        report = await summing_up(name)
        headers = {"Content-Disposition": f'attachment; filename="{file_name_of(report)}"'}
        return Response(csv_of(report), media_type="text/csv", headers=headers)


def figures(report: Report, *names: str) -> tuple[Bar, ...]:
    """The sum of these columns for each day."""
    places = [COLUMNS[report.name].index(name) for name in names]
    return bars_of(
        [(date.fromisoformat(str(row[0])), sum(int(str(row[place])) for place in places)) for row in report.rows]
    )


def courses(report: Report) -> list[tuple[tuple[str, ...], tuple[Bar, ...]]]:
    """For each thing that the report's rows are about, between their day and their figure, its figure by day."""
    if report.first is None or report.last is None:
        return []
    days = [report.first + timedelta(days=n) for n in range((report.last - report.first).days + 1)]
    told = {(row[0], tuple(map(str, row[1:-1]))): int(str(row[-1])) for row in report.rows}
    things = sorted({thing for _, thing in told})
    return [(thing, bars_of([(day, told.get((day, thing), 0)) for day in days])) for thing in things]
