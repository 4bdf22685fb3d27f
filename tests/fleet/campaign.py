"""Two servers and two workers on one PostgreSQL, of each of which one is killed and replaced again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
from attrs import define, evolve, field, frozen

from billing_core.entrypoints.lifespan import OURS, opened
from billing_core.entrypoints.parts.stripe import syncing_of
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.stripe_settings import StripeSettings
from tests.crash.ledger import Ledger
from tests.crash.load import Caller
from tests.crash.opening import customers_of
from tests.crash.operations import CATALOG, Kind, Numbering
from tests.crash.server import Server
from tests.fleet.proxy import Proxy
from tests.kills.stripe import KEY, SECRET, Town
from tests.local_postgres import free_port
from tests.studio.waiting import until
from tests.studio.workers import Studio, Worker

GOOD_CARD = "4242 4242 4242 4242"
OFTEN = {Kind.HOLD: 30, Kind.GRANT: 30, Kind.GENERATION: 8, Kind.CHECKOUT: 8, Kind.TOUCH: 4}
_DUE = "select count(*) from procrastinate_jobs where coalesce(scheduled_at <= now(), true)"


@frozen(kw_only=True)
class Plan:
    """How often one server and one worker are killed, and under how many callers."""

    rounds: int
    callers: int
    customers: int
    seed: int
    longest_s: float


@frozen
class Machine(Studio):
    """Where one of the fleet runs. Pictures are kept where all of them look."""

    @property
    def environment(self) -> dict[str, str]:
        told = {
            "BILLING_CATALOG": str(CATALOG),
            "BILLING_IMAGE_STORE": str(self.settings.image_store),
            "BILLING_DRAWING_SECONDS": "0.2",
            "STRIPE_SECRET_KEY": self.settings.stripe.secret_key,
            "STRIPE_API_BASE": self.settings.stripe.api_base,
        }
        return {**super().environment, **told}


def settings_of(url: str, folder: Path, stripe: str) -> Settings:
    """What all of the fleet share, but for their ports."""
    return Settings(
        database_url=url,
        catalog=str(CATALOG),
        jwt_secret="the-secret-of-the-fleet-" * 3,
        webhook_secrets=(SECRET,),
        image_store=str(folder / "images"),
        stripe=StripeSettings(secret_key=KEY, api_base=stripe),
    )


@define
class Fleet:
    """The processes, and who asks them through the proxy. Jobs are the workers' alone."""

    plan: Plan
    settings: Settings
    ports: tuple[int, int]
    folder: Path
    town: Town
    proxy: Proxy
    client: httpx.AsyncClient
    ledger: Ledger = field(factory=Ledger)
    servers: list[Server] = field(init=False)
    workers: list[Worker] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.servers = [Server(self._machine(port), ("serve", "--no-jobs")) for port in self.ports]
        self.workers = [Worker(self._machine(free_port()), f"worker-{number}") for number in (1, 2)]

    @property
    def _all(self) -> list[Server | Worker]:
        return [*self.servers, *self.workers]

    async def run(self) -> None:
        """Afterwards no job is due, each deadline is over, and all have stopped. Raises AssertionError."""
        async with syncing_of(self.settings) as syncing:
            async for _ in syncing(await syncing.due()):
                pass
        try:
            await asyncio.gather(*(server.start() for server in self.servers))
            for worker in self.workers:  # each is known by being the only new one
                await worker.start()
            for server in self.servers:
                async with httpx.AsyncClient(base_url=server.place.settings.base_url) as client:
                    await server.ready(client)
            async with self._load():
                await self._kill_again_and_again()
            await until(self._nothing_is_due)
            await asyncio.gather(*(each.stop() for each in self._all))
        finally:
            await asyncio.gather(*(each.close() for each in self._all))
        async with opened(self.settings, OURS, serves=False) as container:
            await container.accruing().run({})

    def _machine(self, port: int) -> Machine:
        folder = self.folder / str(port)
        folder.mkdir()
        return Machine(evolve(self.settings, port=port), folder)

    async def _kill_again_and_again(self) -> None:
        dice = Random(self.plan.seed)
        for _ in range(self.plan.rounds):
            server, worker = dice.choice(self.servers), dice.choice(self.workers)
            await asyncio.sleep(dice.uniform(self.plan.longest_s / 2, self.plan.longest_s))
            await asyncio.gather(server.kill(), worker.kill())
            await asyncio.gather(server.start(), worker.start())
            await server.ready(self.client)

    @asynccontextmanager
    async def _load(self) -> AsyncIterator[None]:
        customers = await customers_of(self.settings, self.client, self.plan.customers, pay=self._pay)
        stop, numbering = asyncio.Event(), Numbering()
        async with asyncio.TaskGroup() as group:
            for number in range(self.plan.callers):
                dice = Random(f"{self.plan.seed} {number}")
                caller = Caller(self.settings, self.client, customers, numbering, self.ledger, dice, OFTEN, gives_up=0)
                group.create_task(caller.work(stop))
            try:
                yield
            finally:
                stop.set()

    async def _pay(self, session_id: str) -> None:
        """Returns when nobody waits for the news of it any more."""
        await self.town.stripe.pay(session_id, GOOD_CARD)
        while await self.town.stripe.deliver_pending():
            pass
        await until(self._nothing_is_due)

    async def _nothing_is_due(self) -> bool:
        ((found,),) = await self.workers[0].studio.asked(_DUE)
        return int(found) == 0
