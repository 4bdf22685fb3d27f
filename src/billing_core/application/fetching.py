"""Asking the gateway for an invoice with all its lines, and for an event that was only named."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.bringing import is_left_behind
from billing_core.application.deciding import decide
from billing_core.application.errors import UnknownPrice
from billing_core.application.receiving import Receiving
from billing_core.application.waiting import unknown_price, waiting_for_price
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.webhooks import Webhooks


@frozen
class FetchingInvoice:
    """Books a paid invoice as the gateway tells it when asked; one that is not paid is left alone.

    So is what an import left behind, unless that is wanted.
    """

    accounts: AccountRepository
    gateway: PaymentGateway
    catalog: Catalog
    clock: Clock

    async def __call__(
        self, account_id: str, invoice_id: str, *, tries: int = 0, even_left_behind: bool = False
    ) -> None:
        """One with a price that no catalog version knows is shown, and fetched again later, until one does.

        Raises UnknownAtGateway and the port failures.
        """
        invoice = await self.gateway.fetch_invoice(invoice_id)
        if invoice is None:
            return
        now = self.clock.now()

        def book(account: Account) -> Commit[None]:
            if not even_left_behind and is_left_behind(invoice, account):
                return Commit(None)
            try:
                decision = decide(invoice, account, now, self.catalog)
            except UnknownPrice as error:
                job = tasks.fetch_invoice(account_id, invoice_id)
                shown = unknown_price(invoice_id, error, now)
                return Commit(None, (), waiting_for_price(job, shown, now, tries=tries))
            return Commit(None, decision.events, decision.records)

        await self.accounts.change(account_id, book)

    async def run(self, args: Mapping[str, str]) -> None:
        """The job."""
        await self(args["account_id"], args["invoice_id"], tries=int(args.get("tries", 0)))


@frozen
class FetchingEvent:
    """Takes in an event that a notification has only named. Its own id tells whether it came before."""

    gateway: PaymentGateway
    webhooks: Webhooks
    receiving: Receiving
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Raises UnknownAtGateway, BadSignature where it cannot be read, and the port failures."""
        body = await self.gateway.fetch_event(args["event_id"])
        await self.receiving.take(self.webhooks.retranslate(body), now=self.clock.now())
