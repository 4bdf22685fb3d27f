"""The benchmark's pieces do what they are compared for: nothing is lost, and nothing is counted twice."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from benchmarks.clock import shared_clock
from benchmarks.events import Shop
from benchmarks.lines.webhooks import COUNTED, ensure_booked
from benchmarks.load import Loaded, Order, load
from benchmarks.references import ledger, on_postgresql, on_sqlite
from benchmarks.serving import Server, served
from benchmarks.shapes.common import subscription_id
from benchmarks.shop import found
from tests.local_postgres import LocalPostgres

SECRET = "whsec_of_a_test"
SHOP = Shop(subscribers=4, newcomers=8)
SENT = 2 * SHOP.a_month
SUBSCRIPTIONS = [subscription_id(f"{name}{n}") for name in ("", "new") for n in range(8)]


@pytest.fixture
def database(postgres: LocalPostgres) -> Iterator[str]:
    """An empty database."""
    url = postgres.create()
    yield url
    postgres.drop(url)


def sent(server: Server, clock_file: Path, *, secret: str = SECRET, first: int = 0, last: int = SENT) -> Loaded:
    """What came of these events."""
    order = Order(
        port=server.port,
        secret=secret,
        clock=str(clock_file),
        shop=SHOP,
        first=first,
        last=last,
        connections=3,
        parts={"server": server.pid},
    )
    with shared_clock(clock_file) as clock:
        return load(order, clock)


@contextmanager
def receiver(kind: str, url: str) -> Iterator[Server]:
    with served("benchmarks.references.receiver", kind, url, SECRET) as server:
        yield server


def test_the_product_takes_in_the_shop_and_every_renewal_grants(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.db"
    asyncio.run(found(url, SHOP, clock_file=tmp_path / "clock", secret=SECRET))

    with served("benchmarks.product_server", url, SECRET, str(tmp_path / "clock")) as server:
        loaded = sent(server, tmp_path / "clock")

    assert (0, SENT) == (loaded.wrong, loaded.figures["operations"])
    with closing(sqlite3.connect(tmp_path / "books.db")) as connection:
        ensure_booked(connection.execute(COUNTED).fetchone(), SHOP, SENT)
        moved = connection.execute("select count(*) from events where type = 'CheckoutMoved'").fetchone()
    assert (SHOP.subscribers + SHOP.newcomers,) == moved


def test_the_receiver_on_sqlite_keeps_each_event_once(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    on_sqlite.prepare(str(path), SUBSCRIPTIONS)

    with receiver("sqlite-grouped", str(path)) as server:
        assert 0 == sent(server, tmp_path / "clock").wrong
        assert 0 == sent(server, tmp_path / "clock", last=5).wrong

    with closing(sqlite3.connect(path)) as connection:
        assert (SENT,) * 4 == connection.execute(on_sqlite.COUNTED).fetchone()


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgresql-grouped", "postgresql-each"])
def test_the_receivers_on_postgresql_keep_each_event_once(kind: str, database: str, tmp_path: Path) -> None:
    asyncio.run(on_postgresql.prepare(database, SUBSCRIPTIONS))

    with receiver(kind, database) as server:
        assert 0 == sent(server, tmp_path / "clock").wrong
        assert 0 == sent(server, tmp_path / "clock", last=5).wrong

    with psycopg.connect(database) as connection:
        assert (SENT,) * 4 == connection.execute(on_postgresql.COUNTED.encode()).fetchone()


def test_what_is_not_answered_with_200_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    on_sqlite.prepare(str(path), SUBSCRIPTIONS)

    with receiver("sqlite-grouped", str(path)) as server:
        loaded = sent(server, tmp_path / "clock", secret="another", last=7)

    assert (7, True) == (loaded.wrong, loaded.first_wrong.startswith("HTTP/1.1 400"))


@pytest.mark.postgres
async def test_the_ledger_by_hand_captures_a_hold_once_and_holds_no_more_than_there_is(database: str) -> None:
    await ledger.prepare(database, ["hot"], credits=5)

    async with ledger.for_update(database) as by_hand:
        held = await asyncio.gather(*(by_hand.hold("hot", 1) for _ in range(9)), return_exceptions=True)
        holds = [hold for hold in held if isinstance(hold, str)]
        twice = await asyncio.gather(*(by_hand.capture("hot", hold) for hold in holds * 2), return_exceptions=True)

    assert (5, 5) == (len(holds), sum(isinstance(answer, ledger.Refused) for answer in twice))
    with psycopg.connect(database) as connection:
        left = connection.execute("select available, held from account").fetchone()
        booked = connection.execute("select count(*), sum(amount)::int from ledger").fetchone()
    assert ((0, 0), (5, -5)) == (left, booked)
