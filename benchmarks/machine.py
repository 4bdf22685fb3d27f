"""What the machine spent, read from /proc: CPU time by process tree, and how much of it went to strangers."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from attrs import define, field, frozen

PROC = Path("/proc")
KERNEL_THREAD = 0x200000
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROCESSORS = os.cpu_count() or 1


@frozen
class Process:
    """A process at one moment."""

    parent: int
    ticks: int
    is_kernel: bool


@define
class Watch:
    """Adds up the CPU time of the stretches it is entered for. `parts` names the root process of each tree."""

    parts: Mapping[int, str]
    wall_s: float = 0.0
    cpu_s: dict[str, float] = field(factory=dict)
    foreign_s: float = 0.0
    _before: Mapping[int, Process] = field(factory=dict)
    _busy_before: int = 0
    _started: float = 0.0

    def __enter__(self) -> Self:
        self._before, self._busy_before = processes(), busy_ticks()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.perf_counter() - self._started
        now, foreign = processes(), busy_ticks() - self._busy_before
        for pid, process in now.items():
            before = self._before.get(pid)
            spent = process.ticks - (before.ticks if before else 0)
            part = part_of(pid, now, self.parts)
            if part is not None:
                self.cpu_s[part] = self.cpu_s.get(part, 0.0) + spent / TICKS_PER_S
            if part is not None or process.is_kernel:
                foreign -= spent
        self.foreign_s += max(0, foreign) / TICKS_PER_S

    @property
    def foreign_share(self) -> float:
        """The share of all processors that processes took which are no part of the benchmark."""
        return self.foreign_s / self.wall_s / PROCESSORS if self.wall_s else 0.0


def processes() -> dict[int, Process]:
    """Every process by its id. One that ends while we look is left out."""
    return dict(_read())


def busy_ticks() -> int:
    """What all processors together have worked, those processes too that have ended since."""
    total, *_ = (PROC / "stat").read_text().splitlines()
    user, nice, system, _, _, *interrupted = map(int, total.split()[1:9])
    return user + nice + system + sum(interrupted)


def part_of(pid: int, among: Mapping[int, Process], parts: Mapping[int, str]) -> str | None:
    """The part whose root is the process itself or its nearest ancestor that is one; None for a stranger."""
    while pid in among and pid not in parts:
        pid = among[pid].parent
    return parts.get(pid)


def resident_bytes(pid: int) -> int:
    """The memory of the process that is in RAM now."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _read() -> Iterator[tuple[int, Process]]:
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2 :].split()  # the name before it may hold blanks
        ticks = int(fields[11]) + int(fields[12])
        yield int(entry.name), Process(int(fields[1]), ticks, bool(int(fields[6]) & KERNEL_THREAD))
