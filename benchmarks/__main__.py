"""`make bench`: every claim of docs/performance.md, the product and its references in the same run."""

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

from benchmarks.figures import Figures
from benchmarks.ground import Bench, Ground, Missing, prepared_ground
from benchmarks.lines import LINES, Line
from benchmarks.report import Finding, as_json, console, show

Runs = Mapping[str, Sequence[Figures]]


def measured(bench: Bench, lines: Sequence[Line], ground: Ground, rounds: int | None) -> Runs:
    """The rounds of one bench; in each, the contenders that these lines compare take turns."""
    wanted = {name for line in lines for name in (line.product, line.reference)}
    runs: dict[str, list[Figures]] = {}
    with bench(ground, wanted) as a_round:
        for _ in range(rounds or max(line.rounds for line in lines)):
            for name, figures in a_round().items():
                runs.setdefault(name, []).append(figures)
    return runs


def findings_of(
    bench: Bench, lines: Sequence[Line], ground: Ground, *, rounds: int | None, told: Console
) -> Iterable[Finding]:
    """What came of the lines of one bench. One that breaks says so, and the others go on."""
    told.print(f"measuring {', '.join(line.key for line in lines)}")
    runs: Runs = {}
    absent = "not present"
    try:
        runs = measured(bench, lines, ground, rounds)
    except Missing:
        pass
    except Exception:  # noqa: BLE001 - a broken bench must not take the others with it
        told.print(traceback.format_exc())
        absent = "broken"
    for line in lines:
        product, reference = runs.get(line.product, ()), runs.get(line.reference, ())
        yield Finding(line=line, product=product, reference=reference, absent=absent)


@click.command()
@click.option("--only", default="", metavar="LINE", help="Run the lines whose names begin so.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write every run to this file too.")
@click.option("--rounds", type=click.IntRange(min=1), help="So many rounds, where one does for a first look.")
@click.option("--quick", is_flag=True, help="Leave out what takes minutes.")
def main(*, only: str, file: Path | None, rounds: int | None, quick: bool) -> None:
    """Exits 0 whatever the ratios are: they are claims, not tests. Exits 1 where something breaks."""
    lines = [line for line in LINES if line.key.startswith(only) and not (quick and line.is_long)]
    if not lines:
        raise click.UsageError(f"no line begins with {only!r}: {', '.join(line.key for line in LINES)}")
    told = Console(stderr=True)
    peers = os.environ.get("BENCH_PEERS")
    findings: list[Finding] = []
    with prepared_ground(Path(peers).absolute() if peers else None) as ground:
        for bench in dict.fromkeys(line.bench for line in lines):
            of_bench = [line for line in lines if line.bench is bench]
            findings += findings_of(bench, of_bench, ground, rounds=rounds, told=told)
    findings.sort(key=lambda finding: LINES.index(finding.line))
    show(findings, console())
    if file is not None:
        file.write_text(json.dumps(as_json(findings), indent=2))
    sys.exit(any(finding.verdict == "broken" for finding in findings))


if __name__ == "__main__":
    main()
