"""Reports: everything at a glance, or a table of figures for people, spreadsheets and programs."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table

from billing_core.application.summing_up import Report, ReportName
from billing_core.entrypoints.beside import overseeing_of, summing_up_of
from billing_core.entrypoints.overviews import OverviewShape, overview_of
from billing_core.entrypoints.reports import csv_of, report_of
from billing_core.entrypoints.settings import from_environment

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("report")
@click.argument("name", required=False, type=click.Choice([name.value for name in ReportName]))
@click.option(
    "--from", "first", type=DAY, metavar="DAY", help="The first day (UTC); by default 29 days before the last."
)
@click.option("--to", "last", type=DAY, metavar="DAY", help="The last day (UTC), included; by default today.")
@click.option("--csv", "as_csv", is_flag=True, help="Print it as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, name: str | None, first: datetime | None, last: datetime | None, as_csv: bool, as_json: bool) -> None:
    """Print the report NAME or, without one, everything at a glance.

    What happened since the last count is counted first. Safe at any time, beside a running service.
    """
    if as_csv and as_json:
        raise click.UsageError("give one of --csv and --json")
    if name is None:
        if as_csv or first or last:
            raise click.UsageError("--csv, --from and --to need a NAME")
        _tell_overview(asyncio.run(_overview()), as_json=as_json)
        return
    chosen = ReportName(name)
    if (first or last) and not chosen.is_daily:
        raise click.UsageError(f"{name} tells how things stand now, so it takes no --from and --to")
    report = asyncio.run(_report(chosen, _day(first), _day(last)))
    if as_csv:
        click.echo(csv_of(report), nl=False)
    elif as_json:
        click.echo(msgspec.json.encode(report_of(report)))
    else:
        _tell_report(report)


def _tell_report(report: Report) -> None:
    """Columns in which there is nothing are left out, so that the table fits a terminal."""
    told = [n for n, name in enumerate(report.columns) if n == 0 or any(row[n] for row in report.rows)]
    table = Table(*(report.columns[n].replace("_", " ") for n in told), box=None, pad_edge=False)
    for row in report.rows:
        table.add_row(*(_cell(row[n]) for n in told))
    Console().print(table)
    _tell_left_out(report.left_out)


def _tell_overview(shown: OverviewShape, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    recent = shown.recent
    lines = [
        f"{shown.accounts:,} accounts, {recent.accounts_opened:,} of them new in the last {recent.days} days",
        *(f"{live.accounts:,} subscribe to {live.tier}, {live.status}" for live in shown.live),
        *(f"{money.text} a month come in, before discounts and taxes" for money in shown.mrr),
        f"{shown.credits_outstanding:,} credits are outstanding, {shown.credits_owed:,} are owed",
        f"{shown.credits_spent:,} credits were ever spent; in the last {recent.days} days {recent.credits_spent:,}",
        f"{recent.credits_granted:,} were granted in those days, {recent.credits_expired:,} expired",
        f"{recent.credits_covered:,} were used in them under unlimited plans",
        f"{recent.images:,} pictures; generations in the last {recent.days} days: {_counts(recent.generations)}",
        f"{shown.incidents.total:,} open incidents: {_counts(shown.incidents.by_severity)}",
        f"webhooks: {shown.webhooks.failed:,} failed, {shown.webhooks.dead:,} dead, {shown.webhooks.parked:,} parked",
    ]
    click.echo("\n".join(lines))
    _tell_left_out(shown.left_out)


def _tell_left_out(left_out: int) -> None:
    if left_out:
        text = (
            f"{left_out} accounts cannot be read, so what happened to them lately is not in it: run billing-core audit"
        )
        click.echo(text, err=True)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _cell(cell: str | int | date | None) -> str:
    return f"{cell:,}" if isinstance(cell, int) else "" if cell is None else str(cell)


def _day(given: datetime | None) -> date | None:
    return given.date() if given is not None else None


async def _overview() -> OverviewShape:
    async with overseeing_of(from_environment()) as overseeing:
        return overview_of(await overseeing())


async def _report(name: ReportName, first: date | None, last: date | None) -> Report:
    async with summing_up_of(from_environment()) as summing_up:
        return await summing_up(name, first=first, last=last)
