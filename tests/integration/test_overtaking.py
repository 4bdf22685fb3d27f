"""Who pays for being served first overtakes those who wait, and these are served all the same."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve

from billing_core.application.accepting import Asked
from billing_core.application.checking_out import Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.use_cases import UseCases
from tests.crash.server import Server
from tests.local_postgres import free_port
from tests.studio.waiting import until
from tests.studio.workers import CATALOG, Studio, Worker

WAITING = 100
AT_ONCE = 2
ANN = Customer(account_id="ann", email="ann@app.example", name="Ann")
BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
PREMIUM = PlanOrder(tier="premium", interval=Interval.MONTH, currency="usd")
GOOD_CARD = "4242 4242 4242 4242"


def studio_of(url: str, folder: Path) -> Studio:
    settings = Settings(
        database_url=url,
        port=free_port(),
        catalog=str(CATALOG),
        jwt_secret="the-secret-of-the-pictures-" * 3,
        webhook_secrets=("whsec_pictures",),
        image_store=str(folder / "images"),
    )
    return Studio(settings, folder, drawing_s=0, at_once=AT_ONCE)


class Caller:
    """Asks over HTTP for an account."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, account_id: str) -> None:
        admin = account_id == "operator"
        self._client = client
        self._headers = {"Authorization": f"Bearer {token(settings, account_id, admin=admin)}"}

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._headers, timeout=60)
        assert answer.is_success, answer.text
        return answer.json()

    async def subscribe(self) -> None:
        """Returns when the books know that premium was paid."""
        opened = await self.ask("POST", "/api/v1/subscriptions/checkout", {"tier": "premium"})
        await self.ask("POST", f"/dev/checkout/{opened['session_id']}/pay", {"card": GOOD_CARD})

        async def is_premium() -> bool:
            return bool((await self.ask("GET", "/api/v1/subscriptions"))["tier"] == "premium")

        await until(is_premium)

    async def draw(self, prompt: str) -> str:
        asked = await self.ask("POST", "/api/v1/generations", {"prompt": prompt})
        return str(asked["id"])

    async def ended(self, generation_id: str) -> Any:
        """The generation, once it has ended."""
        path = f"/api/v1/generations/{generation_id}"

        async def is_over() -> bool:
            return (await self.ask("GET", path))["ended_at"] is not None

        await until(is_over)
        return await self.ask("GET", path)


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


async def test_on_the_embedded_database_over_http(tmp_path: Path) -> None:
    """The pictures take long until one has overtaken; then the server starts again, and they take no time."""
    studio = studio_of(f"sqlite:///{tmp_path}/books.sqlite", tmp_path)
    slow, quick = Server(evolve(studio, drawing_s=1.5)), Server(evolve(studio, at_once=8))
    async with httpx.AsyncClient(base_url=studio.settings.base_url) as client:
        ann, bob = Caller(studio.settings, client, "ann"), Caller(studio.settings, client, "bob")
        try:
            await slow.start()
            await slow.ready(client)
            await ann.subscribe()
            operator = Caller(studio.settings, client, "operator")
            await operator.ask("POST", "/api/v1/admin/accounts/bob/credits", {"amount": 1_000, "reason": "a present"})
            queued = [await bob.draw(f"number {number}") for number in range(WAITING)]
            first = await ann.ended(await ann.draw("first, please"))
            await slow.stop()
            await quick.start()
            await quick.ready(client)
            free = [await bob.ended(generation_id) for generation_id in queued]
        finally:
            await slow.close()
            await quick.close()

    asked, begun = moment(first["created_at"]), moment(first["started_at"])
    served = [moment(each["started_at"]) for each in free]
    assert first["status"] == "succeeded"
    assert sum(asked < each < begun for each in served) <= AT_ONCE  # were claimed just before it came
    assert sum(each > begun for each in served) > WAITING / 2
    assert [each["status"] for each in free] == ["succeeded"] * WAITING


@pytest.mark.postgres
async def test_with_a_worker_of_its_own_on_postgresql(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody works before everything waits: so premium's is among the first that are begun."""
    monkeypatch.chdir(tmp_path)
    studio = studio_of(postgres_url, tmp_path)
    worker = Worker(studio, "worker")
    async with running(studio.settings) as use_cases:
        await subscribed(use_cases)
    async with running(studio.settings, jobs=False) as use_cases:
        await use_cases.adjusting("bob", 1_000, reason="a present")
        free = [await use_cases.accepting("bob", asked(f"number {number}")) for number in range(WAITING)]
        first = await use_cases.accepting("ann", asked("first, please"))
        try:
            await worker.start()
            ends = [await ended(use_cases, each) for each in (first, *free)]
            await worker.stop()
        finally:
            await worker.close()

    assert [end.status for end in ends] == [GenerationStatus.SUCCEEDED] * (1 + WAITING)
    begun = [end.started_at for end in ends if end.started_at]
    assert sum(each < begun[0] for each in begun) < AT_ONCE
    in_turn = sorted(range(1, 1 + WAITING), key=lambda number: begun[number])
    assert all(abs(place - number) <= AT_ONCE for place, number in enumerate(in_turn, start=1))


def asked(prompt: str) -> Asked:
    return Asked(prompt=prompt, wish=Wish())


async def subscribed(use_cases: UseCases) -> None:
    assert use_cases.simulation is not None
    started = await use_cases.subscribing(ANN, PREMIUM, BACK)
    await use_cases.simulation.pay(started.session_id, GOOD_CARD)

    async def is_premium() -> bool:
        return (await use_cases.viewing("ann")).in_force.plan.key == "premium"

    await until(is_premium)


async def ended(use_cases: UseCases, asked_for: Generation) -> Generation:
    """The generation, once it has ended."""
    found = asked_for

    async def is_over() -> bool:
        nonlocal found
        found = await use_cases.generations.get(asked_for.account_id, asked_for.id) or asked_for
        return found.ended_at is not None

    await until(is_over)
    return found
