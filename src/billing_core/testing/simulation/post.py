"""Webhooks on their way from Stripe: lost, late, twice, in any order, in other shapes."""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from billing_core.adapters.simulated import outbox, thin
from billing_core.adapters.simulated.older import rendered
from billing_core.adapters.simulated.posting import known
from billing_core.ports.errors import BadSignature
from billing_core.testing.simulation.answers import UNKNOWN
from billing_core.testing.simulation.checking import Violation
from billing_core.testing.simulation.process import SECRET
from billing_core.testing.simulation.setting import OLD_VERSIONS

if TYPE_CHECKING:
    from billing_core.testing.simulation.world import World

STRIPE_TRIES_AGAIN_S = (60, 300, 1800, 7200, 18_000, 36_000)
HOUR_S = 3_600.0


async def on_the_way(world: "World", body: bytes) -> int:
    """Stripe believes that it is delivered; the network does as it likes."""
    if world.chances.strikes("drop"):
        return 200
    if world.chances.strikes("other_version"):
        body = _older(world, body)
    copies = 1 + (world.random.randint(1, 2) if world.chances.strikes("duplicate") else 0)
    for _ in range(copies):
        world.later(_delay_s(world), lambda: _deliver(world, body))
    return 200


def _older(world: "World", body: bytes) -> bytes:
    event = msgspec.json.decode(body)
    if event.get("object") != "event":
        return body
    if world.random.random() < 0.2:
        return msgspec.json.encode(thin.notification(event))
    version = world.random.choice(OLD_VERSIONS)
    engine = world.stripe._engine
    return msgspec.json.encode(rendered(event, version, known(engine._draft())))


def _delay_s(world: "World") -> float:
    """Seconds in any order; or up to three days, as likely some minutes as some hours."""
    if world.chances.strikes("late"):
        return float((72 * HOUR_S) ** world.random.random())
    return world.random.uniform(0, 20) if world.chances.are_faults_on else 0.0


async def _deliver(world: "World", body: bytes) -> None:
    for again_s in (*STRIPE_TRIES_AGAIN_S, 0):
        signature = outbox.sign(body, SECRET, world.stripe_clock.now())
        answered = await world.within(lambda use, signed=signature: use.receiving()(body, signed))  # type: ignore[misc]
        if answered is not UNKNOWN and answered.refusal is None:
            return
        if answered.refusal is not None and not isinstance(answered.refusal, BadSignature):
            raise Violation(f"a webhook was answered with {answered.refusal!r}")
        await asyncio.sleep(again_s)
    world.lost["webhook"] += 1
