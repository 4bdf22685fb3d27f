"""Packs that were paid for by an invoice and that nobody got."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.application.deciding import has_unbooked_pack
from billing_core.domain.account import Account
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.records import IncidentRaised


@frozen
class ReportingUnbooked:
    """Shows a person an invoice with a pack that no checkout told of: one that a merchant wrote by hand, say."""

    accounts: AccountRepository
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. One that was booked meanwhile is left alone."""
        account_id, invoice_id, at = args["account_id"], args["payment"], self.clock.now()

        def report(account: Account) -> Commit[None]:
            if not has_unbooked_pack(account, invoice_id):
                return Commit(None)
            raised = IncidentRaised(
                key=f"unexplained-payment:{invoice_id}",
                kind=IncidentKind.UNEXPLAINED_PAYMENT,
                detail=f"invoice {invoice_id} was paid for a pack that no checkout tells of; it was not booked",
                at=at,
                about={"payment": invoice_id},
            )
            return Commit(None, (), (raised,))

        await self.accounts.change(account_id, report)
