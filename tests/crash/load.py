"""Callers that keep asking until they know, with the same key, as good clients do; some give up instead."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
from attrs import define

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import Settings
from tests.crash.ledger import Ledger, Told
from tests.crash.operations import Customer, Kind, Numbering, Operation
from tests.stripe import samples as stripe

PATIENCE_S = 30.0
RESTS_S = 0.4
MOST_TRIES = 500
GIVES_UP = 0.2
ASKS_AGAIN = 0.15
ASKS_TWICE_AT_ONCE = 0.1
SHORT_TTL_S, LONG_TTL_S = 1, 3_600
REFUSALS = frozenset({"insufficient_credits"})
OFTEN = {Kind.HOLD: 30, Kind.GRANT: 30, Kind.GENERATION: 5, Kind.CHECKOUT: 8, Kind.INVOICE: 8, Kind.TOUCH: 8}


@define
class Caller:
    """One of those who ask at the same time; `dice` decides what."""

    settings: Settings
    client: httpx.AsyncClient
    customers: tuple[Customer, ...]
    numbering: Numbering
    ledger: Ledger
    dice: Random
    often: Mapping[Kind, int] = OFTEN
    gives_up: float = GIVES_UP

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop` is set and what was begun is known, or given up."""
        while not stop.is_set():
            await self._one()

    async def _one(self) -> None:
        who = self.dice.choice(self.customers)
        kind = self.dice.choices(list(self.often), list(self.often.values()))[0]
        now = datetime.now(UTC)
        match kind:
            case Kind.GRANT:
                await self._ask(self.numbering.grant(who, self.dice.randint(1, 9)))
            case Kind.HOLD:
                await self._spend(who)
            case Kind.GENERATION:
                await self._ask(self.numbering.generation(who))
            case Kind.CHECKOUT:
                await self._ask(self.numbering.checkout(who, now))
            case Kind.INVOICE:
                await self._ask(self.numbering.invoice(who, now))
            case _:
                await self._ask(self.numbering.touch(who, now))

    async def _spend(self, who: Customer) -> None:
        """A hold, and what becomes of it: most are captured, some released, some left to lapse."""
        left = self.dice.random() < 0.15
        asked = self.numbering.hold(who, self.dice.randint(1, 12), ttl_s=SHORT_TTL_S if left else LONG_TTL_S)
        told = await self._ask(asked)
        if told is None or not told.is_done or left:
            return
        hold_id, amount = told.answer["id"], told.answer["amount"]
        if self.dice.random() < 0.2:
            await self._ask(self.numbering.release(who, hold_id))
        else:
            await self._ask(self.numbering.capture(who, hold_id, self.dice.randint(0, amount)))

    async def _ask(self, operation: Operation) -> Told | None:
        """What was told, and None where the caller gave up before that."""
        self.ledger.ask(operation)
        if not operation.kind.may_be_refused and self.dice.random() < ASKS_TWICE_AT_ONCE:
            told, _ = await asyncio.gather(self._insist(operation), self._insist(operation))
        else:
            told = await self._insist(operation)
        if told is not None and told.is_done and self.dice.random() < ASKS_AGAIN:
            await self._insist(operation)
        return told

    async def _insist(self, operation: Operation) -> Told | None:
        gives_up = self.dice.random() < self.gives_up
        for _ in range(MOST_TRIES):
            told = await self._once(operation)
            if told is not None:
                self.ledger.tell(operation, told)
                return told
            if gives_up:
                self.ledger.counts["given up"] += 1
                return None
            await asyncio.sleep(RESTS_S)
        self.ledger.wrong.append(f"{operation.cause} was never answered")
        return None

    async def _once(self, operation: Operation) -> Told | None:
        """A definite answer; None where there was none and one asks again."""
        try:
            response = await self.client.post(
                operation.path, content=operation.body, headers=self._headers(operation), timeout=PATIENCE_S
            )
        except httpx.TimeoutException:
            self.ledger.wrong.append(f"{operation.cause} hung for {PATIENCE_S} s")
            return None
        except httpx.TransportError:
            self.ledger.counts["cut off"] += 1
            return None
        if response.status_code == 503:
            self.ledger.counts["503"] += 1
            return None
        answer = response.json()
        if not response.is_success and not _may_be(operation, answer):
            self.ledger.wrong.append(f"{operation.cause} was answered {response.status_code} {response.text}")
        return Told(response.status_code, answer if response.is_success else answer.get("code"))

    def _headers(self, operation: Operation) -> Mapping[str, str]:
        if operation.kind.is_webhook:
            secret, now = self.settings.webhook_secrets[0], datetime.now(UTC)
            return {"Stripe-Signature": stripe.sign(operation.body, secret, now)}
        is_admin = operation.kind is Kind.GRANT
        bearer = token(self.settings, "root" if is_admin else operation.account_id, admin=is_admin)
        return {
            "Authorization": f"Bearer {bearer}",
            "Idempotency-Key": operation.key,
            "Content-Type": "application/json",
        }


def _may_be(operation: Operation, answer: Any) -> bool:
    return operation.kind.may_be_refused and answer.get("code") in REFUSALS
