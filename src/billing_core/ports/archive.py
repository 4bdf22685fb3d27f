"""Everything that the gateway keeps, page by page: to bring an existing business in, and to keep the books in step."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Protocol

from attrs import frozen

from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.facts import InvoicePaid

EVENTS_KEPT = timedelta(days=30)


@frozen(kw_only=True)
class GatewayCustomer:
    """A customer as the gateway has it. `account_id` is what we put there; None where it was made by someone else.

    `metadata` is everything that was put there, by whomever.
    """

    id: str
    account_id: str | None
    email: str
    name: str
    created_at: datetime
    metadata: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class Unreadable:
    """An object that the translation does not understand, and why."""

    id: str
    customer_id: str | None
    problem: str


class Archive(Protocol):
    """Reads in the gateway's own order, newest first, one page in memory at a time.

    `after` goes on behind the object of that id. Raises: Unavailable, GatewayRefused.
    """

    def customers(self, *, after: str | None = None) -> AsyncIterator[GatewayCustomer]:
        """All that are not deleted."""
        ...

    def subscriptions(
        self, *, now: datetime, after: str | None = None, customer_id: str | None = None
    ) -> AsyncIterator[SubscriptionSnapshot | Unreadable]:
        """All, in whatever status, dated `now`."""
        ...

    def paid_invoices(
        self, *, since: datetime, subscription_id: str | None = None, after: str | None = None
    ) -> AsyncIterator[InvoicePaid | Unreadable]:
        """Those made since then that are paid, each with all its lines."""
        ...

    def touched_payments(self, *, since: datetime) -> AsyncIterator[str]:
        """The payments that a refund or a dispute was opened for since then; one may come more than once."""
        ...

    def events(self, *, since: datetime) -> AsyncIterator[bytes]:
        """The bodies of the events since then, for `retranslate`. The gateway keeps them for EVENTS_KEPT."""
        ...
