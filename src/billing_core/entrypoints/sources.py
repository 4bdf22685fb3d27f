"""Where settings are read from: the environment, a file named `.env`, and an Azure Key Vault. The nearest wins."""

import os
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from billing_core.entrypoints.environment import SettingsError

VAULT = "AZURE_KEY_VAULT_URL"
DOTENV = Path(".env")


def everything_told(environ: Mapping[str, str] = os.environ, dotenv: Path = DOTENV) -> Mapping[str, str]:
    """Every setting, by its name as a variable. One that is set to nothing is looked for further on: whatever starts
    containers hands on variables that nobody has set as empty ones.

    Raises SettingsError, at once or when a secret is asked for, where the vault does not tell.
    """
    near = ChainMap(_filled(environ), _from_file(dotenv))
    url = near.get(VAULT, "").strip()
    return ChainMap(*near.maps, dict(_vault(url))) if url else near


def _filled(told: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in told.items() if value}


def _from_file(path: Path) -> dict[str, str]:
    """As it stands there: a dollar within a password is no reference."""
    try:
        return _filled(dotenv_values(path, interpolate=False, encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from None


def _vault(url: str) -> Mapping[str, str]:
    if not url.startswith("https://"):
        raise SettingsError(f"{VAULT} must begin with https://")
    try:
        from billing_core.entrypoints.key_vault import read_vault  # noqa: PLC0415 - most installations have no Azure
    except ImportError as error:
        raise SettingsError(f'{VAULT} needs more packages: pip install "billing-core[azure]"') from error
    return read_vault(url)
