"""All that the doors can call, resolved once."""

from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.application.accepting import Accepting
from billing_core.application.adjusting import Adjusting, Forgiving
from billing_core.application.auditing import Auditing
from billing_core.application.buying import Buying
from billing_core.application.canceling import Canceling
from billing_core.application.canceling_generation import CancelingGeneration
from billing_core.application.changing import Changing, Quoting
from billing_core.application.explaining import Explaining
from billing_core.application.linking import Linking
from billing_core.application.listing_webhooks import ListingWebhooks
from billing_core.application.managing import Managing
from billing_core.application.overseeing import Overseeing
from billing_core.application.paying import ListingPayments
from billing_core.application.receiving import Receiving
from billing_core.application.refunding import Refunding
from billing_core.application.reporting import ReportingRefusals
from billing_core.application.resolving import Resolving
from billing_core.application.reviewing import Reviewing
from billing_core.application.showing import Hiding, Showing
from billing_core.application.spending import Capturing, Holding, Releasing
from billing_core.application.subscribing import Subscribing
from billing_core.application.summing_up import SummingUp
from billing_core.application.suspending import Suspending
from billing_core.application.transactions import ListingTransactions
from billing_core.application.viewing import Viewing
from billing_core.application.watching import Watching
from billing_core.domain.catalog import Catalog
from billing_core.domain.money import Money
from billing_core.ports.clock import Clock
from billing_core.ports.generations import Generations


class Simulation(Protocol):
    """What can be done only where the gateway is simulated: paying, and moving the clock."""

    async def pay(self, session_id: str, card: str | None) -> "Paid": ...

    async def authenticate(self, session_id: str, *, ok: bool) -> "Paid": ...

    async def authenticate_invoice(self, invoice_id: str, *, ok: bool) -> "Paid":
        """The card's owner answers the bank for an invoice; a change that waited for it is done, or not."""
        ...

    async def is_paid(self, invoice_id: str) -> bool:
        """Whether the invoice is paid. Raises UnknownAtGateway."""
        ...

    async def receipt(self, charge_id: str) -> "Receipt":
        """What a charge's receipt says. Raises UnknownAtGateway, also for a charge that brought no money."""
        ...

    async def portal(self, token: str) -> "PortalDoor":
        """Whose portal the token opens. Raises UnknownAtGateway, also once it has closed."""
        ...

    async def offers_at_portal(self, token: str) -> "tuple[Offered, ...]":
        """What the portal's configuration lets the customer move to. Raises UnknownAtGateway, as the others do."""
        ...

    async def cancel_at_portal(self, token: str) -> None:
        """Ends the subscription as the configuration says. Raises IllegalTransition, as the others do, for what is not
        offered or cannot be."""
        ...

    async def resume_at_portal(self, token: str) -> None:
        """Takes the end back."""
        ...

    async def switch_at_portal(self, token: str, price_id: str) -> "Paid":
        """Moves to one of the offers: now and paid, or at the period's end."""
        ...

    async def replace_card_at_portal(self, token: str, card: str) -> "Paid":
        """Gives the customer another card. Raises InvalidValue for one that is no test card."""
        ...

    async def forward(self, *, days: int) -> None:
        """Moves the clock, lets everything happen that falls due, and waits until the books have followed."""
        ...

    async def settle(self) -> None:
        """Waits until every webhook is delivered and every job that came of it is done."""
        ...

    async def replace_card(self, account_id: str, card: str) -> "Paid":
        """Gives the account's customer another card; what is open is collected at its next retry."""
        ...


@frozen(kw_only=True)
class PortalDoor:
    """An open door to the account's portal, and where it leads back to."""

    account_id: str
    return_url: str


@frozen(kw_only=True)
class Offered:
    """A price that a portal offers: `key` is the catalog's."""

    id: str
    key: str
    price: Money


@frozen(kw_only=True)
class Receipt:
    """What was paid, when and with what (the last digits), and how much of it went back."""

    charge_id: str
    paid: Money
    refunded: Money
    at: datetime
    last4: str


@frozen(kw_only=True)
class Paid:
    """How an attempt to pay ended: `succeeded`, `requires_authentication` or `declined`."""

    status: str
    redirect_url: str | None = None
    decline_code: str | None = None


@frozen(kw_only=True)
class UseCases:
    """The product, as the doors see it. `simulation` is None where real money is taken."""

    catalog: Catalog
    clock: Clock
    viewing: Viewing
    transactions: ListingTransactions
    explaining: Explaining
    subscribing: Subscribing
    buying: Buying
    managing: Managing
    paying: ListingPayments
    linking: Linking
    quoting: Quoting
    changing: Changing
    canceling: Canceling
    holding: Holding
    capturing: Capturing
    releasing: Releasing
    adjusting: Adjusting
    forgiving: Forgiving
    suspending: Suspending
    refunding: Refunding
    reviewing: Reviewing
    accepting: Accepting
    canceling_generation: CancelingGeneration
    generations: Generations
    watching: Watching
    showing: Showing
    hiding: Hiding
    receiving: Receiving
    reporting_refusals: ReportingRefusals
    resolving: Resolving
    overseeing: Overseeing
    summing_up: SummingUp
    listing_webhooks: ListingWebhooks
    auditing: Auditing
    simulation: Simulation | None
