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


@frozen
class Ending:
    """The standing of every account, what fell due on the way, and the webhooks that were not processed.

    A state that is told so late that a free slot, or the end of a slot that was short, fell due in it is a due instant
    between facts, of which the law says nothing: accounts in which other things fell due are not compared.
    """

    accounts: Mapping[str, Standing]
    fell_due: Mapping[str, object] = field(factory=dict, eq=False)
    unprocessed: tuple[str, ...] = ()

    def differs_from(self, other: "Ending") -> bool:
        """Whether the law is broken between the two."""
        return next(self.beside(other), None) is not None

    def incomparable(self, other: "Ending") -> frozenset[str]:
        """The accounts in which something fell due in one of the two and not in the other."""
        return frozenset(key for key in self.accounts if self.fell_due.get(key) != other.fell_due.get(key))

    def beside(self, other: "Ending") -> Iterator[tuple[str, str, str, str]]:
        """Where they differ: account, name, and how it is here and there."""
        for account_id in sorted({*self.accounts, *other.accounts} - self.incomparable(other)):
            here, there = self.accounts.get(account_id, {}), other.accounts.get(account_id, {})
            for name in sorted({*here, *there}):
                if here.get(name) != there.get(name):
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
    }
    told |= {f"subscription {sub.id}": _subscription(sub) for sub in account.subscriptions}
    told |= {f"payment {payment.id}": _payment(payment) for payment in account.payments}
    told |= {f"dispute {d.id}": (d.payment_id, d.status.value, d.amount_minor) for d in account.disputes}
    told |= {f"given in {t.key}": t.given for s in account.subscriptions for t in s.tallies if t.given}
    told |= {f"given for {t.key}": t.given for t in account.purchases}
    return told


def fell_due(account: Account) -> object:
    """What became due in it by itself that a later fact does not take back."""
    return account.free_slot, account.book.totals.written_off


def _subscription(sub: Subscription) -> object:
    snapshot = None if sub.snapshot is None else _plain(evolve(sub.snapshot, seen_at=sub.snapshot.created_at))
    return {"snapshot": snapshot, "version": sub.version, "ended_at": sub.ended_at}


def _payment(payment: Payment) -> object:
    spans = tuple(sorted(payment.spans, key=lambda span: span.key))
    return _plain(evolve(payment, spans=spans, refunds_seen_at=None))


def _plain(value: Any) -> object:
    return asdict(value)
