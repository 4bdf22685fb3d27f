"""Asks which locked versions have known holes: ends with 1 where one has, and with 2 where nobody could be asked.

pip-audit itself ends well where it was told of none of them, as behind a mirror that knows no holes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AUDIT = (Path(sys.executable).with_name("pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner=off")
FINE, HOLES, NOT_ASKED = 0, 1, 2


def verdict(asked: list[dict[str, Any]]) -> tuple[int, str]:
    """How it ends, and what is said of it."""
    known = [each for each in asked if "skip_reason" not in each]
    holes = [f"{each['name']} {each['version']}: {hole['id']}" for each in known for hole in each["vulns"]]
    unknown = len(asked) - len(known)
    if holes:
        return HOLES, "known holes:\n" + "\n".join(holes)
    if not known:
        return NOT_ASKED, f"not audited: the data of pip-audit cannot be reached from here ({unknown} versions)"
    if unknown:
        return NOT_ASKED, f"no holes in {len(known)} versions, but {unknown} others could not be asked about"
    return FINE, f"no known holes in {len(known)} versions"


def main() -> int:
    told = subprocess.run(
        [*AUDIT, "--format=json", "--timeout=30", "--requirement=requirements.lock"],
        capture_output=True,
        text=True,
        check=False,
    )
    asked = json.loads(told.stdout)["dependencies"] if told.stdout.startswith("{") else []
    status, said = verdict(asked)
    sys.stdout.write(f"{said}\n" if asked else f"{said}\n{told.stderr.strip()[-500:]}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
