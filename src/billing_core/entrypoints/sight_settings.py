"""What the service tells of itself: which log lines, and in which form."""

import logging
from collections.abc import Mapping

from attrs import frozen

from billing_core.entrypoints.environment import SettingsError, several

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FORMATS = ("json", "text")


@frozen(kw_only=True)
class SightSettings:
    """Lines of `level` and above, as JSON or as text for people."""

    level: str = "info"
    format: str = "json"


def sight_settings(environ: Mapping[str, str]) -> SightSettings:
    """Raises SettingsError."""
    words = several(environ.get("BILLING_LOG", "").lower())
    levels, formats = words.intersection(LEVELS), words.intersection(FORMATS)
    if words - levels - formats or len(levels) > 1 or len(formats) > 1:
        raise SettingsError("BILLING_LOG must be a level (debug, info, warning, error), json or text, or one of each")
    usual = SightSettings()
    return SightSettings(level=next(iter(levels), usual.level), format=next(iter(formats), usual.format))
