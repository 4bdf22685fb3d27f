"""Opening the gateway's portal."""

from attrs import frozen

from billing_core.domain.errors import NoCustomer
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.gateway import PaymentGateway


@frozen
class Managing:
    """Gives the customer a URL to the portal. It is a secret: it is made per click and never kept."""

    accounts: AccountRepository
    gateway: PaymentGateway

    async def __call__(self, account_id: str, *, return_url: str) -> str:
        """Raises NoCustomer before the first checkout."""
        account = await self.accounts.get(account_id)
        if account.customer_id is None:
            raise NoCustomer()
        return await self.gateway.open_portal(account.customer_id, return_url=return_url)
