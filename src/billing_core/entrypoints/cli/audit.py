"""Proving the books."""

import asyncio
import json
import shlex

import click
from attrs import asdict, define

from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.container import auditing_of
from billing_core.entrypoints.settings import from_environment


@define
class Tally:
    """What was audited so far, and the account that came last."""

    last: str
    accounts: int = 0
    events: int = 0
    wrong: int = 0
    is_complete: bool = False


@click.command("audit")
@click.option(
    "--after", default="", metavar="ACCOUNT", help="Go on behind this account: an audit that stopped names it."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per account with problems, and a sum.")
def command(*, after: str, as_json: bool) -> None:
    """Replay every stream and compare it with its row, its columns and the laws of conservation.

    Other processes may go on meanwhile. Exits 1 on any problem.
    """
    tally = Tally(after)
    try:
        asyncio.run(_audit(tally, as_json=as_json))
    finally:
        if not tally.is_complete and tally.last:
            click.echo(f"to go on: billing-core audit --after {shlex.quote(tally.last)}", err=True)
    if as_json:
        click.echo(json.dumps({"accounts": tally.accounts, "events": tally.events, "wrong": tally.wrong}))
    else:
        sound = "every stream folds to its row, and no credit is lost or made"
        verdict = f"{tally.wrong} do not" if tally.wrong else sound
        click.echo(f"{tally.accounts} accounts, {tally.events} events: {verdict}")
    if tally.wrong:
        raise SystemExit(1)


async def _audit(tally: Tally, *, as_json: bool) -> None:
    async with auditing_of(from_environment()) as auditing:
        with progress(hidden=as_json) as shown:
            task = shown.add_task("auditing", total=await auditing.register.count(after=tally.last))
            async for audited in auditing.all(after=tally.last):
                tally.last = audited.account_id
                tally.accounts += 1
                tally.events += audited.events
                tally.wrong += bool(audited.problems)
                if as_json and audited.problems:
                    click.echo(json.dumps(asdict(audited)))
                for problem in () if as_json else audited.problems:
                    tell(shown, f"{audited.account_id}: {problem}")
                shown.advance(task)
    tally.is_complete = True
