"""Servers as processes of their own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection

from attrs import frozen

from tests.local_postgres import free_port

STARTS_WITHIN_S = 60


@frozen
class Server:
    """A server that answers."""

    pid: int
    port: int


@contextmanager
def served(module: str, *arguments: str) -> Iterator[Server]:
    """Runs the module with the arguments `… port`, and ends it. Raises RuntimeError where it does not start."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", module, *arguments, str(port)]) as process:
        try:
            _wait_for(process, port)
            yield Server(process.pid, port)
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the server does not answer")
