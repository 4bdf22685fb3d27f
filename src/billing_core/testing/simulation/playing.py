"""Letting the customers of a world act, as long as it is at work."""

from collections.abc import Awaitable, Callable

from attrs import define

from billing_core.adapters.stripe.api import open_api
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pace import Pace
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.testing.simulation.banking import Banking
from billing_core.testing.simulation.customer import Customer
from billing_core.testing.simulation.operating import Operating
from billing_core.testing.simulation.seeing import Seeing
from billing_core.testing.simulation.shopping import Shopping
from billing_core.testing.simulation.using import Using
from billing_core.testing.simulation.world import DAY_S, HOUR_S, World

NEXT_ACT_S = 72 * HOUR_S


@define(eq=False)
class Playing(Seeing):
    """Every customer acts now and then; an operator makes a round now and then."""

    shopping: Shopping
    banking: Banking
    using: Using
    operating: Operating

    @classmethod
    def of(cls, world: World) -> "Playing":
        """The shop's own hands at Stripe go past the network that fails."""
        api = open_api(world.stripe.answer, key="sk_test_hands", pace=Pace(float("inf")))
        shop = StripeGateway(api, PriceBook(api, {}), "https://dashboard.example")
        return cls(world, Shopping(world, shop), Banking(world, shop), Using(world), Operating(world))

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
        act = self.shopping.subscribe if first and self.random.random() < 0.8 else self._drawn()
        self.world.step(f"{customer.id}: {act.__name__.strip('_')}")
        await act(customer)
        await self.world.stripe.deliver_pending()
        self.world.observe()
        self.world.process.wake()
        await self.world.check()

    def _drawn(self) -> Callable[[Customer], Awaitable[None]]:
        weighted = {
            self.using.generate: 22,
            self.using.hold: 16,
            self.using.settle: 14,
            self.using.read: 8,
            self.shopping.subscribe: 8,
            self.shopping.buy: 5,
            self.shopping.change: 9,
            self.shopping.cancel: 4,
            self.shopping.resume: 4,
            self.shopping.at_the_portal: 5,
            self.shopping.replace_card: 4,
            self.shopping.authenticate: 3,
            self.banking.refund: 5,
            self.banking.bank: 6,
            self.using.adjust: 2,
            self.using.call_off: 2,
        }
        return self.random.choices(list(weighted), list(weighted.values()))[0]

    async def _operator(self) -> None:
        """The hourly work of a worker, and what an operator looks at now and then."""
        if not self.world.is_at_work:
            return
        self.world.later(self.random.uniform(6, 20) * DAY_S, self._operator)
        self.world.step("the operator's round")
        await self.operating.round()
