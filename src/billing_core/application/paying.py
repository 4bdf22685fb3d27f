"""What a customer has paid, or tried to pay, as the gateway has it."""

from attrs import frozen

from billing_core.ports.accounts import AccountRepository
from billing_core.ports.gateway import PaymentGateway, PaymentShown


@frozen
class PaymentPage:
    """A page of payments, newest first."""

    items: tuple[PaymentShown, ...]
    next_cursor: str | None


@frozen
class ListingPayments:
    """Asks the gateway, since the books forget a payment once nothing can come of it any more."""

    accounts: AccountRepository
    gateway: PaymentGateway

    async def __call__(self, account_id: str, *, limit: int, cursor: str | None = None) -> PaymentPage:
        """An account that never came to a checkout has none. A page may be shorter than its limit and not the last.

        Raises UnknownAtGateway for a cursor that is none.
        """
        account = await self.accounts.get(account_id)
        if account.customer_id is None:
            return PaymentPage((), None)
        shown, following = await self.gateway.payments(account.customer_id, limit=limit, after=cursor)
        return PaymentPage(shown, following)

    def page_of(self, payment_id: str) -> str:
        """The operator's page about it at the gateway."""
        return self.gateway.page_of(payment_id)
