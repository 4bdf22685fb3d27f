"""Playing worlds in which everything goes wrong."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from billing_core.entrypoints.cli.progress import progress, tell

if TYPE_CHECKING:
    from billing_core.testing.simulation.running import Played


@click.command("simulate")
@click.option("--seeds", type=click.IntRange(min=1), default=100, show_default=True, help="How many to play.")
@click.option("--from", "first", type=click.IntRange(min=0), default=1, show_default=True, help="The first seed.")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True, help="Virtual days of each.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a page of what came of it.")
@click.option("--processes", type=click.IntRange(min=1), help="How many at once; else one for each core.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each step of a single seed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *, seeds: int, first: int, days: int, report: Path | None, processes: int | None, verbose: bool, as_json: bool
) -> None:
    """Play the whole core on virtual time, with lost webhooks, crashes, retries and clocks that jump.

    Each seed is one world, and always the same. Laws are checked at every step; in the end the books must be what an
    oracle says. Exits 1 where a seed breaks a law, and tells how to play it again.
    """
    if verbose and seeds == 1:
        _one(first, days)
        return
    from billing_core.testing.simulation.many import run_seeds  # noqa: PLC0415 - it is not for serving
    from billing_core.testing.simulation.report import Report  # noqa: PLC0415 - it is not for serving

    sums = Report()
    with progress(hidden=as_json) as shown:
        task = shown.add_task("seeds", total=seeds)
        for played in run_seeds(range(first, first + seeds), days=days, processes=processes):
            sums.add(played)
            if not played.is_well:
                tell(shown, told_of(played))
            shown.advance(task)
    if report is not None:
        sums.write(report)
    click.echo(json.dumps(sums.plain()) if as_json else sums.line())
    if sums.failed:
        raise SystemExit(1)


def _one(seed: int, days: int) -> None:
    """In this process, which must order its sets of strings as the others do."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *_again()], {**os.environ, "PYTHONHASHSEED": "0"})
    from billing_core.testing.simulation.running import run_seed  # noqa: PLC0415 - it is not for serving

    played = run_seed(seed, days=days, told=click.echo)
    click.echo(told_of(played) if played.problem else f"seed {seed}: no law is broken, {played.events} events")
    if played.problem:
        raise SystemExit(1)


def _again() -> list[str]:
    return ["-c", "from billing_core.entrypoints.cli import main; main()", *sys.argv[1:]]


def told_of(played: "Played") -> str:
    """What a person needs who looks into a seed that failed."""
    steps = "\n".join(f"    {step}" for step in played.last_steps[-12:])
    replay = f"billing-core simulate --from {played.seed} --seeds 1 --days {played.days} -v"
    return f"seed {played.seed}: {played.problem}\n{steps}\n{played.where}\nto play it again: {replay}"
