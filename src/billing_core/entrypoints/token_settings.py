"""What the operator sets of tokens that somebody else signs: where their keys are published."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.mail_settings import is_here

URL, ISSUER = "BILLING_JWKS_URL", "BILLING_JWT_ISSUER"


def jwks_url(environ: Mapping[str, str]) -> str:
    """Where keys are published; empty where it is not set.

    Raises SettingsError for an address whose answer anybody on the way could change, and where no issuer is named: a
    publisher's keys are often those of many.
    """
    url = (environ.get(URL) or "").strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(f"{URL} must be a web address") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_here(host))
    if not host or parts.username is not None or not is_safe:
        raise SettingsError(f"{URL} must begin with https://, and name a host and no user")
    if not environ.get(ISSUER):
        raise SettingsError(f"{URL} needs {ISSUER}: who must have made the tokens that its keys signed")
    return url
