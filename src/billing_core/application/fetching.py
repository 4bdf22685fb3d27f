"""Asking the gateway for an invoice with all its lines."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.application.deciding import decide
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import PaymentGateway


@frozen
class FetchingInvoice:
    """Books a paid invoice as the gateway tells it when asked; one that is not paid is left alone."""

    accounts: AccountRepository
    gateway: PaymentGateway
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, invoice_id: str) -> None:
        """Raises UnknownPrice, UnknownAtGateway and the port failures."""
        invoice = await self.gateway.fetch_invoice(invoice_id)
        if invoice is None:
            return
        now = self.clock.now()

        def book(account: Account) -> Commit[None]:
            decision = decide(invoice, account, now, self.catalog)
            return Commit(None, decision.events, decision.records)

        await self.accounts.change(account_id, book)

    async def run(self, args: Mapping[str, str]) -> None:
        """The job."""
        await self(args["account_id"], args["invoice_id"])
