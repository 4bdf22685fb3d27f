"""How the simulated Stripe is set up: what a merchant chooses in the dashboard of the real one."""

from datetime import timedelta
from enum import Enum

from attrs import field, frozen
from attrs.validators import matches_re


class AfterRetries(Enum):
    """What becomes of a subscription whose renewal could not be collected in the end."""

    CANCELED = "canceled"
    UNPAID = "unpaid"


@frozen(kw_only=True)
class Settings:
    """`retry_after` counts from the first failure. `draft_for` is how long a renewal invoice waits to be charged.

    `seed` goes into every id: two simulations that serve one set of books must not make the same ids. `latency` is how
    long a request with an idempotency key takes, which keeps its key from others meanwhile.

    `bank_takes` is how long a payment from a bank account is under way. Where it `blocks_highest_risk`, as a real one
    does unless told otherwise, charges of that risk are declined.

    `api_version` is that of the webhook endpoint, the newest where it is None; one that is `thin` gets notifications
    without content.
    """

    retry_after: tuple[timedelta, ...] = (timedelta(days=3), timedelta(days=5), timedelta(days=7))
    after_retries: AfterRetries = AfterRetries.CANCELED
    draft_for: timedelta = timedelta(0)
    bank_takes: timedelta = timedelta(days=4)
    blocks_highest_risk: bool = False
    latency: timedelta = timedelta(0)
    api_version: str | None = None
    thin: bool = False
    seed: str = field(default="", validator=matches_re(r"[A-Za-z0-9]{0,16}"))
