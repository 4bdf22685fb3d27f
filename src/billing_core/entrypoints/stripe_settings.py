"""Which Stripe is asked: none of its own (the simulated one), its test mode, or the one that takes real money."""

import re
from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

from attrs import field, frozen

from billing_core.entrypoints.environment import SettingsError, flag

STRIPE = "https://api.stripe.com"
_SECRET = re.compile(r"(?:sk|rk)_(test|live)_[!-~]+")
_PUBLISHABLE = re.compile(r"pk_(test|live)_[!-~]+")
_PRICE_ID = "STRIPE_PRICE_ID_"


class Mode(Enum):
    """Whose money moves: nobody's, nobody's at Stripe, or the customers'."""

    SIMULATED = "simulated"
    TEST = "test"
    LIVE = "live"

    @property
    def is_live(self) -> bool:
        """Whether it is real money."""
        return self is Mode.LIVE


@frozen(kw_only=True)
class StripeSettings:
    """How Stripe is reached; without a secret key it is simulated. `price_ids` names, by plan, the price at Stripe of
    its month in the shop's currency, where that is not found by its lookup key. Reading in bulk keeps the pace. The
    keys do not show in the repr.
    """

    secret_key: str = field(default="", repr=False)
    publishable_key: str = field(default="", repr=False)
    api_base: str = STRIPE
    price_ids: Mapping[str, str] = field(factory=dict)
    requests_per_second: int = 25

    @property
    def mode(self) -> Mode:
        match = _SECRET.fullmatch(self.secret_key)
        return Mode(match[1]) if match else Mode.SIMULATED


def stripe_settings(environ: Mapping[str, str]) -> StripeSettings:
    """What the environment says of Stripe. Raises SettingsError where its parts are of different modes."""
    settings = StripeSettings(
        secret_key=_key(environ, "STRIPE_SECRET_KEY", _SECRET, "sk_test_, sk_live_, rk_test_ or rk_live_"),
        publishable_key=_key(environ, "STRIPE_PUBLISHABLE_KEY", _PUBLISHABLE, "pk_test_ or pk_live_"),
        api_base=_base(environ.get("STRIPE_API_BASE") or STRIPE),
        price_ids=_price_ids(environ),
        requests_per_second=_pace(environ.get("STRIPE_REQUESTS_PER_SECOND") or "25"),
    )
    _ensure_one_mode(settings, is_test=flag(environ, "STRIPE_TEST_MODE"))
    return settings


def _ensure_one_mode(settings: StripeSettings, *, is_test: bool | None) -> None:
    mode = settings.mode
    if is_test is True and mode is Mode.LIVE:
        raise SettingsError("STRIPE_TEST_MODE says true, but STRIPE_SECRET_KEY is a live key")
    if is_test is False and mode is not Mode.LIVE:
        raise SettingsError(f"STRIPE_TEST_MODE says false, but STRIPE_SECRET_KEY is {_told(mode)}: no money would move")
    public = _PUBLISHABLE.fullmatch(settings.publishable_key)
    if public is not None and public[1] != mode.value:
        raise SettingsError(f"STRIPE_PUBLISHABLE_KEY is of {public[1]} mode, but STRIPE_SECRET_KEY is {_told(mode)}")
    if mode is Mode.LIVE and settings.api_base != STRIPE:
        raise SettingsError("STRIPE_API_BASE is set, but a live STRIPE_SECRET_KEY is shown to Stripe alone")


def _told(mode: Mode) -> str:
    return "not set" if mode is Mode.SIMULATED else f"a {mode.value} key"


def _key(environ: Mapping[str, str], name: str, pattern: re.Pattern[str], begins: str) -> str:
    value = (environ.get(name) or "").strip()
    if value and not pattern.fullmatch(value):
        raise SettingsError(f"{name} must begin with {begins}")
    return value


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise SettingsError("STRIPE_API_BASE must be an http(s) origin")
    return url.rstrip("/")


def _pace(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= 100:
        raise SettingsError("STRIPE_REQUESTS_PER_SECOND must be a number from 1 to 100")
    return int(value)


def _price_ids(environ: Mapping[str, str]) -> dict[str, str]:
    given = {name: value.strip() for name, value in environ.items() if name.startswith(_PRICE_ID) and value.strip()}
    for name, value in given.items():
        if not value.startswith("price_"):
            raise SettingsError(f"{name} must be the id of a price at Stripe, which begins with price_")
    return {name.removeprefix(_PRICE_ID).lower(): value for name, value in given.items()}
