"""Hold and capture in process: the product and a ledger by hand, on one hot account and on many, and one at a time."""

import asyncio
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

import psycopg

from benchmarks.figures import Figures
from benchmarks.ground import Ground, Round, module, ordered
from benchmarks.product import grant
from benchmarks.references import ledger
from benchmarks.spending import Order

PRODUCT, BY_HAND = "product", "select for update by hand"
LEDGERS = {PRODUCT: "product", BY_HAND: "for-update"}
LEFT = {
    PRODUCT: "select sum(available)::bigint, sum(held)::bigint from accounts",
    BY_HAND: "select sum(available)::bigint, sum(held)::bigint from account",
}
CREDITS = 10**9
FREE_CREDITS = 10  # the free plan's first month, on top of what is granted
MANY = 10_000
SECONDS = 4.0


class MoneyLost(RuntimeError):
    """The credits that are left are not those that were not spent."""


def funded(ground: Ground, wanted: Set[str], accounts: int) -> dict[str, str]:
    """A database for each contender, with so many accounts in it."""
    names = [f"user-{n}" for n in range(accounts)]
    urls = {contender: ground.postgres.create() for contender in LEDGERS if contender in wanted}
    if PRODUCT in urls:
        asyncio.run(grant(urls[PRODUCT], names, credits=CREDITS))
    if BY_HAND in urls:
        asyncio.run(ledger.prepare(urls[BY_HAND], names, credits=CREDITS))
    for url in urls.values():
        ground.tidy(url)
    return urls


def spent(ground: Ground, contender: str, founded: str, *, accounts: int, tasks: int) -> Figures:
    """One run, and whether its money is all there. Raises MoneyLost."""
    with ground.copy_of(founded) as url:
        order = Order(
            ledger=LEDGERS[contender], url=url, accounts=accounts, tasks=tasks, seconds=SECONDS, parts=ground.parts
        )
        figures = ordered(module("benchmarks.spending"), order, Figures)
        with psycopg.connect(url) as connection:
            left = connection.execute(LEFT[contender].encode()).fetchone()
        given = CREDITS + (FREE_CREDITS if contender == PRODUCT else 0)
        expected = (accounts * given - int(figures["spent"]), 0)
        if left != expected:
            raise MoneyLost(f"{contender}: available and held are {left}, not {expected}")
    return figures


@contextmanager
def hot(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """32 tasks on one account."""
    urls = funded(ground, wanted, 1)
    yield lambda: {name: spent(ground, name, url, accounts=1, tasks=32) for name, url in urls.items()}


@contextmanager
def spread(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """32 tasks on 10,000 accounts."""
    urls = funded(ground, wanted, MANY)
    yield lambda: {name: spent(ground, name, url, accounts=MANY, tasks=32) for name, url in urls.items()}


@contextmanager
def alone(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """One task. The reference moves from run to run, so it is taken before the product and after it."""
    urls = funded(ground, wanted, MANY)

    def one(contender: str) -> Figures:
        return spent(ground, contender, urls[contender], accounts=MANY, tasks=1)

    def a_round() -> Mapping[str, Figures]:
        before, product, after = one(BY_HAND), one(PRODUCT), one(BY_HAND)
        return {PRODUCT: product, BY_HAND: {name: (before[name] + after[name]) / 2 for name in before}}

    yield a_round
