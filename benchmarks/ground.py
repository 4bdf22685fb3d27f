"""Where the benchmarks stand: one PostgreSQL, a folder on the same disk, and the processes that they start."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
import psycopg
from attrs import frozen

from benchmarks.figures import Figures
from tests.local_postgres import LocalPostgres, local_postgres

T = TypeVar("T")
Round = Callable[[], Mapping[str, Figures]]
"""Runs every contender that is wanted once, one after the other."""


@frozen
class Ground:
    """What a bench is given."""

    folder: Path
    postgres: LocalPostgres
    peers: Path | None

    @property
    def parts(self) -> dict[str, int]:
        """The process trees that belong to every run; a server and the load generator come on top."""
        postmaster = (self.postgres.folder / "postmaster.pid").read_text().split()[0]
        return {"bench": os.getpid(), "postgres": int(postmaster)}

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"

    def tidy(self, url: str) -> None:
        """What a server that has been up for a while has done: its statistics are true."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")

    @contextmanager
    def copy_of(self, url: str) -> Iterator[str]:
        """A database for one run, dropped afterwards."""
        copy = self.postgres.create(template=url.rpartition("/")[2])
        try:
            yield copy
        finally:
            self.postgres.drop(copy)


Bench = Callable[[Ground, Set[str]], AbstractContextManager[Round]]
"""Prepares what the wanted contenders need, and gives the round."""


class Missing(Exception):
    """A contender is not on this machine; it says so in the report and breaks nothing."""


@contextmanager
def prepared_ground(peers: Path | None) -> Iterator[Ground]:
    """A new PostgreSQL, and a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="bench-") as folder, local_postgres() as postgres:
        yield Ground(Path(folder), postgres, peers)


def ordered(command: list[str], order: object, answer: type[T], *, environment: Mapping[str, str] | None = None) -> T:
    """Runs the command with the order on its standard input; its answer is on its standard output."""
    done = subprocess.run(
        command,
        input=msgspec.json.encode(order),
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, **(environment or {})},
    )
    return msgspec.json.decode(done.stdout, type=answer)


def module(name: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", name]
