"""How the simulated Stripe is set up: what a merchant chooses in the dashboard of the real one."""

from datetime import timedelta
from enum import Enum

from attrs import field, frozen
from attrs.validators import matches_re

from billing_core.domain.errors import InvalidValue


class AfterRetries(Enum):
    """What becomes of a subscription whose renewal could not be collected in the end."""

    CANCELED = "canceled"
    UNPAID = "unpaid"


@frozen(kw_only=True)
class Rendering:
    """How a webhook endpoint gets its events: in the shapes of an API version, the newest where it is None, or thin,
    as notifications without content."""

    api_version: str | None = None
    thin: bool = False


def _share(_: object, __: object, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidValue("duplicates", "a share is from 0 to 1")


@frozen(kw_only=True)
class Settings:
    """`retry_after` counts from the first failure. `draft_for` is how long a renewal invoice waits to be charged.

    `seed` goes into every id: two simulations that serve one set of books must not make the same ids. `latency` is how
    long a request with an idempotency key takes, which keeps its key from others meanwhile.

    `bank_takes` is how long a payment from a bank account is under way. Where it `blocks_highest_risk`, as a real one
    does unless told otherwise, charges of that risk are declined.

    `api_version` and `thin` are the `Rendering` of the webhook endpoint; the receiver may have others `besides`, and
    then gets each event from all of them.

    Stripe promises neither that events come in order, nor once, nor soon. Where it `shuffles`, those that are sent
    together are in any order; `duplicates` is the share that comes twice; `delays` is how late one may be. Which ones
    follows from the seed.
    """

    retry_after: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=5), timedelta(days=7))
    after_retries: AfterRetries = AfterRetries.CANCELED
    draft_for: timedelta = timedelta(0)
    bank_takes: timedelta = timedelta(days=4)
    blocks_highest_risk: bool = False
    latency: timedelta = timedelta(0)
    api_version: str | None = None
    thin: bool = False
    besides: tuple[Rendering, ...] = ()
    shuffles: bool = False
    duplicates: float = field(default=0.0, validator=_share)
    delays: timedelta = timedelta(0)
    seed: str = field(default="", validator=matches_re(r"[A-Za-z0-9]{0,16}"))
