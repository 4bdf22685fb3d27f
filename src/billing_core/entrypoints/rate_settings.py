"""What the operator sets of how often one may ask."""

from collections.abc import Mapping

import attrs
from attrs import frozen

from billing_core.entrypoints.environment import SettingsError, several

RATES = "BILLING_RATES"
MOST = 1_000_000


@frozen(kw_only=True)
class RateSettings:
    """How many requests a minute: of an account, of one of its keys, of an address that is not this machine's, and
    for what asks the gateway, of an account at an address. 0 sets no limit."""

    account: int = 600
    key: int = 300
    address: int = 1_200
    checkout: int = 5


UNLIMITED = RateSettings(account=0, key=0, address=0, checkout=0)


def rate_settings(environ: Mapping[str, str]) -> RateSettings:
    """Such as `account=600, key=0`; what is left out is as usual. Raises SettingsError."""
    names = [field.name for field in attrs.fields(RateSettings)]
    told: dict[str, int] = {}
    for part in several(environ.get(RATES, "")):
        name, _, number = (word.strip() for word in part.partition("="))
        if name not in names or name in told or not (number.isascii() and number.isdigit()) or int(number) > MOST:
            raise SettingsError(f"{RATES} must be like {names[0]}=600, with one of {', '.join(names)}, up to {MOST:,}")
        told[name] = int(number)
    return RateSettings(**told)
