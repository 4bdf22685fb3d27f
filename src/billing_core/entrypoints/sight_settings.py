"""What the service tells of itself: which log lines, in which form, and who may read its metrics."""

import logging
from collections.abc import Mapping

from attrs import field, frozen

from billing_core.entrypoints.environment import SettingsError, several

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FORMATS = ("json", "text")
SHORTEST_TOKEN = 16


@frozen(kw_only=True)
class SightSettings:
    """Lines of `level` and above, as JSON or as text for people. Without a token only this machine reads metrics, and
    without a port a worker tells none."""

    level: str = "info"
    format: str = "json"
    metrics_token: str = field(default="", repr=False)
    metrics_port: int | None = None


def sight_settings(environ: Mapping[str, str]) -> SightSettings:
    """Raises SettingsError."""
    words = several(environ.get("BILLING_LOG", "").lower())
    levels, formats = words.intersection(LEVELS), words.intersection(FORMATS)
    if words - levels - formats or len(levels) > 1 or len(formats) > 1:
        raise SettingsError("BILLING_LOG must be a level (debug, info, warning, error), json or text, or one of each")
    token = environ.get("BILLING_METRICS_TOKEN") or ""
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or any(char.isspace() for char in token)):
        raise SettingsError(f"BILLING_METRICS_TOKEN must have at least {SHORTEST_TOKEN} ASCII characters and no spaces")
    usual = SightSettings()
    return SightSettings(
        level=next(iter(levels), usual.level),
        format=next(iter(formats), usual.format),
        metrics_token=token,
        metrics_port=_port(environ.get("BILLING_METRICS_PORT") or ""),
    )


def _port(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= 65_535:
        raise SettingsError("BILLING_METRICS_PORT must be a number from 1 to 65535")
    return int(value)
