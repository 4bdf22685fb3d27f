"""Proving the books."""

import asyncio
import json

import click
from attrs import asdict
from rich.console import Console
from rich.progress import track

from billing_core.application.auditing import Audited, Auditing
from billing_core.entrypoints.container import auditing_of
from billing_core.entrypoints.settings import from_environment


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per account with problems, and a sum.")
def command(*, as_json: bool) -> None:
    """Replay every stream and compare it with its row and with the laws of conservation. Exits 1 on any problem."""
    results = asyncio.run(_audit(quiet=as_json))
    wrong = [result for result in results if result.problems]
    events = sum(result.events for result in results)
    if as_json:
        for result in wrong:
            click.echo(json.dumps(asdict(result)))
        click.echo(json.dumps({"accounts": len(results), "events": events, "wrong": len(wrong)}))
    else:
        for result in wrong:
            for problem in result.problems:
                click.echo(f"{result.account_id}: {problem}", err=True)
        verdict = f"{len(wrong)} do not" if wrong else "every stream folds to its row, and no credit is lost or made"
        click.echo(f"{len(results)} accounts, {events} events: {verdict}")
    if wrong:
        raise SystemExit(1)


async def _audit(*, quiet: bool) -> list[Audited]:
    async with auditing_of(from_environment()) as auditing:
        return await _all(auditing, quiet=quiet)


async def _all(auditing: Auditing, *, quiet: bool) -> list[Audited]:
    ids = [account_id async for account_id in auditing.history.accounts()]
    shown = track(ids, "auditing", console=Console(stderr=True), disable=quiet, transient=True)
    return [await auditing(account_id) for account_id in shown]
