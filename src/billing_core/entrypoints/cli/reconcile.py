"""Keeping the books in step with Stripe."""

import asyncio
from datetime import UTC, datetime

import click

from billing_core.application.results import Outcome
from billing_core.entrypoints.beside import beside_stripe
from billing_core.entrypoints.cli.results import QUIET, Sums, finish, told
from billing_core.entrypoints.keeping_step import reconciling_of
from billing_core.entrypoints.settings import from_environment

TELLING = frozenset(Outcome) - frozenset(QUIET)


@click.command("reconcile")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    metavar="DATE",
    help="Look back to this day (UTC), not only to the last run that went well. Events are kept for 30 days.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per object, and the counts.")
def command(*, since: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Find what Stripe never told, or told wrongly, and let the books follow.

    Missed events, subscriptions that drifted, paid invoices, refunds and disputes. Safe at any time; the worker does
    it once an hour. Exits 1 where anything needs a person.
    """
    start = since.replace(tzinfo=UTC) if since is not None else None
    sums = asyncio.run(_reconcile(start, dry_run=dry_run, as_json=as_json))
    finish(sums, dry_run=dry_run, as_json=as_json)


async def _reconcile(since: datetime | None, *, dry_run: bool, as_json: bool) -> Sums:
    async with beside_stripe(from_environment()) as container:
        results = reconciling_of(container)(since=since, dry_run=dry_run)
        return await told(results, doing="reconciling", as_json=as_json, telling=TELLING)
