"""What only a simulated Stripe lets one do: pay with a test card, and let months pass."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from attrs import frozen

from billing_core.domain.errors import InvalidValue, NoCustomer
from billing_core.domain.money import Money
from billing_core.entrypoints.simulated import Checkout, Invoice, Offered, Paid, PortalDoor, Receipt, SentWebhook
from billing_core.entrypoints.simulated_stripe import Result, SimulatedMoney
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.directory import Directory
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.jobs import Jobs

STEP = timedelta(days=1)
SETTLE_S = 30.0


@runtime_checkable
class Movable(Protocol):
    """A clock that can be moved ahead. One that can also tell how far is kept over a restart."""

    def advance(self, by: timedelta) -> datetime: ...


@frozen(kw_only=True)
class RunningSimulation:
    """Drives a simulated Stripe and waits until the books have followed."""

    hands: SimulatedMoney
    clock: Clock
    accounts: AccountRepository
    directory: Directory
    jobs: Jobs
    kept_clock: Path | None

    async def checkout(self, session_id: str) -> Checkout:
        """Raises UnknownAtGateway."""
        return await self.hands.checkout(session_id)

    async def enter_code(self, session_id: str, code: str) -> None:
        """Raises UnknownAtGateway, InvalidValue, IllegalTransition."""
        await self.hands.enter_code(session_id, code)

    async def open_link(self, link_id: str) -> str:
        """Raises UnknownAtGateway, IllegalTransition."""
        return await self.hands.open_link(link_id)

    async def pay(self, session_id: str, card: str | None) -> Paid:
        """Raises UnknownAtGateway, InvalidValue for a card that is no test card."""
        result = await self.hands.pay(session_id, card)
        await self.settle()
        return _paid(result)

    async def authenticate(self, session_id: str, *, ok: bool) -> Paid:
        """The card's owner answers the bank."""
        result = await self.hands.authenticate(session_id, ok=ok)
        await self.settle()
        return _paid(result)

    async def authenticate_invoice(self, invoice_id: str, *, ok: bool) -> Paid:
        """Raises UnknownAtGateway, IllegalTransition where the invoice is no longer open."""
        result = await self.hands.authenticate_invoice(invoice_id, ok=ok)
        await self.settle()
        return _paid(result)

    async def invoice(self, invoice_id: str) -> Invoice:
        """Raises UnknownAtGateway."""
        return await self.hands.invoice(invoice_id)

    async def pay_invoice(self, invoice_id: str, card: str) -> Paid:
        """Raises UnknownAtGateway, IllegalTransition, InvalidValue."""
        result = await self.hands.pay_invoice(invoice_id, card)
        await self.settle()
        return _paid(result)

    async def receipt(self, charge_id: str) -> Receipt:
        """Raises UnknownAtGateway."""
        charge = await self.hands.receipt(charge_id)
        return Receipt(
            charge_id=charge_id,
            paid=Money(charge.amount_minor, charge.currency),
            refunded=Money(charge.refunded_minor, charge.currency),
            at=charge.created_at,
            last4=charge.card.last4,
        )

    async def portal(self, token: str) -> PortalDoor:
        """Raises UnknownAtGateway where the token opens nothing, or the books know no such customer."""
        door = await self.hands.portal(token)
        account_id = await self.directory.owner_of(door.customer_id)
        if account_id is None:
            raise UnknownAtGateway("portal")
        return PortalDoor(account_id=account_id, return_url=door.return_url)

    async def offers_at_portal(self, token: str) -> tuple[Offered, ...]:
        """Raises UnknownAtGateway."""
        offered = await self.hands.at_portal.offers(token)
        return tuple(Offered(id=x.id, key=x.key, price=Money(x.amount_minor, x.currency)) for x in offered)

    async def cancel_at_portal(self, token: str) -> None:
        """Raises UnknownAtGateway, IllegalTransition."""
        await self.hands.at_portal.cancel(token)
        await self.settle()

    async def resume_at_portal(self, token: str) -> None:
        """Raises UnknownAtGateway, IllegalTransition."""
        await self.hands.at_portal.resume(token)
        await self.settle()

    async def switch_at_portal(self, token: str, price_id: str) -> Paid:
        """Raises UnknownAtGateway, IllegalTransition."""
        result = await self.hands.at_portal.switch(token, price_id)
        await self.settle()
        return _paid(result)

    async def replace_card_at_portal(self, token: str, card: str) -> Paid:
        """Raises UnknownAtGateway, IllegalTransition, InvalidValue."""
        result = await self.hands.at_portal.replace_card(token, card)
        await self.settle()
        return _paid(result)

    async def replace_card(self, account_id: str, card: str) -> Paid:
        """Raises NoCustomer before the first checkout."""
        account = await self.accounts.get(account_id)
        if account.customer_id is None:
            raise NoCustomer()
        return _paid(await self.hands.replace_card(account.customer_id, card))

    async def forward(self, *, days: int) -> None:
        """Day by day, so that each renewal is booked when it falls due. Raises InvalidValue."""
        if not isinstance(self.clock, Movable):
            raise InvalidValue("days", "this clock cannot be moved")
        for _ in range(days):
            self.clock.advance(STEP)
            await self.settle()
        offset = getattr(self.clock, "offset", None)
        if self.kept_clock is not None and isinstance(offset, timedelta):
            self.kept_clock.write_text(json.dumps({"offset_s": offset.total_seconds()}))

    @property
    def is_holding(self) -> bool:
        return self.hands.is_holding

    async def webhooks(self) -> tuple[SentWebhook, ...]:
        """Newest first."""
        return tuple(reversed(await self.hands.sent()))

    def hold(self) -> None:
        """Until they are released, or the process ends."""
        self.hands.hold()

    async def release(self, *, shuffled: bool = False) -> int:
        """Answers how many were taken."""
        taken = await self.hands.release(shuffled=shuffled)
        await self.settle()
        return taken

    async def resend(self, *event_ids: str, shuffled: bool = False) -> None:
        """While webhooks are held back, these wait with them. Raises UnknownAtGateway."""
        await self.hands.resend(*event_ids)
        if shuffled and not self.is_holding:
            await self.hands.release(shuffled=True)
        await self.settle()

    async def drop(self, event_id: str) -> None:
        """Raises UnknownAtGateway, IllegalTransition."""
        await self.hands.drop(event_id)

    async def settle(self) -> None:
        """Sends what is to be sent until nothing is, and waits for the jobs that come of it."""
        waited_s = 0.0
        while True:
            await self.hands.deliver_pending()
            if await self._is_idle() and not await self.hands.deliver_pending() and await self._is_idle():
                return  # and the last jobs left nothing behind that is to be sent
            if waited_s > SETTLE_S:
                raise TimeoutError("the jobs do not come to an end")
            await asyncio.sleep(0.01)
            waited_s += 0.01

    async def _is_idle(self) -> bool:
        return await self.jobs.idle(self.clock.now())


def _paid(result: Result) -> Paid:
    return Paid(status=result.status.value, redirect_url=result.redirect_url, decline_code=result.decline_code)
