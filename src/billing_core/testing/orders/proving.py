"""Proving the law of order: provider facts told in any order, any number of times, or lost and then reconciled, with no
local decision and no due instant between them, end in the same subscriptions, payments, entitlements, credits and debt.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random

from attrs import define, field, frozen

from billing_core.domain.catalog import Catalog
from billing_core.domain.retention import RETENTION
from billing_core.testing.orders.drawing import an_order, in_turn
from billing_core.testing.orders.lives import Lives
from billing_core.testing.orders.minimizing import Counterexample, Minimizing
from billing_core.testing.orders.recording import Recording
from billing_core.testing.orders.telling import WORK, Order, Teller

_ORDERS_OF_ONE = 25
_DAYS = RETENTION.days // 2 - 15

Progress = Callable[[int], None]
"""Told how many orders there were so far."""


@define
class Proof:
    """What was tried. `orders` are told orders, `distinct` those that differ, `events` the webhooks told in them.

    `histories` is how many histories were told, `webhooks` how many these had, `types` of which types. `incomparable`
    counts the orders on whose way something fell due in an account that did not in turn: it was not compared there.
    """

    orders: int = 0
    histories: int = 0
    webhooks: int = 0
    events: int = 0
    lossy: int = 0
    incomparable: int = 0
    types: set[str] = field(factory=set)
    unprocessed: set[str] = field(factory=set)
    counterexample: Counterexample | None = None
    _seen: set[bytes] = field(factory=set, repr=False)

    @property
    def holds(self) -> bool:
        """Whether every order ended as its history did in turn."""
        return self.counterexample is None

    @property
    def distinct(self) -> int:
        return len(self._seen)

    def saw(self, recording: Recording, order: Order) -> None:
        told = "".join(f"{recording.webhooks[n].id} " for n in order if n != WORK)
        self._seen.add(sha256(f"{self.histories} {told}".encode()).digest()[:12])


@frozen
class Proving:
    """Tries orders until there are enough, or one ends otherwise, which is then made small."""

    chance: Random
    progress: Progress = lambda _: None
    minimizing: Minimizing = Minimizing()

    async def recorded(self, recording: Recording, *, orders: int, proof: Proof | None = None) -> Proof:
        """Tells this recording so many times."""
        proof = proof or Proof()
        teller, count = Teller(recording), len(recording.webhooks)
        await teller.ready()
        wanted = await teller.tell(in_turn(count))
        proof.histories += 1
        proof.webhooks += count
        proof.types.update(webhook.type for webhook in recording.webhooks)
        proof.unprocessed.update(wanted.unprocessed)
        for _ in range(orders):
            order = an_order(self.chance, count, recording.losable)
            told = await teller.tell(order)
            proof.orders += 1
            proof.lossy += len(set(order) - {WORK}) < count
            proof.incomparable += bool(told.incomparable(wanted))
            proof.saw(recording, order)
            self.progress(proof.orders)
            if told.differs_from(wanted):
                proof.counterexample = await self.minimizing(recording, order)
                break
        proof.events += teller.told
        return proof

    async def generated(self, catalog: Catalog, *, orders: int) -> Proof:
        """Tells random lives on the catalog, each some times."""
        proof = Proof()
        while proof.orders < orders and proof.holds:
            recording = await a_life(catalog, self.chance)
            if recording.webhooks:
                few = min(_ORDERS_OF_ONE, orders - proof.orders)
                await self.recorded(recording, orders=few, proof=proof)
        return proof


async def a_life(catalog: Catalog, chance: Random) -> Recording:
    """One customer's life: told from its beginning, or from a moment on to the books as they were then.

    It is short enough that nothing of it has been forgotten when it is told: the law says nothing of what is too old.
    """
    lives = Lives(catalog, Random(chance.getrandbits(64)))
    if chance.random() < 0.5:
        await lives.live(events=chance.randint(2, 40), days=_DAYS)
        lives.keep_books()
    since = len(lives.came)
    await lives.live(events=since + chance.randint(5, 50), days=_DAYS)
    return await lives.recording()


async def a_recording(catalog: Catalog, chance: Random, *, events: int, customers: int) -> Recording:
    """What at least so many customers' lives made: so many events."""
    lives = Lives(catalog, Random(chance.getrandbits(64)), customers=customers)
    await lives.live(events=events, days=100_000)
    return await lives.recording()


def told_of(counterexample: Counterexample) -> Iterator[str]:
    """The counterexample for people: what came, in which order, and how the books ended in turn and otherwise."""
    webhooks = counterexample.recording.webhooks
    yield f"{len(webhooks)} webhooks, told at {counterexample.recording.now:%Y-%m-%d %H:%M:%S}:"
    yield from (f"  {n:>3}  {webhook}" for n, webhook in enumerate(webhooks))
    yield f"In turn ({_in_short(in_turn(len(webhooks)))}) and in this order ({_in_short(counterexample.order)}):"
    for account_id, name, here, there in counterexample.in_turn.beside(counterexample.otherwise):
        yield f"  {account_id} {name}"
        yield f"    in turn    {here}"
        yield f"    otherwise  {there}"


def _in_short(order: Order) -> str:
    """The numbers of the webhooks; a dot is a job that is done between."""
    return " ".join("." if move == WORK else str(move) for move in order)
