"""Reading single values of the environment."""

from collections.abc import Mapping


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it, never its value where that is a secret."""


def several(value: str) -> frozenset[str]:
    """What stands between the commas."""
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def flag(environ: Mapping[str, str], name: str) -> bool | None:
    """Yes or no, None where it is not set. Raises SettingsError."""
    value = (environ.get(name) or "").strip().lower()
    if value not in {"", "true", "false", "1", "0"}:
        raise SettingsError(f"{name} must be true or false")
    return value in {"true", "1"} if value else None
