"""A worker in a process of its own, to be killed: it tells when it has begun a job, and never ends it."""

import asyncio
import sys
from collections.abc import Mapping

from billing_core.adapters.procrastinate import ProcrastinateRunner


async def report(key: str, detail: str) -> None:
    raise AssertionError(f"{key}: {detail}")


async def begin(_args: Mapping[str, str]) -> None:
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    runner = ProcrastinateRunner(sys.argv[1], report, heartbeat_s=0.2)
    asyncio.run(runner.run({"draw": begin}, stop=asyncio.Event()))
