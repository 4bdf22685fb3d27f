"""What must hold of every account at any time, and where it does not.

That a stream folds to its row and that no credit is lost or made is proved by the audit. These ask further: whether
what was paid for was given, whether who is subscribed has the plan, and whether work under way comes to an end.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum

from attrs import field, frozen

from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.incidents import Severity
from billing_core.domain.plan_in_force import kind_of, plan_key
from billing_core.domain.subscription import Status, Subscription

A_WHILE = timedelta(hours=2)
"""So long may a payment be on its way, and a deadline wait for the hourly accrual."""

LONGEST_WORK = timedelta(days=1)
"""No generation is under way for so long: it is given up before."""


class Invariant(Enum):
    """What must hold. The values stand in keys of incidents, so they never change."""

    STREAM = "stream"
    CONSERVATION = "conservation"
    COLUMNS = "columns"
    PAID_WITHOUT_GRANT = "paid_without_grant"
    LIVE_WITHOUT_ACCESS = "live_without_access"
    HOLD_PAST_DEADLINE = "hold_past_deadline"
    HOLD_WITHOUT_END = "hold_without_end"
    SUBSCRIPTION_AS_TOLD = "subscription_as_told"
    PAYMENT_AS_TOLD = "payment_as_told"

    @property
    def severity(self) -> Severity:
        """How soon a person should look where it does not hold."""
        return SEVERITIES[self]


SEVERITIES: Mapping[Invariant, Severity] = {
    Invariant.STREAM: Severity.HIGH,
    Invariant.CONSERVATION: Severity.HIGH,
    Invariant.COLUMNS: Severity.MEDIUM,
    Invariant.PAID_WITHOUT_GRANT: Severity.HIGH,
    Invariant.LIVE_WITHOUT_ACCESS: Severity.HIGH,
    Invariant.HOLD_PAST_DEADLINE: Severity.LOW,
    Invariant.HOLD_WITHOUT_END: Severity.MEDIUM,
    Invariant.SUBSCRIPTION_AS_TOLD: Severity.HIGH,
    Invariant.PAYMENT_AS_TOLD: Severity.HIGH,
}


@frozen(kw_only=True)
class Breach:
    """Where an invariant does not hold, in words, and the ids of what it is about, as incidents have them."""

    invariant: Invariant
    text: str
    about: Mapping[str, str] = field(factory=dict)

    @property
    def key(self) -> str:
        """The same for the same thing, however often it is met and whatever is told of it."""
        subject = ":".join(self.about.values())
        return f"invariant:{self.invariant.value}:{subject}"


def breaches(account: Account, now: datetime, catalog: Catalog) -> Iterator[Breach]:
    """Every invariant that the account, as it is kept, breaks by then."""
    yield from _holds(account, now)
    held = at(account, now, catalog)
    yield from _paid_without_grant(held)
    yield from _live_without_access(held)


def _holds(account: Account, now: datetime) -> Iterator[Breach]:
    for hold in account.book.holds:
        about = {"hold": hold.id}
        if hold.until is not None and hold.until <= now - A_WHILE:
            text = f"hold {hold.id} of {hold.amount} was over on {hold.until:%Y-%m-%d %H:%M} and has not lapsed"
            yield Breach(invariant=Invariant.HOLD_PAST_DEADLINE, text=text, about=about)
        elif hold.until is None and hold.placed_at <= now - LONGEST_WORK:
            text = f"hold {hold.id} of {hold.amount} is open since {hold.placed_at:%Y-%m-%d %H:%M}"
            yield Breach(invariant=Invariant.HOLD_WITHOUT_END, text=text, about=about)


def _paid_without_grant(held: AccountAt) -> Iterator[Breach]:
    """Every slot and purchase that would be given something else, were the book to follow the facts once more."""
    given, after = _given(held.account), held.account
    for event in held.follow()[len(held.due) :]:
        after = after.evolve(event)
    for key, (entitled, about) in _given(after).items():
        was, _ = given.get(key, (0, about))
        if was != entitled:
            text = f"{key} was given {was} credits, and is entitled to {entitled}"
            yield Breach(invariant=Invariant.PAID_WITHOUT_GRANT, text=text, about={**about, "tally": key})


def _given(account: Account) -> Mapping[str, tuple[int, Mapping[str, str]]]:
    """What each slot and each purchase was given, and the ids of what it is about."""
    packs = {tally.key: (tally.given, {"payment": tally.key.removeprefix("pack:")}) for tally in account.purchases}
    return packs | {
        tally.key: (tally.given, {"subscription": sub.id}) for sub in account.subscriptions for tally in sub.tallies
    }


def _live_without_access(held: AccountAt) -> Iterator[Breach]:
    """Every plan subscription that is live at the gateway and gives no plan, though no money of it went back."""
    for sub in held.account.subscriptions:
        since = _live_since(sub, held.now)
        if since is None or since > held.now - A_WHILE or kind_of(held.account, sub, held.catalog) is Kind.PACK:
            continue
        if plan_key(held.account, sub, held.now, held.catalog) is None and not _went_back(held.account, sub):
            text = f"subscription {sub.id} is live since {since:%Y-%m-%d %H:%M} and gives no plan: no payment is known"
            yield Breach(invariant=Invariant.LIVE_WITHOUT_ACCESS, text=text, about={"subscription": sub.id})


def _live_since(sub: Subscription, now: datetime) -> datetime | None:
    """Since when it should give its plan; from the end of its trial on, that is to be paid for."""
    if sub.snapshot is None or not sub.is_live or sub.status not in {Status.TRIALING, Status.ACTIVE}:
        return None
    trial = sub.trial
    return trial.end if trial is not None and trial.end <= now else sub.snapshot.created_at


def _went_back(account: Account, sub: Subscription) -> bool:
    spans = account.paid_for(sub.id).spans
    return any(span.is_charge and span.kind is Kind.PLAN and payment.kept == 0 for span, payment in spans)
