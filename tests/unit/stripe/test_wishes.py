"""Law: whatever is wished of a subscription, and wherever a process is killed meanwhile, the last wish wins."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from billing_core.ports.gateway import PlanChange, When
from tests.stripe.mortal import Killed, MortalGateway

PRICES = st.sampled_from(["basic_month", "basic_year", "pro_month", "pro_year"])


@frozen
class Wished:
    """What a subscription should be."""

    price: str = "basic_month"
    waiting: str | None = None
    ends: bool = False


@frozen
class Cancel:
    def after(self, now: Wished) -> Wished:
        return evolve(now, waiting=None, ends=True)

    async def ask(self, mortal: MortalGateway, sub: str, key: str) -> None:
        await mortal.gateway.cancel(sub, at_period_end=True, prorate=False, idempotency_key=key)


@frozen
class Resume:
    def after(self, now: Wished) -> Wished:
        return evolve(now, ends=False)

    async def ask(self, mortal: MortalGateway, sub: str, key: str) -> None:
        await mortal.gateway.resume(sub, idempotency_key=key)


@frozen
class Drop:
    def after(self, now: Wished) -> Wished:
        return evolve(now, waiting=None)

    async def ask(self, mortal: MortalGateway, sub: str, key: str) -> None:
        await mortal.gateway.drop_change(sub)


@frozen
class Change:
    price: str
    when: When

    def after(self, now: Wished) -> Wished:
        if self.when is When.NOW or self.price == now.price:
            return Wished(self.price)
        return Wished(now.price, self.price)

    async def ask(self, mortal: MortalGateway, sub: str, key: str) -> None:
        wish = PlanChange(subscription_id=sub, price=self.price, when=self.when, as_of=mortal.clock.now())
        await mortal.gateway.change_plan(wish, idempotency_key=key)


@frozen
class Renewal:
    """A period goes by, unless it is the last."""

    def after(self, now: Wished) -> Wished:
        return now if now.ends else Wished(now.waiting or now.price)

    async def ask(self, mortal: MortalGateway, sub: str, key: str) -> None:
        snapshot = await mortal.look(sub)
        if snapshot.ends_at is None:
            mortal.clock.at = snapshot.period_end + timedelta(hours=2)
            await mortal.stripe.advance()


Verb = Cancel | Resume | Drop | Change | Renewal
VERBS: st.SearchStrategy[Verb] = st.one_of(
    st.builds(Change, PRICES, st.sampled_from(When)),
    st.just(Cancel()),
    st.just(Resume()),
    st.just(Drop()),
    st.just(Renewal()),
)
KILLS = st.none() | st.tuples(st.integers(1, 6), st.booleans())


@given(st.lists(st.tuples(VERBS, KILLS), min_size=1, max_size=8))
def test_the_last_wish_wins(story: list[tuple[Verb, tuple[int, bool] | None]]) -> None:
    asyncio.run(told(story))


async def told(story: list[tuple[Verb, tuple[int, bool] | None]]) -> None:
    mortal, wished = MortalGateway(), Wished()
    sub = await mortal.subscribed()
    for n, (verb, kill) in enumerate(story):
        mortal.clock.at += timedelta(hours=5)
        if kill is not None:
            mortal.kill_at(kill[0], arrives=kill[1])
            with suppress(Killed):
                await verb.ask(mortal, sub, f"key {n}")
            mortal.live()
        await verb.ask(mortal, sub, f"key {n}")
        wished = verb.after(wished)

        found = await mortal.look(sub)
        waiting = found.pending_change.price if found.pending_change else None
        assert wished == Wished(found.price, waiting, found.ends_at is not None), (n, verb)
