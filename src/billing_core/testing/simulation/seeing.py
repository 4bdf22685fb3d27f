"""What a world shows of a customer at Stripe, for those who act in it."""

from random import Random

from attrs import define

from billing_core.adapters.simulated.money import Charge
from billing_core.adapters.simulated.state import State
from billing_core.adapters.simulated.subscriptions import Invoice, Subscription
from billing_core.testing.simulation.customer import Customer
from billing_core.testing.simulation.world import World


@define(eq=False)
class Seeing:
    """Who acts in a world."""

    world: World

    @property
    def random(self) -> Random:
        """The world's dice."""
        return self.world.random

    @property
    def state(self) -> State:
        """All that Stripe remembers."""
        return self.world.state

    def subscriptions(self, customer: Customer) -> list[Subscription]:
        ids = stripe_ids(self.state, customer.id)
        return [sub for sub in self.state.subscriptions.values() if sub.customer_id in ids]

    def invoices(self, customer: Customer) -> list[Invoice]:
        ids = stripe_ids(self.state, customer.id)
        return [invoice for invoice in self.state.invoices.values() if invoice.customer_id in ids]

    def charges(self, customer: Customer) -> list[Charge]:
        ids = stripe_ids(self.state, customer.id)
        return [charge for charge in self.state.charges.values() if charge.customer_id in ids]


def stripe_ids(state: State, account_id: str) -> tuple[str, ...]:
    """The customers that Stripe has for an account."""
    customers = state.customers.values()
    return tuple(customer.id for customer in customers if customer.metadata.get("billing_core_account") == account_id)
