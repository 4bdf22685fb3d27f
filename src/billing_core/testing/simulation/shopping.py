"""What customers buy, change and cancel, at the product and at Stripe's own pages."""

from attrs import define

from billing_core.adapters.simulated.subscriptions import InvoiceStatus
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.application.changing import ChangeWish
from billing_core.application.checking_out import CheckoutStarted, Return
from billing_core.application.checking_out import Customer as Buyer
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import BillingError
from billing_core.ports.gateway import When
from billing_core.testing.simulation.answers import Answered
from billing_core.testing.simulation.customer import CARDS, GOOD, Customer
from billing_core.testing.simulation.seeing import Seeing, stripe_ids

BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
TIERS = ("basic", "pro", "premium")
PACKS = ("small_pack", "big_pack")


@define(eq=False)
class Shopping(Seeing):
    """Checkouts, plan changes and cards. `shop` acts at Stripe past the network that fails."""

    shop: StripeGateway

    async def subscribe(self, customer: Customer) -> None:
        """Opens a checkout for a plan and, mostly, pays it; now and then one for another plan first."""
        if self.random.random() < 0.25:
            await self._open(customer)
        await self._pay(customer, (await self._open(customer)).answer)

    async def _open(self, customer: Customer) -> Answered:
        order = PlanOrder(
            tier=self.random.choice(TIERS),
            interval=Interval.YEAR if self.random.random() < 0.25 else Interval.MONTH,
            currency="usd",
        )
        return await self.world.ask(
            "subscribe", customer, lambda use, key: use.subscribing()(_buyer(customer), order, BACK, request=key)
        )

    async def buy(self, customer: Customer) -> None:
        """The same for a pack."""
        pack = self.random.choice(PACKS)
        started = await self.world.ask(
            "buy", customer, lambda use, key: use.buying()(_buyer(customer), pack, "usd", BACK, request=key)
        )
        await self._pay(customer, started.answer)

    async def _pay(self, customer: Customer, started: object) -> None:
        if not isinstance(started, CheckoutStarted):
            return
        customer.sessions.append(started.session_id)
        if self.random.random() < 0.2:
            return
        for _ in range(2):
            card = self.random.choice(CARDS)
            try:
                result = await self.world.stripe.pay(started.session_id, card)
                if result.status.value == "requires_authentication":
                    await self.world.stripe.authenticate(started.session_id, ok=self.random.random() < 0.7)
                if result.status.value == "succeeded":
                    return
            except BillingError:
                return

    async def change(self, customer: Customer) -> None:
        """Another plan, another interval, or both; now or at the end, as the price has it."""
        wish = ChangeWish(
            tier=self.random.choice(TIERS),
            interval=self.random.choice((None, None, Interval.MONTH, Interval.YEAR)),
            when=self.random.choice((None, None, When.NOW, When.PERIOD_END)),
        )
        await self.world.ask("change", customer, lambda use, key: use.changing()(customer.id, wish, request=key))

    async def cancel(self, customer: Customer) -> None:
        """With the period's end, or at once."""
        at_end, prorate = self.random.random() < 0.7, self.random.random() < 0.5
        await self.world.ask(
            "cancel",
            customer,
            lambda use, key: use.canceling()(customer.id, at_period_end=at_end, prorate=prorate, request=key),
        )

    async def resume(self, customer: Customer) -> None:
        """Thinks better of it, or of a change that was to come."""
        if self.random.random() < 0.7:
            await self.world.ask("resume", customer, lambda use, key: use.canceling().resume(customer.id, request=key))
        else:
            await self.world.ask("drop", customer, lambda use, _key: use.changing().drop(customer.id), tries=1)

    async def at_the_portal(self, customer: Customer) -> None:
        """The same at Stripe's own page: the product only hears of it."""
        await self.world.ask(
            "portal", customer, lambda use, _: use.managing()(customer.id, return_url=BACK.success_url), tries=2
        )
        subs = [sub for sub in self.subscriptions(customer) if not sub.is_over]
        if not subs:
            return
        sub, key = self.random.choice(subs), customer.next_key()
        try:
            if sub.ends_at is not None:
                await self.shop.resume(sub.id, idempotency_key=key)
            else:
                await self.shop.cancel(
                    sub.id, at_period_end=self.random.random() < 0.8, prorate=False, idempotency_key=key
                )
        except BillingError:
            return

    async def replace_card(self, customer: Customer) -> None:
        """Another card, which may be a bad one."""
        for customer_id in stripe_ids(self.state, customer.id):
            try:
                await self.world.stripe.replace_card(customer_id, self.random.choice((*CARDS, GOOD, GOOD, GOOD)))
                for invoice in self.invoices(customer):
                    if invoice.status is InvoiceStatus.OPEN and self.random.random() < 0.5:
                        await self.world.stripe.retry_invoice(invoice.id)
            except BillingError:
                continue

    async def authenticate(self, customer: Customer) -> None:
        """Answers the bank for an invoice that waits for it."""
        for invoice in self.invoices(customer):
            if invoice.status is InvoiceStatus.OPEN:
                try:
                    await self.world.stripe.authenticate_invoice(invoice.id, ok=self.random.random() < 0.7)
                except BillingError:
                    continue


def _buyer(customer: Customer) -> Buyer:
    return Buyer(account_id=customer.id, email=f"{customer.id}@shop.example", name=customer.id)
