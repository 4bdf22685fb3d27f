"""The API versions whose shapes the translation knows.

An event is rendered in the version of its endpoint, whatever the SDK asks for. A version is a day, since acacia with
the name of its train; within a train, versions only add.
"""

import re
from functools import lru_cache

_OLDEST = "2017-01-01"
_TRAINS = {
    "acacia": "2024-09-30",
    "basil": "2025-03-31",
    "clover": "2025-09-30",
    "dahlia": "2026-03-25",
    "endive": "2026-09-30",
}
_VERSION = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.([a-z]+))?")


@lru_cache(64)
def is_known(version: str) -> bool:
    """Whether the version is one of a known train, or of the nameless years before them."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return False
    day, train = match.groups()
    if train is None:
        return _OLDEST <= day < _TRAINS["acacia"]
    return train in _TRAINS and day >= _TRAINS[train]
