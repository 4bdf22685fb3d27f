"""Commands of the pages, run as a reader would run them: in a folder, with the package and a curl on the path."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from tests.documented import curl

OURS = ("BILLING", "STRIPE", "OPENAI", "PYTEST", "COV")  # what an environment says of us and of our tests
STOPPED = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"


@frozen
class Ran:
    """What the commands printed, what they complained of, their exit code, and the status of each curl in order."""

    code: int
    said: str
    complaints: str
    statuses: tuple[str, ...]


async def run(script: str, folder: Path, environment: Mapping[str, str] | None = None) -> Ran:
    """Runs the commands with bash, up to the first that fails; what still runs at the end is stopped."""
    programs, answers = folder / ".programs", folder / ".answers"
    programs.mkdir(exist_ok=True)
    (programs / "curl").write_text(curl.PROGRAM)
    (programs / "curl").chmod(0o755)
    answers.touch()
    known = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    known["PATH"] = os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"]))
    process = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", STOPPED + script),
        cwd=folder,
        env={**known, "ANSWERS": str(answers), **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate()
    return Ran(process.returncode or 0, said.decode(), complaints.decode(), tuple(answers.read_text().split()))
