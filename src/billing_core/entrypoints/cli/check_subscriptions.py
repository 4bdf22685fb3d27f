"""How every subscription stands."""

import asyncio
import json
from collections import Counter

import click
from attrs import define, field

from billing_core.application.checking import Checked
from billing_core.application.results import Outcome
from billing_core.entrypoints.beside import beside_stripe
from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.cli.results import as_line, as_plain
from billing_core.entrypoints.keeping_step import checking_of
from billing_core.entrypoints.settings import from_environment


@define
class Standing:
    """How many subscriptions stand how."""

    statuses: Counter[str] = field(factory=Counter)
    due: int = 0
    overdue: int = 0
    drifting: int = 0
    troubles: int = 0

    def add(self, checked: Checked) -> None:
        self.statuses[checked.status.value if checked.status else "unreadable"] += 1
        self.due += checked.is_due
        self.overdue += checked.is_overdue
        self.drifting += checked.result.outcome is Outcome.CHANGED
        self.troubles += checked.result.outcome.is_trouble


@click.command("check-subscriptions")
@click.option("--dry-run", is_flag=True, help="Only look: write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per subscription, and the counts.")
def command(*, dry_run: bool, as_json: bool) -> None:
    """Compare every subscription with Stripe's, and let the books follow where they differ.

    Tells which are due (their period is over and no renewal came), overdue (a renewal was not paid), or drifting.
    Exits 1 where anything needs a person.
    """
    standing = asyncio.run(_check(dry_run=dry_run, as_json=as_json))
    counts = {"due": standing.due, "overdue": standing.overdue, "drifting": standing.drifting}
    if as_json:
        told = {"statuses": dict(standing.statuses), **counts, "troubles": standing.troubles, "dry_run": dry_run}
        click.echo(json.dumps(told))
    else:
        statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(standing.statuses.items()))
        click.echo(f"{statuses or 'no subscriptions'}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()))
        if standing.drifting:
            click.echo("nothing was written: this was a dry run" if dry_run else "the books have followed")
    if standing.troubles:
        raise SystemExit(1)


async def _check(*, dry_run: bool, as_json: bool) -> Standing:
    standing = Standing()
    async with beside_stripe(from_environment()) as container:
        with progress(hidden=as_json) as shown:
            task = shown.add_task("checking", total=None)
            async for checked in checking_of(container)(dry_run=dry_run):
                standing.add(checked)
                if as_json:
                    click.echo(json.dumps(_plain(checked)))
                elif checked.is_due or checked.is_overdue or checked.result.outcome is not Outcome.UNCHANGED:
                    tell(shown, _line(checked))
                shown.advance(task)
    return standing


def _plain(checked: Checked) -> dict[str, object]:
    return as_plain(checked.result) | {
        "status": checked.status.value if checked.status else None,
        "period_end": checked.period_end.isoformat() if checked.period_end else None,
        "due": checked.is_due,
        "overdue": checked.is_overdue,
    }


def _line(checked: Checked) -> str:
    marks = [name for name, is_so in (("due", checked.is_due), ("overdue", checked.is_overdue)) if is_so]
    status = checked.status.value if checked.status else "unreadable"
    return f"{as_line(checked.result)} [{', '.join([status, *marks])}]"
