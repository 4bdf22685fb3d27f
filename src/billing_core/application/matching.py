"""Whether the gateway says of an account what its books say: its subscriptions, and what went back of its payments."""

import asyncio
from collections.abc import AsyncIterator

from attrs import frozen

from billing_core.application.catching_up import drift_of
from billing_core.application.comparing import Compared
from billing_core.domain.account import Account
from billing_core.domain.invariants import Breach, Invariant
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.domain.subscription import Subscription
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway

REST_S = 5.0
"""What differs is looked at again after so long, since a webhook may be on its way."""


@frozen
class Matching:
    """Asks the gateway for each live subscription and each payment that can still be refunded. Changes nothing."""

    accounts: AccountRepository
    gateway: PaymentGateway
    clock: Clock
    rest_s: float = REST_S

    async def __call__(self, account_id: str) -> tuple[Breach, ...]:
        """What differs, and still does a moment later. Raises the port failures."""
        if not await self._differing(account_id):
            return ()
        await asyncio.sleep(self.rest_s)
        return await self._differing(account_id)

    async def _differing(self, account_id: str) -> tuple[Breach, ...]:
        account = await self.accounts.get(account_id)
        return tuple([breach async for breach in self._found(account)])

    async def _found(self, account: Account) -> AsyncIterator[Breach]:
        for sub in account.subscriptions:
            drift = await self._of_subscription(account, sub) if sub.is_live else ""
            if drift:
                yield Breach(
                    invariant=Invariant.SUBSCRIPTION_AS_TOLD,
                    text=f"subscription {sub.id}: {drift}",
                    about={"subscription": sub.id},
                )
        for payment in account.payments:
            drift = await self._of_payment(account, payment)
            if drift:
                yield Breach(
                    invariant=Invariant.PAYMENT_AS_TOLD,
                    text=f"payment {payment.id}: {drift}",
                    about={"payment": payment.id},
                )

    async def _of_subscription(self, account: Account, sub: Subscription) -> str:
        try:
            theirs = await self.gateway.fetch_subscription(sub.id, now=self.clock.now())
        except UnknownAtGateway:
            return "the gateway does not know it"
        return Compared(subscription_id=sub.id, account_id=account.id, ours=sub.snapshot, theirs=theirs).drift

    async def _of_payment(self, account: Account, payment: Payment) -> str:
        """One of nothing, or whose time is closed, is not asked for: the books follow it no more."""
        now = self.clock.now()
        if payment.amount_minor <= 0 or is_closed(payment, now):
            return ""
        try:
            return drift_of(await self.gateway.fetch_payment(payment.id, now=now), account)
        except UnknownAtGateway:
            return "the gateway does not know it"
