"""How long work on many objects is told: a bar, a line for each that is news or trouble, and a sum of all."""

import json
from collections import Counter
from collections.abc import AsyncIterator

import click
from attrs import define, field
from rich.console import Console
from rich.table import Table

from billing_core.application.results import Outcome, Result
from billing_core.entrypoints.cli.progress import progress, tell

QUIET = (Outcome.UNCHANGED, Outcome.SKIPPED)


@define
class Sums:
    """How many objects of each kind came to each outcome."""

    counts: Counter[tuple[str, str]] = field(factory=Counter)
    troubles: int = 0

    def add(self, result: Result) -> None:
        self.counts[result.kind, result.outcome.value] += 1
        self.troubles += result.outcome.is_trouble

    @property
    def by_kind(self) -> dict[str, dict[str, int]]:
        told: dict[str, dict[str, int]] = {}
        for (kind, outcome), count in self.counts.items():
            told.setdefault(kind, {})[outcome] = count
        return told


async def told(results: AsyncIterator[Result], *, doing: str, as_json: bool, telling: frozenset[Outcome]) -> Sums:
    """Goes through the results and tells each whose outcome is among `telling`."""
    sums = Sums()
    with progress(hidden=as_json) as shown:
        task = shown.add_task(doing, total=None)
        async for result in results:
            sums.add(result)
            if result.outcome in telling and as_json:
                click.echo(json.dumps(as_plain(result)))
            elif result.outcome in telling:
                tell(shown, as_line(result))
            shown.advance(task)
    return sums


def as_plain(result: Result) -> dict[str, str | None]:
    """The result for a program."""
    return {
        "kind": result.kind,
        "id": result.id,
        "outcome": result.outcome.value,
        "account": result.account_id,
        "detail": result.detail,
    }


def as_line(result: Result) -> str:
    """The result for people."""
    whose = f"{result.account_id}: " if result.account_id is not None else ""
    detail = f" ({result.detail})" if result.detail else ""
    return f"{whose}{result.kind} {result.id} {result.outcome.value.replace('_', ' ')}{detail}"


def finish(sums: Sums, *, dry_run: bool, as_json: bool) -> None:
    """Tells the sums, and exits with 1 where anything needs a person."""
    if as_json:
        click.echo(json.dumps({"counts": sums.by_kind, "troubles": sums.troubles, "dry_run": dry_run}))
    else:
        table = Table("", "outcome", "objects", box=None, pad_edge=False)
        for kind, outcomes in sums.by_kind.items():
            for outcome, count in sorted(outcomes.items()):
                table.add_row(kind, outcome.replace("_", " "), f"{count:,}")
        Console().print(table)
        click.echo("nothing was written: this was a dry run" if dry_run else f"{sums.troubles} need a person")
    if sums.troubles:
        raise SystemExit(1)
