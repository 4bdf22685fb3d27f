"""What can be done and seen only where the money is simulated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from billing_core.domain.money import Money


class Simulation(Protocol):
    """What can be done only where the gateway is simulated: paying, and moving the clock."""

    async def checkout(self, session_id: str) -> "Checkout":
        """What a hosted checkout shows. Raises UnknownAtGateway, as all do for what is not there."""
        ...

    async def enter_code(self, session_id: str, code: str) -> None:
        """The customer enters a promotion code. Raises InvalidValue for one that cannot be used, IllegalTransition."""
        ...

    async def open_link(self, link_id: str) -> str:
        """A visitor opens a payment link: the id of their checkout. Raises IllegalTransition for one that is closed."""
        ...

    async def pay(self, session_id: str, card: str | None) -> "Paid": ...

    async def authenticate(self, session_id: str, *, ok: bool) -> "Paid": ...

    async def authenticate_invoice(self, invoice_id: str, *, ok: bool) -> "Paid":
        """The card's owner answers the bank for an invoice; a change that waited for it is done, or not."""
        ...

    async def invoice(self, invoice_id: str) -> "Invoice":
        """What a hosted invoice shows. Raises UnknownAtGateway."""
        ...

    async def pay_invoice(self, invoice_id: str, card: str) -> "Paid":
        """Pays an open invoice with another card. Raises IllegalTransition, InvalidValue."""
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

    @property
    def is_holding(self) -> bool:
        """Whether webhooks are held back."""
        ...

    async def webhooks(self) -> "Sequence[SentWebhook]":
        """Every webhook that is kept, newest first."""
        ...

    def hold(self) -> None:
        """Holds webhooks back, until they are released."""
        ...

    async def release(self, *, shuffled: bool = False) -> int:
        """Sends what was held back, in any order where it is to be shuffled; answers how many were taken."""
        ...

    async def resend(self, *event_ids: str, shuffled: bool = False) -> None:
        """Sends webhooks once more, taken or not. Raises UnknownAtGateway."""
        ...

    async def drop(self, event_id: str) -> None:
        """Lets a webhook that waits get lost. Raises UnknownAtGateway, IllegalTransition."""
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
    """How an attempt to pay ended: `succeeded`, `processing`, `requires_authentication` or `declined`."""

    status: str
    redirect_url: str | None = None
    decline_code: str | None = None


class Checkout(Protocol):
    """A hosted checkout: `price` is the whole price, `off` what a code takes from it, `due` what is charged now.

    `status` is `open`, `complete` or `expired`; `every` the interval of what is paid again and again; `is_asking` is
    true while the bank asks the card's owner.
    """

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def email(self) -> str | None: ...
    @property
    def price(self) -> Money: ...
    @property
    def off(self) -> Money: ...
    @property
    def due(self) -> Money: ...
    @property
    def every(self) -> str | None: ...
    @property
    def trial_days(self) -> int: ...
    @property
    def needs_card(self) -> bool: ...
    @property
    def is_asking(self) -> bool: ...
    @property
    def takes_codes(self) -> bool: ...
    @property
    def success_url(self) -> str | None: ...
    @property
    def cancel_url(self) -> str | None: ...


class InvoiceLine(Protocol):
    """What is charged for, and how much; below 0 where something is given back."""

    @property
    def name(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def amount_minor(self) -> int: ...


class Invoice(Protocol):
    """A hosted invoice. `status` is Stripe's; `is_asking` is true while the bank asks the card's owner."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def paid_at(self) -> datetime | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def lines(self) -> "Sequence[InvoiceLine]": ...
    @property
    def due(self) -> Money: ...
    @property
    def is_asking(self) -> bool: ...
    @property
    def last4(self) -> str | None: ...


class SentWebhook(Protocol):
    """A webhook and how its delivery stands: `next_at` None where no attempt is due any more, `last_status` 0 where
    nobody answered. `body` is JSON."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def body(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def last_status(self) -> int | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def next_at(self) -> datetime | None: ...
