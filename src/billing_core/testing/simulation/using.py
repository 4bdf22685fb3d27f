"""What customers spend credits on, and what they look at."""

from datetime import timedelta

from attrs import define

from billing_core.application.accepting import Asked
from billing_core.application.adjusting import Adjusted
from billing_core.application.spending import HoldPlaced
from billing_core.domain.admission import Wish
from billing_core.domain.generation import Generation
from billing_core.entrypoints.container import Container
from billing_core.testing.simulation.customer import Customer, Placed
from billing_core.testing.simulation.seeing import Seeing
from billing_core.testing.simulation.setting import the_catalog

PROMPT = "a lighthouse in the fog"


@define(eq=False)
class Using(Seeing):
    """Holds, generations, adjustments and reads."""

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
                    lambda use, _, i=image.id: self._shown(use, account_id, i),  # type: ignore[misc]
                    tries=2,
                )
                if self.random.random() < 0.2:
                    customer.deleted.setdefault(generation_id, set()).add(image.id)
                    await self.world.ask(
                        "hide",
                        customer,
                        lambda use, _, i=image.id: use.hiding().delete(account_id, i),  # type: ignore[misc]
                        tries=1,
                    )

    async def _shown(self, use: Container, account_id: str, image_id: str) -> bytes:
        showing = use.showing()
        return await showing.content(await showing.image(image_id, viewer=account_id, signed=False))
