"""What puts into a folder left behind when they were cut off.

obstore writes a file `name#1` and then renames it to `name`; should the process die between, the file stays, and
obstore itself neither lists nor deletes it.
"""

import re
from glob import escape
from pathlib import Path

_LEFTOVER = re.compile(r"(.+)#\d+")


def keys_with_leftovers(root: Path, folder: str) -> set[str]:
    """The keys below the folder of which a put was cut off, or is under way. Raises OSError."""
    found = [path.relative_to(root).as_posix() for path in (root / folder).rglob("*#*") if path.is_file()]
    return {match[1] for each in found if (match := _LEFTOVER.fullmatch(each))}


def delete_leftovers(root: Path, key: str) -> None:
    """Raises OSError."""
    path = root / key
    for found in path.parent.glob(f"{escape(path.name)}#*"):
        if _LEFTOVER.fullmatch(found.name):
            found.unlink(missing_ok=True)
