"""Secrets that stand in an Azure Key Vault: `STRIPE_SECRET_KEY` is the secret `stripe-secret-key` there."""

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from pydantic_settings import AzureKeyVaultSettingsSource, BaseSettings

from billing_core.entrypoints.environment import SettingsError

_OURS = ("billing-", "stripe-")
_PROVIDERS = ("-api-key", "-base-url")


def read_vault(url: str) -> dict[str, str]:
    """Every secret there that may be a setting of ours, by its name as a variable; others, which may be another
    program's, are not read. Whoever runs this process is asked who they are as Azure's own tools do: by a managed
    identity, a workload's, or variables such as `AZURE_CLIENT_ID`.

    Raises SettingsError, which shows nothing of what Azure answered.
    """
    try:
        with DefaultAzureCredential() as credential:
            held = AzureKeyVaultSettingsSource(BaseSettings, url, credential).env_vars
            return {_variable(name): value for name in held if _may_be_ours(name) and (value := held[name])}
    except (AzureError, ValueError) as error:
        raise SettingsError(f"the Key Vault of AZURE_KEY_VAULT_URL was not read: {type(error).__name__}") from error


def _may_be_ours(name: str) -> bool:
    return name.startswith(_OURS) or name.endswith(_PROVIDERS)


def _variable(name: str) -> str:
    return name.replace("-", "_").upper()
