"""Everything that can happen to an account: a closed union of facts in the past tense, each dated by `at`.

The stream of them is the truth; `Account` is their fold. An event carries all that the fold needs, so that no fold
ever asks the catalog, a clock or a provider. The union is closed, so all of it stands in this one file.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from attrs import field, frozen

from billing_core.domain.acts import Act, ReasonCode
from billing_core.domain.calendar import instant
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.domain.credits import Grant, Hold, Take
from billing_core.domain.disputes import Dispute
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import SubscriptionSnapshot


@frozen
class AccountOpened:
    """The account took its first decision; its free slots are counted from here."""

    at: datetime = field(validator=instant)


@frozen(kw_only=True)
class ProfileNoted:
    """The customer's e-mail and name, as their token told them."""

    at: datetime = field(validator=instant)
    email: str
    name: str


@frozen(kw_only=True)
class CustomerLinked:
    """The gateway knows the account by this customer id."""

    at: datetime = field(validator=instant)
    customer_id: str


@frozen(kw_only=True)
class CustomerUnlinked:
    """The gateway's customer is gone; who buys next becomes a new one."""

    at: datetime = field(validator=instant)
    customer_id: str


@frozen(kw_only=True)
class CheckoutOpened:
    """A session was opened at the gateway."""

    at: datetime = field(validator=instant)
    checkout: Checkout


@frozen(kw_only=True)
class CheckoutMoved:
    """A session went further."""

    at: datetime = field(validator=instant)
    session_id: str
    status: CheckoutStatus
    subscription_id: str | None = None
    payment_id: str | None = None


@frozen(kw_only=True)
class SubscriptionSeen:
    """The gateway told the state of a subscription. `unexpected` marks a status that the table does not foresee.

    `imported` marks one that was sold elsewhere before these books knew of it.
    """

    at: datetime = field(validator=instant)
    snapshot: SubscriptionSnapshot
    version: int
    unexpected: bool = False
    imported: bool = False


@frozen(kw_only=True)
class SubscriptionSuperseded:
    """An older state of a subscription was told; nothing changed."""

    at: datetime = field(validator=instant)
    subscription_id: str
    seen_at: datetime = field(validator=instant)


@frozen(kw_only=True)
class TrialCardSeen:
    """The card that pays a subscription in its trial became known. `used`: it began another account's trial before."""

    at: datetime = field(validator=instant)
    subscription_id: str
    used: bool


@frozen(kw_only=True)
class SubscriptionEnded:
    """A subscription's end was reached, by the gateway's word or by the instant it had named."""

    at: datetime = field(validator=instant)
    subscription_id: str


@frozen(kw_only=True)
class PaymentSettled:
    """Money came in. `version` pins the subscription, where this is the first that is heard of it."""

    at: datetime = field(validator=instant)
    payment: Payment
    version: int


@frozen(kw_only=True)
class PaymentTooOld:
    """A payment came to light after its time was closed; it was not booked and needs a person."""

    at: datetime = field(validator=instant)
    payment_id: str


@frozen(kw_only=True)
class PaymentRefunded:
    """So much of a payment is refunded by now, in all. Without the date of `seen_at` it is believed as it comes."""

    at: datetime = field(validator=instant)
    payment_id: str
    refunded_minor: int
    seen_at: datetime | None = field(default=None, validator=instant)


@frozen(kw_only=True)
class DisputeSeen:
    """The gateway told how a dispute stands."""

    at: datetime = field(validator=instant)
    dispute: Dispute


@frozen(kw_only=True)
class SlotOpened:
    """A slot of a subscription began to count; grants of earlier slots that are over end with it."""

    at: datetime = field(validator=instant)
    subscription_id: str
    tally: str
    start: datetime = field(validator=instant)
    end: datetime = field(validator=instant)


@frozen(kw_only=True)
class CreditsGranted:
    """Credits were given; `counted` of them count in their slot. `initial_of`: they are that plan's initial ones."""

    at: datetime = field(validator=instant)
    grant: Grant
    counted: int = 0
    initial_of: str | None = None


@frozen(kw_only=True)
class CreditsRevoked:
    """A slot's or a purchase's entitlement fell, or had fallen while they were held, and these credits of it went.

    `expired` of them had expired unspent, so they are nobody's debt; negative where a rise made them expired again.
    """

    at: datetime = field(validator=instant)
    tally: str
    takes: tuple[Take, ...]
    expired: int = 0

    @property
    def amount(self) -> int:
        return sum([take.amount for take in self.takes]) + self.expired


@frozen(kw_only=True)
class CreditsTaken:
    """An operator took credits away."""

    at: datetime = field(validator=instant)
    takes: tuple[Take, ...]
    reason: str


@frozen(kw_only=True)
class GrantExpired:
    """A grant's time was over; what remained of it is gone."""

    at: datetime = field(validator=instant)
    grant_id: str
    amount: int


@frozen(kw_only=True)
class FreeSlotGranted:
    """The free plan's slot from `start` to `end` was given its credits."""

    at: datetime = field(validator=instant)
    start: datetime = field(validator=instant)
    end: datetime = field(validator=instant)
    grant: Grant


@frozen(kw_only=True)
class DebtIncurred:
    """An entitlement fell by more than was left to revoke. `from_shortfall` of it had been waiting as shortfall."""

    at: datetime = field(validator=instant)
    tally: str
    amount: int
    from_shortfall: bool = False


@frozen(kw_only=True)
class DebtSettled:
    """Debt was paid from what was available."""

    at: datetime = field(validator=instant)
    takes: tuple[Take, ...]


@frozen(kw_only=True)
class DebtForgiven:
    """Debt was let go: by an operator, or because its slot turned out to be under an unlimited plan (`tally`)."""

    at: datetime = field(validator=instant)
    amount: int
    reason: str
    tally: str | None = None


@frozen(kw_only=True)
class DebtReturned:
    """Debt of a slot that turned out to be under an unlimited plan had been settled; its credits came back."""

    at: datetime = field(validator=instant)
    tally: str
    grant: Grant


@frozen(kw_only=True)
class ShortfallLeft:
    """An entitlement fell by more than was left to revoke, under an unlimited plan: no debt, it waits in the slot."""

    at: datetime = field(validator=instant)
    tally: str
    amount: int


@frozen(kw_only=True)
class ShortfallFilled:
    """What the slot was short of was filled: its entitlement rose again, or credits that were held came back to it."""

    at: datetime = field(validator=instant)
    tally: str
    amount: int


@frozen(kw_only=True)
class ShortfallWrittenOff:
    """The slot ended with a shortfall, which is let go."""

    at: datetime = field(validator=instant)
    tally: str
    amount: int


@frozen(kw_only=True)
class HoldPlaced:
    """Credits were set aside for work."""

    at: datetime = field(validator=instant)
    hold: Hold


@frozen(kw_only=True)
class WorkStarted:
    """An attempt at the work of a hold began: it cannot be called off now, and earlier attempts have no say."""

    at: datetime = field(validator=instant)
    hold_id: str
    attempt: int


@frozen(kw_only=True)
class HoldCaptured:
    """Work was paid for: `amount` of the hold, for `images` delivered; `back` returned, `expired` had no grant left."""

    at: datetime = field(validator=instant)
    hold_id: str
    amount: int
    back: tuple[Take, ...] = ()
    expired: int = 0
    images: int = 0


@frozen(kw_only=True)
class HoldReleased:
    """Work was not done; the hold went back."""

    at: datetime = field(validator=instant)
    hold_id: str
    back: tuple[Take, ...]
    expired: int = 0


@frozen(kw_only=True)
class HoldLapsed:
    """The hold's deadline passed; it went back."""

    at: datetime = field(validator=instant)
    hold_id: str
    back: tuple[Take, ...]
    expired: int = 0


@frozen(kw_only=True)
class Suspended:
    """A reason to suspend the account came up."""

    at: datetime = field(validator=instant)
    reason: str


@frozen(kw_only=True)
class Reinstated:
    """A reason to suspend the account is gone."""

    at: datetime = field(validator=instant)
    reason: str


@frozen(kw_only=True)
class OperatorActed:
    """An operator decided something about the account: who, what and why. What it changed stands beside it.

    `about` has the ids of what it is about: `payment`, `refund`, `subscription`, `warning`, `incident`, `suspension`,
    `adjustment`.
    """

    at: datetime = field(validator=instant)
    act: Act
    by: str
    code: ReasonCode
    note: str
    about: Mapping[str, str] = field(factory=dict)


Event = (
    AccountOpened
    | ProfileNoted
    | CustomerLinked
    | CustomerUnlinked
    | CheckoutOpened
    | CheckoutMoved
    | SubscriptionSeen
    | SubscriptionSuperseded
    | TrialCardSeen
    | SubscriptionEnded
    | PaymentSettled
    | PaymentTooOld
    | PaymentRefunded
    | DisputeSeen
    | SlotOpened
    | CreditsGranted
    | CreditsRevoked
    | CreditsTaken
    | GrantExpired
    | FreeSlotGranted
    | DebtIncurred
    | DebtSettled
    | DebtForgiven
    | DebtReturned
    | ShortfallLeft
    | ShortfallFilled
    | ShortfallWrittenOff
    | HoldPlaced
    | WorkStarted
    | HoldCaptured
    | HoldReleased
    | HoldLapsed
    | Suspended
    | Reinstated
    | OperatorActed
)

type_of: Mapping[str, type[Event]] = {cls.__name__: cls for cls in get_args(Event)}
