"""What can go wrong, as a tree. An error carries fields; its message is built once, from them.

BillingError (never raised itself)
├── RuleViolation   a rule says no, whoever asks and however often
├── NotFound        the thing named does not exist, or is not the caller's
├── Conflict        the thing exists, but in a state that clashes with the request
└── PortFailure     something outside failed (raised by adapters)
"""

from attrs import define

from billing_core.domain.options import Option


class BillingError(Exception):
    """Root of every error of this library; catch it to catch them all."""


class RuleViolation(BillingError):
    """A rule of the domain says no. `options` are what can be done instead, where something can."""

    options: tuple[Option, ...] = ()


class NotFound(BillingError):
    """What was named does not exist for this caller."""


class Conflict(BillingError):
    """What was named is in a state that the request clashes with."""


class PortFailure(BillingError):
    """Something outside the process failed."""


@define(str=False)
class IllegalTransition(RuleViolation):
    """The verb is not allowed in this status."""

    verb: str
    status: str

    def __str__(self) -> str:
        return f"cannot {self.verb} while {self.status}"


@define(str=False)
class InvalidValue(RuleViolation):
    """A value is outside what the rule accepts; `field` names it."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


@define(str=False)
class InsufficientCredits(RuleViolation):
    """The request costs more credits than are available."""

    required: int
    available: int
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        needed = "1 credit is" if self.required == 1 else f"{self.required} credits are"
        return f"{needed} needed, {self.available} are available"


@define(str=False)
class NotEntitled(RuleViolation):
    """The plan in force does not give this; `allowed` is what it gives instead."""

    entitlement: str
    allowed: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        return f"the plan does not include {self.entitlement}"


@define(str=False)
class DailyQuotaExceeded(RuleViolation):
    """The images of this UTC day are used up."""

    limit: int
    used: int
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        return f"{self.used} of {self.limit} images of today are used"


@define(str=False)
class TooManyConcurrent(RuleViolation):
    """As many generations or holds are open as the plan allows."""

    limit: int
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        return f"{self.limit} are open at once, and the plan allows no more"


@define(str=False)
class NotPriced(RuleViolation):
    """The rate card has no price for this combination."""

    model: str
    size: str
    quality: str

    def __str__(self) -> str:
        return f"no price for {self.model} at {self.size}, quality {self.quality}"


@define(str=False)
class CostsTooMuch(RuleViolation):
    """The request costs more than the cap that the caller set with it."""

    required: int
    max_credits: int

    def __str__(self) -> str:
        return f"costs {self.required} credits, more than max_credits {self.max_credits}"


@define(str=False)
class AccountSuspended(RuleViolation):
    """The account may read, but neither spend nor buy."""

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"the account is suspended ({', '.join(self.reasons)})"


@define(str=False)
class CaptureExceedsHold(RuleViolation):
    """A capture may take less than was held, never more."""

    held: int
    asked: int

    def __str__(self) -> str:
        return f"cannot capture {self.asked}, only {self.held} are held"


@define(str=False)
class HoldLapsed(RuleViolation):
    """The hold's deadline passed before it was settled; its credits went back."""

    hold_id: str

    def __str__(self) -> str:
        return f"hold {self.hold_id} lapsed"


@define(str=False)
class HoldNotFound(NotFound):
    """No such hold on this account, or settled too long ago to be remembered."""

    hold_id: str

    def __str__(self) -> str:
        return f"no hold {self.hold_id}"


@define(str=False)
class UnknownPlan(NotFound):
    """The catalog has no such plan."""

    tier: str

    def __str__(self) -> str:
        return f"no plan named {self.tier}"


@define(str=False)
class UnknownPack(NotFound):
    """The catalog has no such pack."""

    pack: str

    def __str__(self) -> str:
        return f"no pack named {self.pack}"


@define(str=False)
class NotForSale(RuleViolation):
    """The item has no price in that currency and interval."""

    item: str

    def __str__(self) -> str:
        return f"{self.item} is not for sale"


@define(str=False)
class ContactSales(RuleViolation):
    """The plan is sold by people, not by a checkout."""

    tier: str
    contact: str

    def __str__(self) -> str:
        return f"{self.tier} is sold by {self.contact}"


@define(str=False)
class AlreadySubscribed(Conflict):
    """A plan subscription is live: change it instead of buying another."""

    tier: str
    status: str

    def __str__(self) -> str:
        return f"already subscribed to {self.tier} ({self.status})"


@define(str=False)
class CurrencyLocked(Conflict):
    """The account pays in another currency, and has a subscription that goes on."""

    currency: str

    def __str__(self) -> str:
        return f"the account pays in {self.currency}"


@define(str=False)
class NoSubscription(NotFound):
    """There is no live plan subscription."""

    def __str__(self) -> str:
        return "there is no subscription"


@define(str=False)
class NoCustomer(NotFound):
    """The account has not been to a checkout, so the gateway does not know it."""

    def __str__(self) -> str:
        return "no customer before the first checkout"
