"""Bringing products, prices and the portal in step with the catalog."""

import asyncio
import json

import click

from billing_core.entrypoints.cli.progress import progress
from billing_core.entrypoints.parts.stripe import syncing_of
from billing_core.entrypoints.settings import from_environment
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.shelf import ShelfChange


@click.command("sync-products")
@click.option("--dry-run", is_flag=True, help="Tell what differs, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per change, and a sum.")
def command(*, dry_run: bool, as_json: bool) -> None:
    """Make Stripe's products, prices and customer portal what the catalog says.

    Safe at any time and any number of times; one that was cut off is completed by the next. Prices that changed are
    replaced, what left the catalog is archived, and what you made in Stripe yourself is left alone.
    """
    asyncio.run(_sync(dry_run=dry_run, as_json=as_json))


async def _sync(*, dry_run: bool, as_json: bool) -> None:
    settings = from_environment()
    async with syncing_of(settings) as syncing:
        due = await syncing.due()
        if dry_run:
            for change in due:
                _tell(change, as_json=as_json)
        else:
            with progress(hidden=as_json) as shown:
                task = shown.add_task("syncing", total=len(due))
                async for change in syncing(due):
                    _tell(change, as_json=as_json)
                    shown.advance(task)
    if settings.mode is Mode.SIMULATED:
        click.echo("Stripe is simulated: nothing is kept", err=True)
    if as_json:
        click.echo(json.dumps({"changes": len(due), "dry_run": dry_run}))
    elif not due:
        click.echo("Stripe is in step with the catalog")
    else:
        click.echo(f"{len(due)} changes {'would be' if dry_run else 'were'} made")


def _tell(change: ShelfChange, *, as_json: bool) -> None:
    if as_json:
        told = {"deed": change.deed.value, "thing": change.thing, "key": change.key, "detail": change.detail}
        click.echo(json.dumps(told))
    else:
        click.echo(f"{change.deed.value:8}{change.thing:8} {change.key}: {change.detail}")
