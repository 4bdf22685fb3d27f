"""What a payment provider told of an account: facts with their moments, and what a test needs to judge the books by."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import Catalog
from billing_core.domain.disputes import Dispute
from billing_core.domain.events import Event, TrialCardSeen
from billing_core.domain.fraud import FraudPolicy, suspension_for
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import SubscriptionSnapshot


@frozen
class Refund:
    """So much of a payment is refunded by now, in all, as it was seen then."""

    payment_id: str
    refunded_minor: int
    seen_at: datetime


@frozen
class Warned:
    """A card's network holds a payment for fraud, and what is done about it at once.

    The refund that a policy may ask for is a fact of its own, since it is made at the provider.
    """

    id: str
    payment_id: str
    policy: FraudPolicy


@frozen
class Carded:
    """A subscription in its trial, and whether the card that pays it began another account's trial before."""

    snapshot: SubscriptionSnapshot
    used: bool

    @property
    def id(self) -> str:
        return self.snapshot.id


Told = SubscriptionSnapshot | Payment | Refund | Dispute | Warned | Carded


@frozen(repr=False)
class Fact:
    """Something that the provider tells, and when."""

    at: datetime
    told: Told

    def __repr__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {_in_short(self.told)}"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # how Hypothesis prints an example
        printer.text(repr(self))


@frozen(kw_only=True, repr=False)
class History:
    """What a provider told of an account, in the order in which it happened.

    `anchors` names, for each invoice line by its key, the instant from which the months of its slots are counted;
    `trials` the trial of each subscription that had one, `[start, end)`.
    """

    catalog: Catalog
    opened_at: datetime
    facts: tuple[Fact, ...]
    ends_at: datetime
    anchors: Mapping[str, datetime]
    trials: Mapping[str, tuple[datetime, datetime]]

    def __repr__(self) -> str:
        """One line per fact, so that a counterexample can be read."""
        sold = [
            f"{v.number} {p.key} {p.allotment} initial={p.initial_credits} trial={p.trial}"
            for v in self.catalog.versions
            for p in v.plans
        ]
        facts = [repr(fact) for fact in self.facts]
        grace = self.catalog.current.grace
        return "\n  ".join([f"History(opened {self.opened_at}, ends {self.ends_at}, grace {grace}", *sold, *facts, ")"])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # how Hypothesis prints an example
        printer.text(repr(self))

    @property
    def payments(self) -> dict[str, Payment]:
        """Every payment as it stands at the end, with what was refunded of it and what was lost in disputes."""
        told = [fact.told for fact in self.facts]
        refunds = {one.payment_id: one for one in told if isinstance(one, Refund)}
        disputes = {one.id: one for one in told if isinstance(one, Dispute)}
        lost = Counter[str]()
        for dispute in disputes.values():
            lost[dispute.payment_id] += dispute.lost_minor
        payments = [one for one in told if isinstance(one, Payment)]
        return {paid.id: _with_back(paid, refunds.get(paid.id), lost[paid.id]) for paid in payments}


def _with_back(paid: Payment, refund: Refund | None, lost_minor: int) -> Payment:
    if refund is not None:
        paid = evolve(paid, refunded_minor=refund.refunded_minor, refunds_seen_at=refund.seen_at)
    return evolve(paid, lost_minor=lost_minor)


def _in_short(told: Told) -> str:
    match told:
        case Payment():
            spans = (f"{'+' if s.is_charge else '-'}{s.item} [{s.start}, {s.end}) {s.key}" for s in told.spans)
            return f"{told.id} {told.amount_minor} of {told.subscription_id} {' '.join(spans) or told.purchase}"
        case SubscriptionSnapshot():
            ends = f" ends {told.ends_at}" if told.ends_at else ""
            return f"{told.id} {told.status.value} {told.price} anchor {told.anchor}{ends}"
        case Refund() | Dispute() | Warned() | Carded():
            return repr(told)


def tell(held: AccountAt, told: Told) -> tuple[Event, ...]:
    """What the account answers when it is told the fact."""
    if isinstance(told, Refund):
        return held.refunded(told.payment_id, told.refunded_minor, seen_at=told.seen_at)
    if isinstance(told, Dispute):
        return held.learned(disputes=[told])
    if isinstance(told, Warned):
        return held.suspend(suspension_for(told.id)) if told.policy is FraudPolicy.SUSPEND else held.due
    if isinstance(told, Payment):
        return held.learned(payments=[told])
    if isinstance(told, Carded):
        card = TrialCardSeen(at=held.now, subscription_id=told.id, used=told.used)
        return held.learned(snapshots=[told.snapshot], trial_cards=[card])
    return held.learned(snapshots=[told])
