"""Orders as networks and workers make them: shuffled a little or wholly, some twice, some lost, jobs between."""

from collections.abc import Sequence
from random import Random

from billing_core.testing.orders.telling import WORK, Order

_FEW, _SOME, _MANY = 0.05, 0.3, 0.7


def in_turn(count: int) -> Order:
    """Each webhook as it happened, and its jobs at once."""
    return tuple([move for n in range(count) for move in (n, WORK, WORK, WORK)])


def an_order(chance: Random, count: int, losable: Sequence[int] = ()) -> Order:
    """An order of that many webhooks, of which those that are `losable` may be lost."""
    lost = _some_of(chance, losable, chance.choice((0, 0, _FEW, _SOME)))
    again = _some_of(chance, range(count), chance.choice((0, _FEW, _SOME)))
    numbers = [n for n in range(count) if n not in lost] + sorted(again - lost)
    moves: list[int] = []
    works = chance.choice((0, _SOME, _MANY))
    for n in _mixed(chance, numbers):
        moves.append(n)
        while chance.random() < works:
            moves.append(WORK)
    return tuple(moves)


def _some_of(chance: Random, numbers: Sequence[int], share: float) -> set[int]:
    return {n for n in numbers if chance.random() < share}


def _mixed(chance: Random, numbers: list[int]) -> list[int]:
    """Wholly, backwards, or each as late as delivery takes: some are quick, a few very slow."""
    match chance.randrange(6):
        case 0:
            return sorted(numbers, reverse=True)
        case 1 | 2:
            late = {n: n + chance.expovariate(1) * chance.choice((1, 3, 30)) for n in numbers}
            return sorted(numbers, key=lambda n: (late[n], n))
        case _:
            chance.shuffle(numbers)
            return numbers
