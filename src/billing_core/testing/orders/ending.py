"""How books ended: what must not depend on the order of news, account by account."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import asdict, evolve, field, frozen

from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.entitlements import entitlements
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Subscription

Standing = Mapping[str, object]
"""What is so of one account, by name."""


@frozen(kw_only=True)
class FellDue:
    """What fell due in an account on the way, of which the law says nothing, since it lies between the facts.

    A state that is told so late that a slot of the free plan, or the end of a slot that was short, lies in it makes
    them due at once. So does the end of a subscription: it takes credits away that may have paid a debt before it, or
    leaves initial credits of which the next fact would have made others.
    """

    free_slot: object
    written_off: int
    end_matters: bool

    @staticmethod
    def since(before: Account, after: Account) -> "FellDue":
        """In what became of the account."""
        totals, were = after.book.totals, before.book.totals
        ended = {s.id for s in after.subscriptions if s.ended_at} - {s.id for s in before.subscriptions if s.ended_at}
        moved = totals.settled != were.settled or after.initials != before.initials
        return FellDue(
            free_slot=after.free_slot,
            written_off=totals.written_off - were.written_off,
            end_matters=bool(ended) and moved,
        )


CREDITS = ("available", "debt")
NOTHING = FellDue(free_slot=None, written_off=0, end_matters=False)


@frozen
class Ending:
    """The standing of every account, what fell due on the way, and the webhooks that were not processed."""

    accounts: Mapping[str, Standing]
    fell_due: Mapping[str, FellDue] = field(factory=dict, eq=False)
    unprocessed: tuple[str, ...] = ()

    def differs_from(self, other: "Ending") -> bool:
        """Whether the law is broken between the two."""
        return next(self.beside(other), None) is not None

    def incomparable(self, other: "Ending") -> frozenset[str]:
        """The accounts whose credits may differ, since something else fell due in them."""
        both = ((key, self.fell_due.get(key, NOTHING), other.fell_due.get(key, NOTHING)) for key in self.accounts)
        return frozenset(key for key, here, there in both if here != there or here.end_matters or there.end_matters)

    def beside(self, other: "Ending") -> Iterator[tuple[str, str, str, str]]:
        """Where they differ: account, name, and how it is here and there."""
        left_out = self.incomparable(other)
        for account_id in sorted({*self.accounts, *other.accounts}):
            here, there = self.accounts.get(account_id, {}), other.accounts.get(account_id, {})
            for name in sorted({*here, *there}):
                if here.get(name) != there.get(name) and not (account_id in left_out and name in CREDITS):
                    yield account_id, name, str(here.get(name, "-")), str(there.get(name, "-"))
        if self.unprocessed != other.unprocessed:
            yield "", "unprocessed", str(list(self.unprocessed)), str(list(other.unprocessed))


def standing(held: AccountAt) -> Standing:
    """The account's subscriptions, payments, entitlements, available credits and debt, and why it is suspended.

    When the gateway was asked is left out, and which grant carries a credit.
    """
    account = held.account
    told: dict[str, object] = {
        "available": account.book.available,
        "debt": account.book.debt,
        "plan": held.in_force.plan.key,
        "suspended for": sorted(account.suspended_for),
        "entitlements": _plain(entitlements(held)),
        "customer": account.customer_id,
        "currency": account.currency,
    }
    told |= {f"subscription {sub.id}": _subscription(sub) for sub in account.subscriptions}
    told |= {f"payment {payment.id}": _payment(payment) for payment in account.payments}
    told |= {f"dispute {d.id}": (d.payment_id, d.status.value, d.amount_minor) for d in account.disputes}
    told |= {f"given in {t.key}": t.given for s in account.subscriptions for t in s.tallies if t.given}
    told |= {f"given for {t.key}": t.given for t in account.purchases}
    return told


def _subscription(sub: Subscription) -> object:
    snapshot = None if sub.snapshot is None else _plain(evolve(sub.snapshot, seen_at=sub.snapshot.created_at))
    return {"snapshot": snapshot, "version": sub.version, "ended_at": sub.ended_at}


def _payment(payment: Payment) -> object:
    spans = tuple(sorted(payment.spans, key=lambda span: span.key))
    return _plain(evolve(payment, spans=spans, refunds_seen_at=None))


def _plain(value: Any) -> object:
    return asdict(value)
