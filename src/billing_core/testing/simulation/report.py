"""What came of many seeds: for a person, for a program, and as a page of the docs."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import define, field

from billing_core.testing.simulation.points import fault_points
from billing_core.testing.simulation.running import Played

KINDS = {
    "drop": "webhook that never came",
    "duplicate": "webhook that came several times",
    "late": "webhook that came up to three days late",
    "other_version": "webhook in the shapes of another API version",
    "too_many": "429 of Stripe",
    "server_error": "500 of Stripe",
    "lost_request": "request to Stripe that was lost",
    "lost_answer": "answer of Stripe that was lost, after its effect",
    "busy": "books that were unavailable",
    "commit_unknown": "commit that was applied, and whose answer was lost",
    "crash": "death of the process at a fault point",
    "clock_jump": "clock that jumped by up to ten minutes",
    "pause": "worker that paused longer than its lease",
    "image_refused": "picture that the provider refused",
    "image_unavailable": "image provider that was unavailable",
    "image_lost": "pictures that were made, and whose answer was lost",
    "image_late": "pictures that came up to half an hour late",
    "image_fewer": "fewer pictures than were asked for",
    "image_misconfigured": "image provider that did not take what we are set up to send",
    "store_away": "image store that was unavailable",
}
BY_HAND = "<!-- By hand from here on: the generator keeps it. -->"
_FIRST_BY_HAND = f"""{BY_HAND}

## Found and mended

| found by | what was wrong | mended by |
|---|---|---|
"""


@define
class Report:
    """Grows with each seed that was played."""

    seeds: list[int] = field(factory=list)
    days: int = 0
    events: int = 0
    on_sqlite: int = 0
    cpu_s: float = 0
    struck: Counter[str] = field(factory=Counter)
    passed: Counter[str] = field(factory=Counter)
    failed: list[Played] = field(factory=list)

    def add(self, played: Played) -> None:
        """One more seed."""
        self.seeds.append(played.seed)
        self.days += played.days
        self.events += played.events
        self.on_sqlite += played.on_sqlite
        self.cpu_s += played.seconds
        self.struck.update(played.struck)
        self.passed.update(played.passed)
        if not played.is_well:
            self.failed.append(played)

    @property
    def covered(self) -> frozenset[str]:
        """The fault points that were passed."""
        return frozenset(self.passed) & fault_points()

    def plain(self) -> dict[str, Any]:
        """For a program."""
        return {
            "seeds": len(self.seeds),
            "first": min(self.seeds, default=None),
            "virtual_years": round(self.days / 365.25, 1),
            "events": self.events,
            "on_sqlite": self.on_sqlite,
            "cpu_seconds": round(self.cpu_s, 1),
            "faults": dict(sorted(self.struck.items())),
            "fault_points": len(fault_points()),
            "covered": len(self.covered),
            "missed": sorted(fault_points() - self.covered),
            "violations": [{"seed": p.seed, "problem": p.problem} for p in self.failed],
        }

    def line(self) -> str:
        """For a person."""
        told = self.plain()
        verdict = f"{len(self.failed)} violations" if self.failed else "0 violations"
        return (
            f"{told['seeds']:,} seeds, {told['virtual_years']:,} virtual years: {verdict}\n"
            f"{sum(self.struck.values()):,} faults, {told['covered']} of {told['fault_points']} fault points, "
            f"{self.events:,} events of accounts"
        )

    def page(self) -> str:
        """The generated part of the page."""
        told = self.plain()
        each = self.cpu_s / max(1, len(self.seeds))
        verdict = "No law was broken" if not self.failed else f"{len(self.failed)} seeds broke a law"
        lines = [
            "# Simulation",
            "",
            "Written by `billing-core simulate --report docs/simulation.md`.",
            "",
            f"{verdict} in {told['seeds']:,} seeds from {told['first']} on, {told['virtual_years']:,} virtual years.",
            "",
            "| what | how much |",
            "|---|--:|",
            f"| seeds | {told['seeds']:,} |",
            f"| of them on SQLite (else in memory) | {self.on_sqlite:,} |",
            f"| virtual years | {told['virtual_years']:,} |",
            f"| events of accounts, each checked | {self.events:,} |",
            f"| faults | {sum(self.struck.values()):,} |",
            f"| fault points passed, of all | {told['covered']} of {told['fault_points']} |",
            f"| processor time a seed | {each:.2f} s |",
            "",
            "## Faults by kind",
            "",
            "| fault | how often |",
            "|---|--:|",
            *(f"| {KINDS[kind]} | {self.struck[kind]:,} |" for kind in KINDS),
            "",
            *_failures(self.failed),
        ]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Writes the page, and keeps what stands below the mark."""
        kept = _FIRST_BY_HAND
        if path.exists() and BY_HAND in (before := path.read_text()):
            kept = before[before.index(BY_HAND) :]
        path.write_text(f"{self.page()}\n{kept}")


def _failures(failed: Iterable[Played]) -> Iterable[str]:
    shown = [f"- seed {p.seed}: {p.problem}" for p in failed]
    return ["## Violations", "", *shown, ""] if shown else []
