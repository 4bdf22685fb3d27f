"""One life of the product's process, from its start to its death."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import NoReturn, TypeVar

from attrs import define, field

from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.testing.simulation.plan import FaultPlan

T = TypeVar("T")
HOP_S = 0.02
BOOKS = frozenset(
    {
        *("accounts", "bookmarks", "directory", "figures", "generations", "history", "inbox", "incidents", "jobs"),
        *("overview", "register", "warnings"),
    }
)


@define
class Chances:
    """The dice of a world, and how often each fault struck and each fault point was passed."""

    random: Random
    plan: FaultPlan
    are_faults_on: bool = True
    struck: Counter[str] = field(factory=Counter)
    passed: Counter[str] = field(factory=Counter)

    def strikes(self, fault: str) -> bool:
        """Whether the fault happens now; it is counted where it does."""
        rate = getattr(self.plan, fault)
        if not self.are_faults_on or not rate or self.random.random() >= rate:
            return False
        self.struck[fault] += 1
        return True

    def hop_s(self) -> float:
        """How long a call takes, so that others get on meanwhile."""
        return self.random.random() * HOP_S


@define(eq=False)
class Life:
    """What happens at a fault point: time passes, or the process dies. Who belongs to a dead process never gets on."""

    chances: Chances
    is_alive: bool = True
    died: asyncio.Event = field(factory=asyncio.Event)
    _never: asyncio.Event = field(factory=asyncio.Event)

    def die(self) -> None:
        """The process is gone, with everything that was under way in it."""
        self.is_alive = False
        self.died.set()

    async def pass_by(self, point: str) -> None:
        """A fault point."""
        if not self.is_alive:
            await self.nothing_more()
        self.chances.passed[point] += 1
        if self.chances.random.random() < 0.3:
            await asyncio.sleep(self.chances.hop_s())
            if not self.is_alive:
                await self.nothing_more()
        if self.chances.strikes("crash"):
            self.die()
            await self.nothing_more()

    async def nothing_more(self) -> NoReturn:
        """Who awaits this is never heard of again."""
        await self._never.wait()
        raise AssertionError("the dead do not wake")

    async def pause(self, by: timedelta) -> None:
        """The process stands still for so long, as far as this task is concerned."""
        await asyncio.sleep(by.total_seconds())


class Watched:
    """A port with a fault point before and after each of its calls, and the failures that a port may have."""

    def __init__(self, name: str, inner: object, life: Life, awaited: frozenset[str]) -> None:
        self._name, self._inner, self._life, self._awaited = name, inner, life, awaited
        self._calls: dict[str, object] = {}

    def __getattr__(self, name: str) -> object:
        known = self._calls.get(name)
        if known is not None:
            return known
        member = getattr(self._inner, name)
        if name not in self._awaited:
            return member
        made: object = self._gone_through(name, member) if _is_stream(member) else self._asked(name, member)
        self._calls[name] = made
        return made

    def _asked(self, name: str, call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        point, life, chances = f"{self._name}.{name}", self._life, self._life.chances
        is_books, is_change = self._name in BOOKS, self._name == "accounts" and name == "change"
        is_store = self._name == "store"

        async def asked(*args: object, **more: object) -> T:
            await life.pass_by(f"{point}.before")
            if is_books and chances.strikes("busy"):
                raise Unavailable("the books")
            if is_store and chances.strikes("store_away"):
                raise Unavailable("the image store")
            answer = await call(*args, **more)
            await life.pass_by(f"{point}.after")
            if is_change and chances.strikes("commit_unknown"):
                raise OutcomeUnknown("the books")
            return answer

        return asked

    def _gone_through(self, name: str, stream: Callable[..., object]) -> Callable[..., object]:
        point, life, chances = f"{self._name}.{name}", self._life, self._life.chances
        is_books = self._name in BOOKS

        async def gone_through(*args: object, **more: object):  # type: ignore[no-untyped-def]
            await life.pass_by(f"{point}.before")
            if is_books and chances.strikes("busy"):
                raise Unavailable("the books")
            async for each in stream(*args, **more):  # type: ignore[attr-defined]
                yield each
            await life.pass_by(f"{point}.after")

        return gone_through


STREAMS = frozenset(
    {"of", "between", "due", "events", "paid_invoices", "subscriptions", "touched_payments", "customers"}
)


def _is_stream(member: object) -> bool:
    name = getattr(member, "__name__", "")
    owner = type(getattr(member, "__self__", None)).__name__
    return name in STREAMS or (name == "accounts" and "History" in owner)
