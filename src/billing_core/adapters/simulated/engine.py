"""What every verb of the simulated Stripe shares: time passes first, one change at a time, saved before anybody knows.

A change awaits nothing, so no other can come between; one that raises, or cannot be saved, leaves all as it was.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from attrs import define, evolve, field, frozen

from billing_core.adapters.simulated import outbox, renewals, store
from billing_core.adapters.simulated.agenda import Agenda
from billing_core.adapters.simulated.draft import Draft, World
from billing_core.adapters.simulated.keeping import Keeping
from billing_core.adapters.simulated.posting import Deliver, Destination, Post, destinations, posted
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Answer, Sent, State
from billing_core.adapters.simulated.stocking import stock
from billing_core.domain.catalog import Catalog
from billing_core.ports.clock import Clock

T = TypeVar("T")
KEYS_LIVE_FOR = timedelta(hours=24)


@frozen
class Attempt:
    """How sending an event went: the status of the first endpoint that did not take it, else of the last."""

    event_id: str
    status: int
    taken_by: tuple[str, ...]


@define
class Engine:
    """Holds the state. Without a catalog the shop starts empty, and is filled by whoever asks it to be."""

    catalog: Callable[[], Catalog] | None
    clock: Clock
    secret: str
    base_url: str
    deliver: Deliver
    path: Path | None
    settings: Settings
    post: Post | None = None
    is_holding: bool = field(init=False, default=False)
    _keeping: Keeping = field(init=False)
    _agenda: Agenda = field(init=False)
    _stocked: Catalog | None = field(init=False, default=None)
    _delivering: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    def __attrs_post_init__(self) -> None:
        self._keeping = Keeping(store.load(self.path))
        self._agenda = Agenda.of(self.state)

    @property
    def state(self) -> State:
        """What is remembered, as of the last change."""
        return self._keeping.state

    def now(self) -> datetime:
        """Stripe knows no part of a second."""
        return self.clock.now().replace(microsecond=0)

    def change(self, verb: Callable[[Draft], T], *, key: str | None = None, request: str | None = None) -> T:
        """Brings the state to now, then does the verb."""
        self.advance()
        return self._do(verb, self._draft(key, request))

    def advance(self) -> None:
        """Does everything that is due by the clock."""
        self._restock()
        now = self.now()
        forget_old(self._keeping, now)
        due = self._agenda.first(self.state)
        if due is None or due[0] > now:
            return
        draft = self._draft()
        draft.now = due[0]
        try:
            self._do(lambda _: renewals.bring(draft, self._agenda, now), draft)
        except BaseException:
            self._agenda = Agenda.of(self.state)  # what the draft took from it is still to happen
            raise

    def next_due(self) -> datetime | None:
        """When something is to happen, or an event to be sent, at the earliest."""
        due = self._agenda.first(self.state)
        sends = outbox.next_at(self._keeping)
        return min((at for at in (due[0] if due else None, sends) if at is not None), default=None)

    async def deliver_pending(self) -> int:
        """Sends what is due, and what comes of that, until nothing is; answers how many were taken.

        Changes go on meanwhile, since a receiver asks back. While it is holding, nothing is sent.
        """
        self.advance()
        if self.is_holding:
            return 0
        async with self._delivering:
            return await self._deliver(self.settings)

    async def release(self, *, shuffled: bool) -> int:
        """Holds nothing back any more: sends what is due, in any order where it is to be shuffled."""
        self.advance()
        async with self._delivering:
            self.is_holding = False
            return await self._deliver(evolve(self.settings, shuffles=shuffled or self.settings.shuffles))

    async def _deliver(self, settings: Settings) -> int:
        taken = 0
        while due := outbox.due_at(self._keeping, self.now(), settings):
            attempts = [await self._send(sent) for sent in due]
            taken += sum(200 <= attempt.status < 300 for attempt in attempts)
            self.change(partial(_record, attempts=attempts))
        return taken

    async def _send(self, sent: Sent) -> Attempt:
        """To every endpoint that has not taken it yet."""
        taken_by, statuses = list(sent.taken_by), [200]
        for destination in tuple(destinations(self._draft(), self.deliver, self.post)):
            if destination.name not in sent.taken_by and destination.wants(sent.type):
                status = await self._post(sent, destination)
                statuses.append(status)
                taken_by += [destination.name] if 200 <= status < 300 else []
        failed = (status for status in statuses if not 200 <= status < 300)
        return Attempt(sent.id, next(failed, statuses[-1]), tuple(taken_by))

    async def _post(self, sent: Sent, destination: Destination) -> int:
        raw = posted(self._draft(), sent.body, destination.rendering)
        try:
            return await destination.deliver(raw, outbox.sign(raw, destination.secret, self.now()))
        except Exception:  # noqa: BLE001 - whatever a receiver does, the other events must go out; it is recorded as 0
            return 0

    def _draft(self, key: str | None = None, request: str | None = None) -> Draft:
        return Draft(World(self.settings, self.base_url, self.secret), self.now(), self._keeping, key, request)

    def _restock(self) -> None:
        catalog = self.catalog() if self.catalog else None
        if catalog is not None and catalog is not self._stocked:
            self._do(lambda draft: stock(draft, catalog), self._draft())
            self._stocked = catalog

    def _do(self, verb: Callable[[Draft], T], draft: Draft) -> T:
        try:
            answer = verb(draft)
            if self._keeping.is_changed and self.path is not None:
                store.save(self.path, self.state)
        except BaseException:
            self._keeping.undo()
            raise
        self._keeping.settle()
        self._agenda.add(draft.taken())
        return answer


def known_answer(draft: Draft, key: str) -> Answer | None:
    """What was answered under the key within the last day."""
    known = draft.state.answers.get(key)
    return known if known is not None and draft.now < known.at + KEYS_LIVE_FOR else None


def forget_old(keeping: Keeping, now: datetime) -> None:
    """Lets go of keys that are older than a day, and of events that Stripe would not list any more."""
    outbox.forget(keeping, now)
    old = takewhile(lambda answer: answer.at <= now - KEYS_LIVE_FOR, keeping.state.answers.values())
    for answer in tuple(old):
        keeping.forget(Answer, answer.id)


def _record(draft: Draft, attempts: list[Attempt]) -> None:
    for attempt in attempts:
        outbox.record(draft, attempt.event_id, attempt.status, at=draft.now, taken_by=attempt.taken_by)
