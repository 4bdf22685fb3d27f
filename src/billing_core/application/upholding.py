"""Mending what must hold of an account and does not. Each may be done twice, by whomever, and at any time."""

from attrs import frozen

from billing_core.application.auditing import broken
from billing_core.application.errors import IncidentRemains
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.incidents import Incident

LATEST = 20


@frozen
class Upholding:
    """Has the books do what they should have done. Raises the port failures."""

    accounts: AccountRepository
    gateway: PaymentGateway
    refresh_payment: RefreshingPayment
    catalog: Catalog
    clock: Clock

    async def follow(self, account_id: str) -> None:
        """The book follows the facts that it knows, and what is due is written."""
        now = self.clock.now()
        await self.accounts.change(
            account_id, lambda account: Commit(None, at(account, now, self.catalog).follow(), renews=True)
        )

    async def fetch_payments(self, account_id: str) -> None:
        """What the customer paid lately and the books do not have is asked for."""
        account = await self.accounts.get(account_id)
        if account.customer_id is None:
            return
        latest, _ = await self.gateway.payments(account.customer_id, limit=LATEST)
        for paid in latest:
            if paid.status == "succeeded" and account.payment(paid.id) is None:
                await self.refresh_payment(paid.id, even_left_behind=True)

    async def ensure(self, incident: Incident, account_id: str) -> None:
        """Raises IncidentRemains where what the incident is about still does not hold."""
        account = await self.accounts.get(account_id)
        for breach in broken(account, self.clock.now(), self.catalog):
            if breach.key == incident.key:
                raise IncidentRemains(incident.id, breach.text)
