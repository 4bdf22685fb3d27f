"""The gateway's prices are known at the start, or as soon as it can tell them."""

import asyncio
import logging

import pytest
from attrs import define, field

from billing_core.entrypoints import price_keeping
from billing_core.entrypoints.price_keeping import prices_kept
from billing_core.ports.errors import GatewayRefused, Unavailable


@define
class Book:
    """Fails as it is told to, then is read."""

    failures: list[Exception | None] = field(factory=list)
    reads: int = 0
    known: bool = False
    read: asyncio.Event = field(factory=asyncio.Event)

    def forget(self) -> None:
        self.known = False

    async def load(self) -> None:
        self.reads += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        if not self.known:
            self.known = True
            self.read.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(price_keeping, "FIRST_S", 0.01)
    monkeypatch.setattr(price_keeping, "AGAIN_S", 0)
    caplog.set_level(logging.CRITICAL, logger=price_keeping.log.name)


async def test_prices_are_known_before_anything_else_begins() -> None:
    book = Book()

    async with prices_kept(book):
        assert book.known


@pytest.mark.parametrize("problem", [Unavailable("Stripe"), GatewayRefused("401")])
async def test_a_gateway_that_is_away_at_the_start_is_asked_again(problem: Exception) -> None:
    book = Book([problem, problem])

    async with prices_kept(book), asyncio.timeout(5):
        assert not book.known
        await book.read.wait()

    assert 3 == book.reads


async def test_a_gateway_that_never_answers_does_not_hold_up_the_start() -> None:
    class Silent(Book):
        async def load(self) -> None:
            await asyncio.Event().wait()

    async with asyncio.timeout(5), prices_kept(Silent()):
        pass


async def test_prices_are_read_anew_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_keeping, "ANEW_S", 0)
    book = Book()

    async with prices_kept(book), asyncio.timeout(5):
        book.read.clear()
        await book.read.wait()
