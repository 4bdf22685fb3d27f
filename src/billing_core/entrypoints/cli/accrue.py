"""Bringing accounts to now."""

import asyncio
import json

import click
from attrs import asdict

from billing_core.entrypoints.beside import accruing_of
from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.settings import from_environment


@click.command("accrue")
@click.option("--all", "everyone", is_flag=True, help="Not only who is due: everyone, as a new catalog may want it.")
@click.option("--dry-run", is_flag=True, help="Tell what is due, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per account that failed, and a sum.")
def command(*, everyone: bool, dry_run: bool, as_json: bool) -> None:
    """Write what is due for all accounts: grants, expiries, ends, lapses.

    Safe at any time, beside a running service and beside itself. Exits 1 if any account failed.
    """
    sums = asyncio.run(_accrue(everyone=everyone, dry_run=dry_run, as_json=as_json))
    if as_json:
        click.echo(json.dumps(sums))
    else:
        verb = "are due" if dry_run else "were written"
        click.echo(f"{sums['accounts']} accounts, {sums['failed']} of them failed: {sums['events']} events {verb}")
    if sums["failed"]:
        raise SystemExit(1)


async def _accrue(*, everyone: bool, dry_run: bool, as_json: bool) -> dict[str, int]:
    sums = {"accounts": 0, "events": 0, "failed": 0}
    async with accruing_of(from_environment()) as accruing:
        with progress(hidden=as_json) as shown:
            task = shown.add_task("accruing", total=await accruing.count(everyone=everyone))
            async for accrued in accruing(everyone=everyone, dry_run=dry_run):
                sums["accounts"] += 1
                sums["events"] += accrued.events
                sums["failed"] += accrued.error is not None
                if accrued.error is not None and as_json:
                    click.echo(json.dumps(asdict(accrued)))
                elif accrued.error is not None:
                    tell(shown, f"{accrued.account_id}: {accrued.error}")
                shown.advance(task)
    return sums
