"""Webhooks over HTTP: the product's app and the receivers by hand, on PostgreSQL and on SQLite."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import closing, contextmanager

import psycopg

from benchmarks.events import KINDS, Shop
from benchmarks.figures import Figures
from benchmarks.ground import Ground, Round, module, ordered
from benchmarks.load import Loaded, Order
from benchmarks.references import on_postgresql, on_sqlite
from benchmarks.serving import Server, served
from benchmarks.shapes.common import subscription_id
from benchmarks.shop import found

SECRET = "whsec_a_benchmark_of_ours"
CONNECTIONS = 32
WARM_MONTHS, MONTHS = 1, 3
SHOP = Shop(subscribers=1_000, newcomers=1_000 * (WARM_MONTHS + MONTHS))

PRODUCT, GROUPED, EACH = "product", "group commit by hand", "a transaction each by hand"
COUNTED = """
select (select count(*) from inbox), (select count(*) from inbox where kind = 'invoice.paid'),
    (select count(*) from inbox where status = 'processed'),
    (select count(*) from events where type = 'CreditsGranted')
"""


class Miscounted(RuntimeError):
    """The database does not hold what was sent."""


def send(ground: Ground, server: Server, shop: Shop, first: int, last: int) -> Figures:
    """The figures of these events. Raises Miscounted where one of them was not answered with 200."""
    order = Order(
        port=server.port,
        secret=SECRET,
        clock=str(ground.clock_file),
        shop=shop,
        first=first,
        last=last,
        connections=CONNECTIONS,
        parts=ground.parts | {"server": server.pid},
    )
    loaded = ordered(module("benchmarks.load"), order, Loaded)
    if loaded.wrong:
        raise Miscounted(f"{loaded.wrong} answers were not 200: {loaded.first_wrong}")
    return loaded.figures


def warmed(ground: Ground, server: Server) -> Figures:
    """One month to warm up, then those that count."""
    warm = WARM_MONTHS * SHOP.a_month
    send(ground, server, SHOP, 0, warm)
    return send(ground, server, SHOP, warm, warm + MONTHS * SHOP.a_month)


def ensure_booked(counts: tuple[int, ...], shop: Shop, sent: int) -> None:
    """Every event is in the inbox, processed, and every invoice has granted. Raises Miscounted."""
    founding = shop.subscribers * 2  # each subscriber's first checkout and first invoice
    invoices = shop.subscribers + sent // KINDS
    expected = (founding + sent, invoices, founding + sent, invoices)
    if counts != expected:
        raise Miscounted(f"inbox, invoices, processed and grants are {counts}, not {expected}")


@contextmanager
def on_postgres(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """The product, group commit by hand, and a transaction each by hand."""
    founded, prepared = ground.postgres.create(), ground.postgres.create()
    if PRODUCT in wanted:
        asyncio.run(found(founded, SHOP, clock_file=ground.clock_file, secret=SECRET))
        ground.tidy(founded)
    asyncio.run(on_postgresql.prepare(prepared, subscriptions()))
    ground.tidy(prepared)

    def product() -> Figures:
        with ground.copy_of(founded) as url:
            with served("benchmarks.product_server", url, SECRET, str(ground.clock_file)) as server:
                figures = warmed(ground, server)
            with psycopg.connect(url) as connection:
                ensure_booked(connection.execute(COUNTED).fetchone() or (), SHOP, sent())
            return figures

    def by_hand(kind: str) -> Figures:
        with ground.copy_of(prepared) as url:
            with served("benchmarks.references.receiver", kind, url, SECRET) as server:
                figures = warmed(ground, server)
            with psycopg.connect(url) as connection:
                ensure_kept(connection.execute(on_postgresql.COUNTED).fetchone() or ())
            return figures

    contenders: dict[str, Callable[[], Figures]] = {
        PRODUCT: product,
        GROUPED: lambda: by_hand("postgresql-grouped"),
        EACH: lambda: by_hand("postgresql-each"),
    }

    def a_round() -> Mapping[str, Figures]:
        return {name: contenders[name]() for name in contenders if name in wanted}

    yield a_round


@contextmanager
def on_file(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """The product and group commit by hand, each on an SQLite file that is copied for each run."""
    folder = ground.folder / "sqlite"
    (folder / "founded").mkdir(parents=True)
    url_of = "sqlite:///{}/books.db".format
    asyncio.run(found(url_of(folder / "founded"), SHOP, clock_file=ground.clock_file, secret=SECRET))
    on_sqlite.prepare(str(folder / "prepared.db"), subscriptions())

    def product() -> Figures:
        copy = folder / "run"
        shutil.copytree(folder / "founded", copy)
        with served("benchmarks.product_server", url_of(copy), SECRET, str(ground.clock_file)) as server:
            figures = warmed(ground, server)
        with closing(sqlite3.connect(copy / "books.db")) as connection:
            ensure_booked(connection.execute(COUNTED).fetchone(), SHOP, sent())
        shutil.rmtree(copy)
        return figures

    def by_hand() -> Figures:
        copy = folder / "run.db"
        shutil.copy(folder / "prepared.db", copy)
        with served("benchmarks.references.receiver", "sqlite-grouped", str(copy), SECRET) as server:
            figures = warmed(ground, server)
        with closing(sqlite3.connect(copy)) as connection:
            ensure_kept(connection.execute(on_sqlite.COUNTED).fetchone())
        for file in folder.glob("run.db*"):
            file.unlink()
        return figures

    yield lambda: {PRODUCT: product(), GROUPED: by_hand()}


def sent() -> int:
    """How many webhooks a run sends, those of the warm-up too."""
    return (WARM_MONTHS + MONTHS) * SHOP.a_month


def subscriptions() -> list[str]:
    """The ids of everyone's subscription."""
    customers = [f"{n}" for n in range(SHOP.subscribers)] + [f"new{n}" for n in range(SHOP.newcomers)]
    return [subscription_id(customer) for customer in customers]


def ensure_kept(counts: tuple[int, ...]) -> None:
    """Every event is in each table of a receiver by hand. Raises Miscounted."""
    if counts != (sent(),) * len(counts):
        raise Miscounted(f"inbox, versions, events and ledger are {counts}, not {sent()} each")
