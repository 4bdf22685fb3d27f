"""Random lives: customers who subscribe, change their minds, stop paying, and get their money back.

They are lived against the simulated Stripe and the real use cases, so what is recorded of them is what a Stripe would
have sent on the given catalog, and its truth is the simulated Stripe's.
"""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import TypeVar

from attrs import define, field

from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.simulated.money import Charge, Dispute, DisputeStatus, Refund
from billing_core.adapters.system import FixedClock
from billing_core.application.changing import ChangeWish
from billing_core.application.checking_out import CheckoutStarted, Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain import account_at
from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Interval, Plan
from billing_core.domain.errors import BillingError
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import RefundReason, When
from billing_core.testing.orders.product import SECRET, Product, copied
from billing_core.testing.orders.recording import Recording, Webhook
from billing_core.testing.orders.truth import Truth

PAYS, ASKS, NO_FUNDS, DECLINES_LATER, RISKY, REFUNDS_SLOWLY = (
    "4242424242424242",
    "4000002500003155",
    "4000000000009995",
    "4000000000000341",
    "4000000000004954",
    "4000000000007726",
)
CARDS = (PAYS, PAYS, PAYS, PAYS, ASKS, NO_FUNDS, DECLINES_LATER, RISKY, REFUNDS_SLOWLY)
OUTCOMES = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.PREVENTED)
BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
A_DAY = timedelta(days=1)
ACCOUNT = "billing_core_account"
M = TypeVar("M", Charge, Refund, Dispute)


@define
class Lives:
    """Customers of one shop, and the time that passes for all of them."""

    catalog: Catalog
    chance: Random
    customers: int = 1
    clock: FixedClock = field(init=False)
    stripe: SimulatedStripe = field(init=False)
    product: Product = field(init=False)
    came: list[bytes] = field(init=False, factory=list)
    _before: tuple[int, MemoryState] | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        start = self.catalog.versions[0].since + A_DAY * self.chance.randrange(400)
        self.clock = FixedClock(start.replace(microsecond=0))
        self.stripe = SimulatedStripe(
            lambda: self.catalog, self.clock, SECRET, "https://shop.example", self._handed_over
        )
        self.product = Product(self.catalog, self.clock, self.stripe.answer)

    async def _handed_over(self, body: bytes, signature: str) -> int:
        self.came.append(body)
        await self.product.use.receiving()(body, signature)
        return 200

    async def live(self, *, events: int, days: int) -> None:
        """Until so many events came, or so many days are over."""
        await self.product.ready()
        ends = self.clock.now() + days * A_DAY
        while len(self.came) < events and self.clock.now() < ends:
            await self.do_something(self.chance.randrange(self.customers))
            if self.chance.random() < 1 / self.customers:
                await self.wait(self.chance.choice((0.01, 0.3, 1, 5, 12)))

    def keep_books(self) -> None:
        """What comes from now on is told in any order, to the books as they are now."""
        self._before = len(self.came), MemoryState(**copied(self.product.memory.state))  # type: ignore[arg-type]

    async def recording(self) -> Recording:
        """What came, all of it or since the books were kept, and how all stands now."""
        since, before = self._before or (0, None)
        state = await self.stripe.state()
        accounts = {c.id: c.metadata.get(ACCOUNT) for c in state.customers.values()}
        return Recording(
            catalog=self.catalog,
            now=self.clock.now(),
            webhooks=tuple([Webhook.of(body) for body in self.came[since:]]),
            customers={customer: account for customer, account in accounts.items() if account},
            truth=Truth(self.stripe.answer),
            before=before,
        )

    async def wait(self, days: float) -> None:
        """Time passes, a day at a time at most, and everything follows."""
        until = self.clock.now() + timedelta(seconds=int(days * 86400))
        while (now := self.clock.now()) < until:
            self.clock.set(min(until, now + A_DAY))
            await self.settle()

    async def settle(self) -> None:
        await self.stripe.deliver_pending()
        while await self.product.work():
            await self.stripe.deliver_pending()

    async def do_something(self, who: int) -> None:
        """What the rules or the gateway refuse is no event."""
        account = f"customer-{who}"
        held = await self.product.use.viewing()(account)
        is_subscribed = held.in_force.subscription is not None
        doings = DOINGS_OF_SUBSCRIBERS if is_subscribed else DOINGS
        with suppress(BillingError):
            await self.chance.choice(doings)(self, account)
        await self.settle()

    # What customers do

    async def subscribe(self, account: str) -> None:
        plan = self._plan()
        price = self.chance.choice(plan.prices)
        order = PlanOrder(tier=plan.key, interval=price.interval or Interval.MONTH, currency=price.money.currency)
        await self._pay(await self.product.use.subscribing()(_customer(account), order, BACK))

    async def buy(self, account: str) -> None:
        packs = self.catalog.current.packs
        if packs:
            pack = self.chance.choice(packs)
            currency = self.chance.choice(pack.prices).money.currency
            await self._pay(await self.product.use.buying()(_customer(account), pack.key, currency, BACK))

    async def change(self, account: str) -> None:
        wish = ChangeWish(
            tier=self._plan().key,
            interval=self.chance.choice((None, Interval.MONTH, Interval.YEAR)),
            when=self.chance.choice((None, When.NOW, When.PERIOD_END)),
        )
        await self.product.use.changing()(account, wish)

    async def cancel(self, account: str) -> None:
        at_end = self.chance.random() < 0.6
        await self.product.use.canceling()(account, at_period_end=at_end, prorate=self.chance.random() < 0.5)

    async def resume(self, account: str) -> None:
        await self.product.use.canceling().resume(account)

    async def spend(self, account: str) -> None:
        held = await self.product.use.viewing()(account)
        amount = self.chance.randint(1, max(1, held.account.book.available))
        hold = await self.product.use.holding()(account, amount, reason="a picture")
        if self.chance.random() < 0.8:
            await self.product.use.capturing()(account, hold.id)

    async def replace_card(self, account: str) -> None:
        held = await self.product.use.viewing()(account)
        if held.account.customer_id is not None:
            await self.stripe.replace_card(held.account.customer_id, self.chance.choice(CARDS))

    # What the shop and the bank do

    async def refund(self, account: str) -> None:
        """Some of a payment, or all that is left of it."""
        held = await self.product.use.viewing()(account)
        paid = [payment for payment in held.account.payments if payment.amount_minor > 0]
        if paid:
            payment = self.chance.choice(paid)
            amount = self.chance.choice((None, max(1, payment.amount_minor // 2), max(1, payment.amount_minor // 3)))
            key = f"refund-{len(self.came)}-{self.chance.random()}"
            await self.product.use.gateway().refund(
                payment.id, amount_minor=amount, reason=RefundReason.REQUESTED, idempotency_key=key
            )

    async def end_refund(self, account: str) -> None:
        """A refund arrives, or does not after all."""
        refund = await self._one_of(account, Refund)
        if refund is not None:
            end = self.stripe.bank.fail_refund if self.chance.random() < 0.6 else self.stripe.bank.complete_refund
            await end(refund.id)

    async def dispute(self, account: str) -> None:
        charge = await self._one_of(account, Charge)
        if charge is not None:
            part = max(1, charge.amount_minor // 2) if self.chance.random() < 0.3 else None
            await self.stripe.bank.dispute(charge.id, is_inquiry=self.chance.random() < 0.3, amount_minor=part)

    async def go_on_disputing(self, account: str) -> None:
        dispute = await self._one_of(account, Dispute)
        if dispute is not None and dispute.status.is_inquiry and self.chance.random() < 0.7:
            await self.stripe.bank.escalate(dispute.id)
        elif dispute is not None:
            await self.stripe.bank.close(dispute.id, self.chance.choice(OUTCOMES))

    async def warn(self, account: str) -> None:
        charge = await self._one_of(account, Charge)
        if charge is not None:
            await self.stripe.bank.warn(charge.id)

    async def lift(self, account: str) -> None:
        """An operator lifts what a dispute left, so that the life goes on."""
        now = self.clock.now()

        def lifted(held: Account) -> Commit[None]:
            now_held = account_at.at(held, now, self.catalog)
            reasons = now_held.account.suspended_for
            return Commit(None, now_held.reinstate(reasons[0]) if reasons else now_held.due)

        await self.product.memory.accounts.change(account, lifted)

    # How

    def _plan(self) -> Plan:
        return self.chance.choice([plan for plan in self.catalog.current.plans if plan.prices])

    async def _pay(self, session: CheckoutStarted) -> None:
        card = self.chance.choice(CARDS)
        result = await self.stripe.pay(session.session_id, card)
        if result.status.value == "requires_authentication":
            await self.stripe.authenticate(session.session_id, ok=self.chance.random() < 0.8)

    async def _one_of(self, account: str, kind: type[M]) -> M | None:
        """One of the account's charges, refunds or disputes."""
        state = await self.stripe.state()
        charges = {
            charge.id
            for charge in state.charges.values()
            if charge.customer_id and state.customers[charge.customer_id].metadata.get(ACCOUNT) == account
        }
        found = [each for each in state.table(kind).values() if getattr(each, "charge_id", each.id) in charges]
        return self.chance.choice(found) if found else None


def _customer(account: str) -> Customer:
    return Customer(account_id=account, email=f"{account}@shop.example", name=account)


DOINGS = (
    Lives.subscribe,
    Lives.subscribe,
    Lives.subscribe,
    Lives.buy,
    Lives.spend,
    Lives.refund,
    Lives.dispute,
    Lives.go_on_disputing,
    Lives.lift,
    Lives.replace_card,
)
DOINGS_OF_SUBSCRIBERS = (
    Lives.change,
    Lives.change,
    Lives.change,
    Lives.cancel,
    Lives.resume,
    Lives.buy,
    Lives.spend,
    Lives.spend,
    Lives.refund,
    Lives.refund,
    Lives.end_refund,
    Lives.dispute,
    Lives.go_on_disputing,
    Lives.go_on_disputing,
    Lives.warn,
    Lives.lift,
    Lives.replace_card,
)
