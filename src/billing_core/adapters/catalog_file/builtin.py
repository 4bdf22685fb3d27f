"""The catalog that is used where none is named."""

from importlib.resources import files


def builtin_text() -> str:
    """The TOML of the three tiers that the product starts with."""
    return files(__package__).joinpath("builtin.toml").read_text(encoding="utf-8")
