"""How an account stands with its subscriptions: which plan it subscribes to, and what it pays for them a month."""

from collections import Counter
from fractions import Fraction

from attrs import field, frozen

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.figures import Figure
from billing_core.domain.money import Money
from billing_core.domain.plan_in_force import offer_of, plan_subscription
from billing_core.domain.subscription import Status, Subscription
from billing_core.domain.values import not_negative

PAYING = (Status.ACTIVE, Status.PAST_DUE)
UNKNOWN = "unknown"
NONE = "none"


@frozen(kw_only=True)
class Standing:
    """The plan that an account subscribes to (the free one where to none) with the subscription's status, and what its
    subscriptions come to a month, in minor units of the currency."""

    plan: str
    status: str
    currency: str | None = None
    monthly_minor: int = field(default=0, validator=not_negative)

    @property
    def label(self) -> str:
        """By which accounts that stand alike are counted: `basic/active`."""
        return f"{self.plan}/{self.status}"


def moves(was: Standing | None, standing: Standing) -> Counter[tuple[Figure, str]]:
    """What one account's new standing changes in the figures of all, by figure and label."""
    changes: Counter[tuple[Figure, str]] = Counter()
    for each, sign in ((was, -1), (standing, 1)):
        if each is not None:
            changes[Figure.STANDING, each.label] += sign
            if each.currency is not None:
                changes[Figure.MONTHLY, each.currency] += sign * each.monthly_minor
    return changes


def standing_of(account: Account, catalog: Catalog) -> Standing:
    """How the account stands by its last event. It follows from events alone, so it changes with them alone."""
    sub = plan_subscription(account, catalog)
    monthly = recurring(account, catalog)
    return Standing(
        plan=catalog.current.free.key if sub is None else _subscribed(account, sub, catalog),
        status=NONE if sub is None or sub.status is None else sub.status.value,
        currency=monthly.currency if monthly else None,
        monthly_minor=monthly.amount_minor if monthly else 0,
    )


def recurring(account: Account, catalog: Catalog) -> Money | None:
    """What the account's subscriptions come to a month, recurring packs too; None where it pays for none.

    Prices as the catalog has them, before discounts and taxes; of a year's, a twelfth, rounded half to even. Trials pay
    nothing yet, and what is paused or unpaid nothing any more. The gateway holds a customer to one currency: where
    there are several all the same, those in the account's are told.
    """
    sums: Counter[str] = Counter()
    for sub in account.subscriptions:
        if (money := _monthly(sub, catalog)) is not None:
            sums[money.currency] += money.amount_minor
    if not sums:
        return None
    currency = min(sums, key=lambda each: (each != account.currency, each))
    return Money(sums[currency], currency)


def _monthly(sub: Subscription, catalog: Catalog) -> Money | None:
    if sub.snapshot is None or not sub.is_live or sub.status not in PAYING:
        return None
    offer = catalog.offer(sub.snapshot.price, pinned=sub.version)
    if offer is None or offer.price.interval is None:
        return None
    total = offer.price.money.amount_minor * sub.snapshot.quantity
    return Money(round(Fraction(total, offer.price.interval.months)), offer.price.money.currency)


def _subscribed(account: Account, sub: Subscription, catalog: Catalog) -> str:
    """The plan that its price is for, else the one that was paid last; what nobody knows is `unknown`."""
    offer = offer_of(sub, catalog)
    if offer is not None and offer.kind is Kind.PLAN:
        return offer.item
    last = account.paid_for(sub.id).last_charge()
    return last.item if last is not None else UNKNOWN
