"""What was found, as a table for a reader and as JSON for a program."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figures, Spread, spread
from benchmarks.lines import Line

NOISY_PCT = 10
WIDTH = 160
UNITS = {"per_s": "/s", "p50_ms": " ms", "p99_ms": " ms", "mib": " MiB"}


@frozen(kw_only=True)
class Finding:
    """What came of a line: the runs of both contenders, or why there are none."""

    line: Line
    product: Sequence[Figures] = ()
    reference: Sequence[Figures] = ()
    absent: str = ""

    @property
    def ratio(self) -> float | None:
        """The product's median as a multiple of the reference's."""
        ours, theirs = spread(self.product, self.line.figure), spread(self.reference, self.line.figure)
        return ours.median / theirs.median if ours and theirs else None

    @property
    def cpu_ratio(self) -> float | None:
        """The CPU time of an operation, server and PostgreSQL together, as a multiple of the reference's."""
        ours, theirs = _cpu_us(self.product), _cpu_us(self.reference)
        return ours / theirs if ours and theirs else None

    @property
    def verdict(self) -> str:
        """How far the claim is reached."""
        if self.ratio is None:
            return self.absent
        if self._reaches(self.ratio, self.line.aim):
            return "aim reached"
        return "reached" if self._reaches(self.ratio, self.line.must) else "not reached"

    @property
    def foreign_pct(self) -> float:
        """The greatest share of CPU that strangers took during one of its runs."""
        return max((run.get("foreign_pct", 0.0) for run in (*self.product, *self.reference)), default=0.0)

    def _reaches(self, ratio: float, claim: float) -> bool:
        return ratio >= claim if self.line.more else ratio <= claim


def console() -> Console:
    """Where the tables go: wide enough for them where nobody's terminal says how wide it is."""
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Every run of every line."""
    return [
        {
            "line": finding.line.key,
            "work": finding.line.work,
            "figure": finding.line.figure,
            "ratio": finding.ratio,
            "cpu_ratio": finding.cpu_ratio,
            "must": finding.line.must,
            "aim": finding.line.aim,
            "verdict": finding.verdict,
            "foreign_pct": finding.foreign_pct,
            "product": {"name": finding.line.product, "runs": finding.product},
            "reference": {"name": finding.line.reference, "runs": finding.reference},
        }
        for finding in findings
    ]


def show(findings: Sequence[Finding], console: Console) -> None:
    """Prints the table of the claims, and a table of what each contender took."""
    claims = Table("work", "product", "reference", "ratio", "must", "aim", "verdict", "CPU ratio", title="Claims")
    for finding in findings:
        line = finding.line
        sign = "≥" if line.more else "≤"
        claims.add_row(
            line.work,
            _median(finding.product, line),
            f"{_median(finding.reference, line)}\n{line.reference}",
            "" if finding.ratio is None else f"{finding.ratio:.2f}",
            f"{sign} {line.must:.2f}",
            f"{sign} {line.aim:.2f}",
            finding.verdict,
            "" if finding.cpu_ratio is None else f"{finding.cpu_ratio:.2f}",
        )
    console.print(claims)
    console.print(_costs(findings))
    for finding in findings:
        if finding.foreign_pct > NOISY_PCT:
            console.print(f"{finding.line.key}: other processes took {finding.foreign_pct:.0f} % of the CPU in a run")


def _costs(findings: Sequence[Finding]) -> Table:
    heads = ("contender", "a second", "p50 ms", "p99 ms", "CPU µs: server", "postgres", "load", "foreign CPU")
    table = Table("line", *heads, title="What each took: median (least to most) of the rounds")
    for finding in findings:
        for name, runs in ((finding.line.product, finding.product), (finding.line.reference, finding.reference)):
            if runs:
                columns = ("per_s", "p50_ms", "p99_ms", "server_us", "postgres_us", "load_us")
                cells = [_range(spread(runs, column)) for column in columns]
                foreign = spread(runs, "foreign_pct")
                table.add_row(finding.line.key, name, *cells, f"{foreign.most:.0f} %" if foreign else "")
    return table


def _cpu_us(runs: Sequence[Figures]) -> float:
    parts = (spread(runs, "server_us"), spread(runs, "postgres_us"))
    return sum(part.median for part in parts if part)


def _median(runs: Sequence[Mapping[str, float]], line: Line) -> str:
    found = spread(runs, line.figure)
    return f"{_number(found.median)}{UNITS[line.figure]}" if found else ""


def _range(found: Spread | None) -> str:
    if found is None:
        return ""
    if found.least == found.most:
        return _number(found.median)
    return f"{_number(found.median)} ({_number(found.least)} to {_number(found.most)})"


def _number(value: float) -> str:
    """Three figures tell enough of what moves by more than one in a hundred."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
