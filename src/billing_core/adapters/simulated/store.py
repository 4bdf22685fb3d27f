"""The state as one JSON file, replaced as a whole, so that a crash leaves the old one or the new one."""

from pathlib import Path

import msgspec

from billing_core.adapters.simulated.state import SCHEMA, State


def load(path: Path | None) -> State:
    """The state that was saved there; a new one where there is none. Raises ValueError for another schema's file."""
    if path is None or not path.exists():
        return State()
    schema = msgspec.json.decode(path.read_bytes(), type=Headed).schema
    if schema != SCHEMA:
        whose = "a newer" if schema > SCHEMA else "an older"
        raise ValueError(f"{path.name} was written by {whose} version of the simulated Stripe; move it away")
    return msgspec.json.decode(path.read_bytes(), type=State)


class Headed(msgspec.Struct):
    """What every schema has."""

    schema: int = 1


def save(path: Path, state: State) -> None:
    """Written beside it first: renaming is atomic, writing is not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(msgspec.json.encode(state))
    beside.replace(path)
