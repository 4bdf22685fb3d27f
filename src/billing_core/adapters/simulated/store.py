"""The state as one JSON file, replaced as a whole, so that a crash leaves the old one or the new one."""

from pathlib import Path

import msgspec

from billing_core.adapters.simulated.state import State

SCHEMA = 1


def load(path: Path | None) -> State:
    """The state that was saved there; a new one where there is none. Raises ValueError for a newer file's schema."""
    if path is None or not path.exists():
        return State()
    state = msgspec.json.decode(path.read_bytes(), type=State)
    if state.schema > SCHEMA:
        raise ValueError(f"{path.name} was written by a newer version")
    return state


def save(path: Path, state: State) -> None:
    """Written beside it first: renaming is atomic, writing is not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(msgspec.json.encode(state))
    beside.replace(path)
