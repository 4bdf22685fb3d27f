"""From an order that ends otherwise to the smallest that still does: fewer webhooks, fewer moves, less mixed."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from attrs import frozen

from billing_core.testing.orders.drawing import in_turn
from billing_core.testing.orders.ending import Ending
from billing_core.testing.orders.recording import Recording
from billing_core.testing.orders.telling import WORK, Order, Teller

T = TypeVar("T")
Fails = Callable[[Sequence[T]], Awaitable[bool]]


@frozen(kw_only=True)
class Counterexample:
    """A recording and an order of it that does not end as it does in turn."""

    recording: Recording
    order: Order
    in_turn: Ending
    otherwise: Ending


@frozen
class Minimizing:
    """Tries at most so many tellings."""

    tries: int = 400

    async def __call__(self, recording: Recording, order: Order) -> Counterexample:
        """Raises ValueError where the order ends as it does in turn."""
        budget = _Budget(self.tries)
        arrived = (*order, *sorted(lost_in(recording, order)))
        if await _Smaller(recording, arrived).fails(range(len(recording.webhooks))):
            order = arrived  # it needs no losses
        if not lost_in(recording, order):  # else a reconciliation finds what is left out here
            kept = await _fewer(range(len(recording.webhooks)), _Smaller(recording, order).fails, budget)
            recording, order = recording.only(kept), _renumbered(order, kept)
        teller, wanted = await _begun(recording)
        lost = lost_in(recording, order)

        async def fails(moves: Sequence[int]) -> bool:
            return lost_in(recording, moves) <= lost and (await teller.tell(moves)).differs_from(wanted)

        async def fails_without(missed: Sequence[int]) -> bool:
            return await fails((*order, *sorted(lost.difference(missed))))

        if len(lost) > 1:
            fewest = await _fewer(sorted(lost), fails_without, budget)
            order = (*order, *sorted(lost.difference(fewest)))
            lost = frozenset(fewest)
        order = await _calmer(tuple(await _fewer(order, fails, budget)), fails, budget)
        otherwise = await teller.tell(order)
        if not otherwise.differs_from(wanted):
            raise ValueError("this order ends as it does in turn")
        return Counterexample(recording=recording, order=order, in_turn=wanted, otherwise=otherwise)


def lost_in(recording: Recording, order: Sequence[int]) -> frozenset[int]:
    """What never comes in that order, and has to be reconciled."""
    return frozenset(range(len(recording.webhooks))).difference(order)


@frozen
class _Smaller:
    """Whether the order still matters where only some of the webhooks ever happened."""

    recording: Recording
    order: Order

    async def fails(self, kept: Sequence[int]) -> bool:
        teller, wanted = await _begun(self.recording.only(kept))
        return (await teller.tell(_renumbered(self.order, kept))).differs_from(wanted)


async def _begun(recording: Recording) -> tuple[Teller, Ending]:
    teller = Teller(recording)
    await teller.ready()
    return teller, await teller.tell(in_turn(len(recording.webhooks)))


class _Budget:
    def __init__(self, tries: int) -> None:
        self._left = tries

    def spend(self) -> bool:
        self._left -= 1
        return self._left >= 0


async def _fewer(things: Sequence[T], fails: Fails[T], budget: _Budget) -> list[T]:
    """The things without every part that is not needed for it to fail: halves first, then ever smaller parts."""
    kept, size = list(things), len(things) // 2
    while size:
        start, shrunk = 0, False
        while start < len(kept):
            without = kept[:start] + kept[start + size :]
            if not budget.spend():
                return kept
            if without and await fails(without):
                kept, shrunk = without, True
            else:
                start += size
        size = size if shrunk and size == 1 else size // 2
    return kept


async def _calmer(order: Order, fails: Fails[int], budget: _Budget) -> Order:
    """Neighbours that are not in turn are put in turn wherever it goes on failing."""
    moved = True
    while moved:
        moved = False
        for swapped in _swapped(order):
            if not budget.spend():
                return order
            if await fails(swapped):
                order, moved = swapped, True
                break
    return order


def _swapped(order: Order) -> Iterator[Order]:
    for n, (a, b) in enumerate(pairwise(order)):
        if WORK not in (a, b) and a > b:
            yield (*order[:n], b, a, *order[n + 2 :])


def _renumbered(order: Order, kept: Sequence[int]) -> Order:
    place = {number: n for n, number in enumerate(kept)} | {WORK: WORK}
    return tuple([place[move] for move in order if move in place])
