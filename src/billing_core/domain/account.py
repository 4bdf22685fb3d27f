"""The account: one customer's whole state, folded from their ordered stream of events.

`evolve` decides nothing and never fails on an event that was decided on this state; what may happen is decided by the
verbs of `AccountAt`.
"""

from datetime import datetime

from attrs import field, frozen

from billing_core.domain import events as e
from billing_core.domain.calendar import instant
from billing_core.domain.checkouts import Checkout
from billing_core.domain.credits import CreditBook
from billing_core.domain.disputes import Dispute
from billing_core.domain.folding import folded, without_forgotten
from billing_core.domain.paid import Paid
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.usage import FreeSlot, Usage
from billing_core.domain.values import changed, memo

NEXT, PAID, DUE_AT = "next", "paid", "due_at"

# Most of what happens to an account. They move nothing that is due, but for the lapse of the hold itself.
OF_HOLDS = (e.HoldPlaced, e.WorkStarted, e.HoldCaptured, e.HoldReleased)


@frozen(kw_only=True, slots=False)
class Account:
    """One customer: the consistency boundary of every decision. `version` counts its events."""

    id: str
    version: int = 0
    as_of: datetime | None = field(default=None, validator=instant)
    opened_at: datetime | None = field(default=None, validator=instant)
    email: str = ""
    name: str = ""
    customer_id: str | None = None
    currency: str | None = None
    book: CreditBook = CreditBook()
    subscriptions: tuple[Subscription, ...] = ()
    payments: tuple[Payment, ...] = ()
    purchases: tuple[Tally, ...] = ()
    free_slot: FreeSlot | None = None
    initials: tuple[str, ...] = ()
    checkouts: tuple[Checkout, ...] = ()
    usage: Usage = Usage()
    suspended_for: tuple[str, ...] = ()
    trialed: str | None = None
    disputes: tuple[Dispute, ...] = ()

    def subscription(self, subscription_id: str) -> Subscription | None:
        for sub in self.subscriptions:
            if sub.id == subscription_id:
                return sub
        return None

    def payment(self, payment_id: str) -> Payment | None:
        for payment in self.payments:
            if payment.id == payment_id:
                return payment
        return None

    def dispute(self, dispute_id: str) -> Dispute | None:
        return next((dispute for dispute in self.disputes if dispute.id == dispute_id), None)

    def paid_for(self, subscription_id: str) -> Paid:
        """What was paid for the subscription; worked out once for all that follows, until the payments change."""
        known: dict[str, Paid] = memo(self).setdefault(PAID, {})
        paid = known.get(subscription_id)
        if paid is None:
            paid = known[subscription_id] = Paid(subscription_id, self.payments)
        return paid

    def tally(self, key: str | None) -> Tally | None:
        """The one of that key, of a slot or of a purchase; what belongs to none has no key."""
        tallies = (t for s in self.subscriptions for t in s.tallies if t.key == key)
        return next(tallies, next((t for t in self.purchases if t.key == key), None))

    def evolve(self, event: e.Event) -> "Account":
        """The account after the event. One that was folded to decide what follows is not folded anew to be kept."""
        noted = memo(self)
        known: tuple[e.Event, Account] | None = noted.get(NEXT)
        if known is not None and known[0] is event:
            return known[1]
        at = event.at if self.as_of is None else max(event.at, self.as_of)
        moved = folded(self, event)
        moved = changed(self) if moved is self else moved
        vars(moved).update(version=self.version + 1, as_of=at)  # nobody else has that copy yet
        if isinstance(event, (e.PaymentSettled, e.SlotOpened, e.DisputeSeen)):
            moved = without_forgotten(moved, at)
        if moved.payments is self.payments:
            memo(moved)[PAID] = noted.setdefault(PAID, {})
        if DUE_AT in noted and isinstance(event, OF_HOLDS):
            memo(moved)[DUE_AT] = noted[DUE_AT]
        noted[NEXT] = event, moved
        return moved


def fold(account_id: str, stream: "tuple[e.Event, ...] | list[e.Event]") -> Account:
    """The account that the stream makes."""
    account = Account(id=account_id)
    for event in stream:
        account = account.evolve(event)
    return account
