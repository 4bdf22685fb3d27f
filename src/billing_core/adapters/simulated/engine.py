"""What every verb of the gateway shares: one change at a time, time passes first, saved before anybody is told."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from attrs import define, field

from billing_core.adapters.simulated import outbox, renewals, store
from billing_core.adapters.simulated.agenda import Agenda
from billing_core.adapters.simulated.draft import Draft, World
from billing_core.adapters.simulated.prices import Prices
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Answer, State
from billing_core.domain.catalog import Catalog
from billing_core.ports.clock import Clock
from billing_core.ports.errors import IdempotencyKeyReused

T = TypeVar("T")
KEYS_LIVE_FOR = timedelta(hours=24)


@define
class Engine:
    """Holds the state, and replaces it by what a change makes of it. A change that raises leaves it as it was."""

    catalog: Callable[[], Catalog]
    clock: Clock
    secret: str
    base_url: str
    deliver: Callable[[bytes, str], Awaitable[int]]
    path: Path | None
    settings: Settings
    state: State = field(init=False)
    _agenda: Agenda = field(init=False)
    _changing: asyncio.Lock = field(init=False, factory=asyncio.Lock)
    _delivering: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    def __attrs_post_init__(self) -> None:
        self.state = store.load(self.path)
        self._agenda = Agenda.of(self.state)

    def now(self) -> datetime:
        """Stripe knows no part of a second."""
        return self.clock.now().replace(microsecond=0)

    async def change(self, verb: Callable[[Draft], T], *, key: str | None = None) -> T:
        """Brings the state to now, then does the verb."""
        async with self._changing:
            self._bring()
            draft = self._draft(key)
            answer = verb(draft)
            self._keep(draft)
            return answer

    async def change_once(self, verb: Callable[[Draft], T], *, key: str, request: object, answer_type: type[T]) -> T:
        """The same, once per idempotency key within its life. Raises IdempotencyKeyReused."""
        asked = hashlib.sha256(msgspec.json.encode(request)).hexdigest()

        def keyed(draft: Draft) -> T:
            known = draft.state.answers.get(key)
            if known is not None and draft.now < known.at + KEYS_LIVE_FOR:
                if known.request != asked:
                    raise IdempotencyKeyReused(key)
                return msgspec.json.decode(known.answer, type=answer_type)
            answer = verb(draft)
            text = msgspec.json.encode(answer).decode()
            draft.state.answers[key] = Answer(request=asked, answer=text, at=draft.now)
            draft.touched = True
            return answer

        return await self.change(keyed, key=key)

    async def read(self, verb: Callable[[State], T]) -> T:
        """Reads what is true now."""
        async with self._changing:
            self._bring()
            return verb(self.state)

    async def advance(self) -> None:
        """Does everything that is due by the clock."""
        async with self._changing:
            self._bring()

    async def deliver_pending(self) -> int:
        """Sends what is due, and what comes of that, until nothing is; answers how many were taken.

        The lock of changes is free meanwhile, since a receiver asks the gateway back.
        """
        await self.advance()
        taken = 0
        async with self._delivering:
            while due := outbox.due_at(self.state, self.now()):
                results = [(sent.id, await self._send(sent.body)) for sent in due]
                taken += sum(200 <= status < 300 for _, status in results)
                await self.change(partial(_record, results=results))
        return taken

    async def _send(self, body: str) -> int:
        raw = body.encode()
        try:
            return await self.deliver(raw, outbox.sign(raw, self.secret, self.now()))
        except Exception:  # noqa: BLE001 - whatever a receiver does, the other events must go out; it is recorded as 0
            return 0

    def _draft(self, key: str | None = None) -> Draft:
        state = self.state.copy()
        world = World(Prices(self.catalog(), state.offers), self.settings, self.base_url)
        return Draft(world, state, self.now(), key)

    def _bring(self) -> None:
        due, now = self._agenda.first(self.state), self.now()
        if due is None or due[0] > now:
            return
        draft = self._draft()
        draft.now = due[0]
        try:
            renewals.bring(draft, self._agenda, now)
            self._keep(draft)
        except BaseException:
            self._agenda = Agenda.of(self.state)  # what the draft took from it is still to happen
            raise

    def _keep(self, draft: Draft) -> None:
        if not draft.touched:
            return
        outbox.forget(draft)
        old = draft.now - KEYS_LIVE_FOR
        for key in [key for key, answer in draft.state.answers.items() if answer.at <= old]:
            del draft.state.answers[key]
        if self.path is not None:
            store.save(self.path, draft.state)
        self.state = draft.state
        self._agenda.add(draft.taken())


def _record(draft: Draft, results: list[tuple[str, int]]) -> None:
    for event_id, status in results:
        outbox.record(draft, event_id, status, at=draft.now)


def request_of(verb: str, *parts: Any) -> list[Any]:
    """A request as it is remembered with its key: the verb belongs to it."""
    return [verb, *parts]
