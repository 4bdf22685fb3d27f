"""Proving the books."""

import asyncio
import json
import shlex
from collections import Counter

import click
from attrs import define, field

from billing_core.application.auditing import Audited
from billing_core.domain.incidents import Severity
from billing_core.domain.invariants import Breach, Invariant
from billing_core.entrypoints.beside import auditing_of
from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.settings import from_environment


@define
class Tally:
    """What was audited so far, the account that came last, and how often each invariant did not hold."""

    last: str
    accounts: int = 0
    events: int = 0
    wrong: int = 0
    found: Counter[Invariant] = field(factory=Counter)
    is_complete: bool = False

    def take(self, audited: Audited) -> None:
        self.last = audited.account_id
        self.accounts += 1
        self.events += audited.events
        self.wrong += bool(audited.breaches)
        self.found.update(breach.invariant for breach in audited.breaches)

    @property
    def is_bad(self) -> bool:
        """Whether anything was found that cannot wait until there is time."""
        return any(invariant.severity is not Severity.LOW for invariant in self.found)


@click.command("audit")
@click.option(
    "--after", default="", metavar="ACCOUNT", help="Go on behind this account: an audit that stopped names it."
)
@click.option("--gateway", is_flag=True, help="Ask Stripe for every subscription and every payment, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per account with problems, and a sum.")
def command(*, after: str, gateway: bool, as_json: bool) -> None:
    """Replay every stream and compare it with its row, its columns and the laws of conservation.

    Then look at what else must hold: what was paid for was given, who is subscribed has their plan, no hold outlives
    its deadline; with --gateway, also that the books are as Stripe tells. Other processes may go on meanwhile. Exits 1
    on any problem that is not of low severity.
    """
    tally = Tally(after)
    try:
        asyncio.run(_audit(tally, gateway=gateway, as_json=as_json))
    finally:
        if not tally.is_complete and tally.last:
            click.echo(f"to go on: billing-core audit --after {shlex.quote(tally.last)}", err=True)
    if as_json:
        found = {invariant.value: count for invariant, count in tally.found.items()}
        sums = {"accounts": tally.accounts, "events": tally.events, "wrong": tally.wrong, "found": found}
        click.echo(json.dumps(sums))
    else:
        click.echo(f"{tally.accounts} accounts, {tally.events} events: {_verdict(tally)}")
    if tally.is_bad:
        raise SystemExit(1)


def _verdict(tally: Tally) -> str:
    if not tally.wrong:
        return "every stream folds to its row, no credit is lost or made, and what must hold does"
    counts = ", ".join(f"{count} {invariant.value}" for invariant, count in tally.found.most_common())
    return f"{tally.wrong} accounts have problems ({counts})"


async def _audit(tally: Tally, *, gateway: bool, as_json: bool) -> None:
    async with auditing_of(from_environment(), asks_gateway=gateway) as auditing:
        with progress(hidden=as_json) as shown:
            task = shown.add_task("auditing", total=await auditing.register.count(after=tally.last))
            async for audited in auditing.all(after=tally.last):
                tally.take(audited)
                if as_json and audited.breaches:
                    click.echo(json.dumps(_plain(audited)))
                for breach in () if as_json else audited.breaches:
                    tell(shown, f"{audited.account_id}: {breach.text} [{breach.invariant.severity.value}]")
                shown.advance(task)
    tally.is_complete = True


def _plain(audited: Audited) -> dict[str, object]:
    return {
        "account_id": audited.account_id,
        "events": audited.events,
        "problems": audited.problems,
        "breaches": [_breach(breach) for breach in audited.breaches],
    }


def _breach(breach: Breach) -> dict[str, object]:
    """Its words are among the problems, in the same place."""
    invariant = breach.invariant
    return {"invariant": invariant.value, "severity": invariant.severity.value, "about": dict(breach.about)}
