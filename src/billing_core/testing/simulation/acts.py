"""What customers do, what their banks do, and what the shop does at its dashboard."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random

from attrs import define

from billing_core.adapters.simulated.money import Charge
from billing_core.adapters.simulated.money import DisputeStatus as Outcome
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Subscription
from billing_core.adapters.stripe.api import open_api
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pace import Pace
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.application import tasks
from billing_core.application.adjusting import Adjusted
from billing_core.application.changing import ChangeWish
from billing_core.application.checking_out import CheckoutStarted, Return
from billing_core.application.checking_out import Customer as Buyer
from billing_core.application.generating import Asked
from billing_core.application.linking import LinkedOffer
from billing_core.application.reconciling import BOOKMARK
from billing_core.application.spending import HoldPlaced
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval, Kind
from billing_core.domain.errors import BillingError
from billing_core.domain.generation import Generation
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.keeping_step import reconciling_of
from billing_core.ports.commit import Commit
from billing_core.ports.gateway import PaymentLink, RefundReason, When
from billing_core.ports.records import CauseStatus, OwnerClaimed
from billing_core.testing.simulation.customer import CARDS, GOOD, Customer, Placed
from billing_core.testing.simulation.world import DAY_S, HOUR_S, Answered, World, the_catalog

BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
TIERS = ("basic", "pro", "premium")
PACKS = ("small_pack", "big_pack")
NEXT_ACT_S = 72 * HOUR_S
PROMPT = "a lighthouse in the fog"


@define(eq=False)
class Playing:
    """Lets every customer of a world act, as long as the world is at work."""

    world: World
    shop: StripeGateway

    @classmethod
    def of(cls, world: World) -> "Playing":
        """The shop's own hands at Stripe go past the network that fails."""
        api = open_api(world.stripe.answer, key="sk_test_hands", pace=Pace(float("inf")))
        return cls(world, StripeGateway(api, PriceBook(api, {}), "https://dashboard.example"))

    @property
    def random(self) -> Random:
        return self.world.random

    def begin(self) -> None:
        """Each customer acts now and then; most buy something in the first days."""
        for customer in self.world.customers:
            self._next(customer, self.random.expovariate(1 / (2 * HOUR_S)), first=True)
        self.world.later(self.random.uniform(1, 7) * DAY_S, self._operator)

    def _next(self, customer: Customer, after_s: float, *, first: bool = False) -> None:
        self.world.later(after_s, lambda: self._act(customer, first=first))

    async def _act(self, customer: Customer, *, first: bool) -> None:
        if not self.world.is_at_work:
            return
        self._next(customer, self.random.expovariate(1 / NEXT_ACT_S))
        act = self.subscribe if first and self.random.random() < 0.8 else self._drawn()
        self.world.step(f"{customer.id}: {act.__name__.strip('_')}")
        await act(customer)
        await self.world.stripe.deliver_pending()
        self.world._observe()
        self.world.process.wake()
        await self.world.check()

    def _drawn(self) -> Callable[[Customer], Awaitable[None]]:
        weighted = {
            self.generate: 22,
            self.hold: 16,
            self.settle: 14,
            self.read: 8,
            self.subscribe: 8,
            self.buy: 5,
            self.change: 9,
            self.cancel: 4,
            self.resume: 4,
            self.at_the_portal: 5,
            self.replace_card: 4,
            self.authenticate: 3,
            self.refund: 5,
            self.bank: 6,
            self.adjust: 2,
            self.call_off: 2,
        }
        return self.random.choices(list(weighted), list(weighted.values()))[0]

    # Buying

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
        subs = [sub for sub in self._subscriptions(customer) if not sub.is_over]
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
        for customer_id in self._stripe_ids(customer):
            try:
                await self.world.stripe.replace_card(customer_id, self.random.choice((*CARDS, GOOD, GOOD, GOOD)))
                for invoice in self._invoices(customer):
                    if invoice.status is InvoiceStatus.OPEN and self.random.random() < 0.5:
                        await self.world.stripe.retry_invoice(invoice.id)
            except BillingError:
                continue

    async def authenticate(self, customer: Customer) -> None:
        """Answers the bank for an invoice that waits for it."""
        for invoice in self._invoices(customer):
            if invoice.status is InvoiceStatus.OPEN:
                try:
                    await self.world.stripe.authenticate_invoice(invoice.id, ok=self.random.random() < 0.7)
                except BillingError:
                    continue

    # Money that goes back

    async def refund(self, customer: Customer) -> None:
        """All or part of a payment, which may fail to arrive in the end."""
        charges = [charge for charge in self._charges(customer) if charge.left_minor > 0]
        if not charges:
            return
        charge = self.random.choice(charges)
        amount = None if self.random.random() < 0.4 else self.random.randint(1, charge.left_minor)
        try:
            done = await self.shop.refund(
                charge.intent_id,
                amount_minor=amount,
                reason=RefundReason.REQUESTED,
                idempotency_key=customer.next_key(),
            )
            refund_id = done.refund_id
            if refund_id is None:
                return
            if self.random.random() < 0.25:
                self.world.later(self.random.uniform(1, 10 * DAY_S), lambda: self._bank_answers(refund_id, ok=False))
            elif self.random.random() < 0.5:
                self.world.later(self.random.uniform(1, 5 * DAY_S), lambda: self._bank_answers(refund_id, ok=True))
        except BillingError:
            return

    async def _bank_answers(self, refund_id: str, *, ok: bool) -> None:
        if not self.world.is_at_work:
            return
        self.world.step(f"refund {refund_id} {'arrives' if ok else 'fails'}")
        bank = self.world.stripe.bank
        try:
            await (bank.complete_refund(refund_id) if ok else bank.fail_refund(refund_id))
        except BillingError:
            return

    async def bank(self, customer: Customer) -> None:
        """Disputes a charge or goes on with a dispute, or the card network warns of one."""
        charges = [charge for charge in self._charges(customer) if charge.is_paid]
        if not charges:
            return
        charge, bank = self.random.choice(charges), self.world.stripe.bank
        disputes = [d for d in self.world.stripe._engine.state.disputes.values() if d.charge_id == charge.id]
        going_on = [dispute for dispute in disputes if not dispute.status.is_over]
        try:
            if self.random.random() < 0.2:
                await bank.warn(charge.intent_id)
            elif going_on:
                dispute = going_on[0]
                if dispute.status.is_inquiry and self.random.random() < 0.5:
                    await bank.escalate(dispute.id)
                elif dispute.status.is_inquiry:
                    await bank.close(dispute.id, Outcome.WARNING_CLOSED)
                else:
                    await bank.close(
                        dispute.id, self.random.choice((Outcome.WON, Outcome.WON, Outcome.LOST, Outcome.PREVENTED))
                    )
            elif self.random.random() < 0.5:
                opened = await bank.dispute(charge.intent_id, is_inquiry=self.random.random() < 0.3)
                if not opened.status.is_inquiry and self.random.random() < 0.7:
                    self.world.later(self.random.uniform(1, 20 * DAY_S), lambda: self._decide(opened.id))
        except BillingError:
            return

    async def _decide(self, dispute_id: str) -> None:
        if not self.world.is_at_work:
            return
        outcome = self.random.choice((Outcome.WON, Outcome.WON, Outcome.WON, Outcome.LOST))
        self.world.step(f"dispute {dispute_id} is {outcome.value}")
        try:
            await self.world.stripe.bank.close(dispute_id, outcome)
        except BillingError:
            return

    # Spending

    async def hold(self, customer: Customer) -> None:
        """Sets credits aside."""
        amount, ttl = self.random.randint(1, 40), timedelta(minutes=self.random.choice((1, 15, 60, 600, 6000)))
        placed = await self.world.ask(
            "hold",
            customer,
            lambda use, key: use.holding()(customer.id, amount, reason="work", ttl=ttl, request=key),
        )
        if isinstance(placed.answer, HoldPlaced):
            hold = placed.answer
            customer.holds[hold.id] = Placed(id=hold.id, amount=hold.amount, until=hold.expires_at)
        elif placed.refusal is None:
            customer.unsure_holds += 1
        if self.random.random() < 0.5:
            await self.settle(customer)

    async def settle(self, customer: Customer) -> None:
        """Captures, all or in part, or releases; sometimes twice, sometimes too late."""
        for hold in [h for h in customer.holds.values() if self.random.random() < 0.6]:
            hold.is_asked_for = True
            if self.random.random() < 0.7:
                amount = self.random.choice((None, self.random.randint(0, hold.amount)))
                done = await self.world.ask(
                    "capture",
                    customer,
                    lambda use, key, h=hold, a=amount: use.capturing()(customer.id, h.id, amount=a, request=key),  # type: ignore[misc]
                )
                if done.is_done:
                    hold.captured = done.answer.amount
            else:
                done = await self.world.ask(
                    "release",
                    customer,
                    lambda use, key, h=hold: use.releasing()(customer.id, h.id, request=key),  # type: ignore[misc]
                )
                if done.is_done:
                    hold.released = True

    async def generate(self, customer: Customer) -> None:
        """Asks for pictures, several times in a row."""
        for _ in range(self.random.randint(1, 4)):
            plan = self.random.choice(the_catalog().current.plans)
            wish = Wish(
                model=self.random.choice((None, *plan.models)),
                size=self.random.choice((None, *plan.sizes)),
                quality=self.random.choice((None, *plan.qualities)),
                n=self.random.randint(1, 4),
            )
            accepted = await self.world.ask(
                "generate",
                customer,
                lambda use, key, w=wish: use.accepting()(customer.id, Asked(prompt=PROMPT, wish=w), request=key),  # type: ignore[misc]
            )
            if isinstance(accepted.answer, Generation):
                customer.generations[accepted.answer.id] = accepted.answer
            elif accepted.refusal is None:
                customer.unsure_generations += 1

    async def call_off(self, customer: Customer) -> None:
        """Asks for pictures and thinks better of it at once."""
        await self.generate(customer)
        for generation_id in list(customer.generations)[-2:]:
            await self.world.ask(
                "call off",
                customer,
                lambda use, _, g=generation_id: use.canceling_generation()(customer.id, g),  # type: ignore[misc]
                tries=2,
            )

    async def adjust(self, customer: Customer) -> None:
        """An operator gives some, or takes some."""
        amount = self.random.choice((-50, -5, 10, 100))
        adjusted = await self.world.ask(
            "adjust", customer, lambda use, key: use.adjusting()(customer.id, amount, reason="goodwill", request=key)
        )
        if isinstance(adjusted.answer, Adjusted):
            customer.adjusted += max(0, adjusted.answer.amount)
        elif adjusted.refusal is None:
            customer.unsure_adjustments += max(0, amount)

    # Looking

    async def read(self, customer: Customer) -> None:
        """Looks at everything there is to look at."""
        account_id = customer.id
        looks = (
            lambda use, _: use.viewing().subscription(account_id),
            lambda use, _: use.viewing().credits(account_id),
            lambda use, _: use.viewing().usage(account_id),
            lambda use, _: use.transactions()(account_id, limit=5),
            lambda use, _: use.paying()(account_id, limit=5),
        )
        for look in self.random.sample(looks, 3):
            await self.world.ask("read", customer, look, tries=2)
        books = self.world.books
        for generation_id in list(customer.generations)[-1:]:
            generation = await books.generations.get(account_id, generation_id)
            for image in generation.images if generation else ():
                await self.world.ask(
                    "show",
                    customer,
                    lambda use, _, i=image.id: use.showing()(i, viewer=account_id, signed=False),  # type: ignore[misc]
                    tries=2,
                )
                if self.random.random() < 0.2:
                    await self.world.ask(
                        "hide",
                        customer,
                        lambda use, _, i=image.id: use.hiding().delete(account_id, i),  # type: ignore[misc]
                        tries=1,
                    )

    async def _operator(self) -> None:
        """The hourly work of a worker, and what an operator looks at now and then."""
        if not self.world.is_at_work:
            return
        self.world.later(self.random.uniform(6, 20) * DAY_S, self._operator)
        self.world.step("the operator's round")
        await self.round()

    async def round(self) -> None:
        """Accrual and reconciliation, as a worker does them by the hour: again soon where they failed."""
        world = self.world
        await world.within(lambda use: use.accruing().run({}))
        before = await world.books.bookmarks.get(BOOKMARK)
        await world.within(reconciled)
        if before == await world.books.bookmarks.get(BOOKMARK):
            await asyncio.sleep(HOUR_S)
            async with world.a_calm():
                await world.within(reconciled)
        if self.random.random() < 0.5:
            await world.within(lambda use: _gone_through(use.auditing().all()))
        if self.random.random() < 0.3:
            await world.within(lambda use: use.replaying().undone())
            await world.within(lambda use: _gone_through(use.replaying().all()))
            await world.within(lambda use: use.replaying().newest(CauseStatus.FAILED, limit=5))
            sent = await world.stripe.sent()
            if sent:
                await world.within(lambda use, event_id=sent[-1].id: use.replaying().event(event_id))  # type: ignore[misc]
        if self.random.random() < 0.5:
            offer = LinkedOffer(kind=Kind.PACK, item=self.random.choice(PACKS), currency="usd")
            linked = await world.within(lambda use: use.linking()(offer))
            if isinstance(linked.answer, PaymentLink):
                await self._visit(linked.answer.id)
        if self.random.random() < 0.5:
            await world.within(lambda use: use.checking_shelf().run({"gone": "price_of_nobody"}))
        if self.random.random() < 0.3:
            await world.within(lambda use: use.accruing().count(everyone=True))
            await world.within(lambda use: _gone_through(use.accruing()(everyone=True)))
        if self.random.random() < 0.5:
            customer = self.random.choice(world.customers)
            await world.within(lambda use: use.auditing()(customer.id))

    async def _visit(self, link_id: str) -> None:
        """A stranger pays by a link: nobody's, until an operator says whose."""
        stripe, world = self.world.stripe, self.world
        stranger = f"stranger-{self.random.randrange(1000)}"
        try:
            session_id = await stripe.open_link(link_id, email=f"{stranger}@elsewhere.example")
            await stripe.pay(session_id, GOOD)
        except BillingError:
            return
        await stripe.deliver_pending()
        await asyncio.sleep(self.random.uniform(60, 2 * HOUR_S))
        customer_id = world.stripe._engine.state.sessions[session_id].customer_id
        if customer_id is not None:
            claimed = Commit(None, (), (OwnerClaimed(customer_id), tasks.receive_parked(customer_id)))
            await world.within(lambda use: use.accounts().change(stranger, lambda _: claimed))

    # What Stripe knows of a customer

    def _stripe_ids(self, customer: Customer) -> list[str]:
        return stripe_ids(self.world, customer.id)

    def _subscriptions(self, customer: Customer) -> list[Subscription]:
        ids = self._stripe_ids(customer)
        return [s for s in self.world.stripe._engine.state.subscriptions.values() if s.customer_id in ids]

    def _invoices(self, customer: Customer) -> list[Invoice]:
        ids = self._stripe_ids(customer)
        return [i for i in self.world.stripe._engine.state.invoices.values() if i.customer_id in ids]

    def _charges(self, customer: Customer) -> list[Charge]:
        ids = self._stripe_ids(customer)
        return [c for c in self.world.stripe._engine.state.charges.values() if c.customer_id in ids]


def stripe_ids(world: World, account_id: str) -> list[str]:
    """The customers that Stripe has for an account."""
    customers = world.stripe._engine.state.customers.values()
    return [c.id for c in customers if c.metadata.get("billing_core_account") == account_id]


async def reconciled(use: Container) -> None:
    """A reconciliation from end to end."""
    await reconciling_of(use).run({})


async def _gone_through(stream: object) -> None:
    async for _ in stream:  # type: ignore[attr-defined]
        pass


def _buyer(customer: Customer) -> Buyer:
    return Buyer(account_id=customer.id, email=f"{customer.id}@shop.example", name=customer.id)
