"""The real server as a process that can be killed."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx
from attrs import define, field, frozen

from billing_core.entrypoints.settings import Settings
from tests.crash.operations import CATALOG

COMMAND = str(Path(sys.executable).with_name("billing-core"))
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 60.0
LOOKS_EVERY_S = 0.02


@frozen
class Place:
    """One server's settings, and the folder in which it and its commands run."""

    settings: Settings
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        told = {
            "BILLING_DATABASE_URL": self.settings.database_url,
            "BILLING_CATALOG": str(CATALOG),
            "BILLING_JWT_SECRET": self.settings.jwt_secret,
            "BILLING_IMAGE_STORE": str(self.folder / "images"),
            "BILLING_DRAWING_SECONDS": "0",
            "BILLING_RATES": "account=0",
            "STRIPE_WEBHOOK_SECRET": self.settings.webhook_secrets[0],
            "HOST": self.settings.host,
            "PORT": str(self.settings.port),
        }
        return {**os.environ, **told}

    async def run(self, *command: str) -> str:
        """Runs `billing-core` with these arguments to its end; what it printed. Raises AssertionError."""
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *command,
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), 600)
        except BaseException:
            process.kill()
            raise
        assert process.returncode == 0, printed.decode()
        return printed.decode()


@define
class Server:
    """`billing-core serve`. What it says goes to a file in its folder."""

    place: Place
    command: tuple[str, ...] = ("serve",)
    starts: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Returns when the process runs, which is long before it answers."""
        self.starts += 1
        with (self.place.folder / "server.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                COMMAND, *self.command, cwd=self.place.folder, env=self.place.environment, stdout=log, stderr=log
            )

    async def ready(self, client: httpx.AsyncClient) -> None:
        """Returns when it answers. Raises AssertionError where it ends, or does not answer in time."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            assert self.is_alive, self.said()
            try:
                if (await client.get("/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(LOOKS_EVERY_S)
        raise AssertionError(f"the server did not answer in time\n{self.said()}")

    async def kill(self) -> None:
        """As if the machine lost its power."""
        assert self.is_alive, self.said()
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """As an operator does it."""
        await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Whatever state it is in."""
        if self.is_alive:
            await self._end(signal.SIGKILL)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def said(self) -> str:
        return (self.place.folder / "server.log").read_text(errors="replace")[-5_000:]

    async def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), STOPS_WITHIN_S)
