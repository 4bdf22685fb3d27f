"""Processes that share books on PostgreSQL: some serve, some run the jobs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from attrs import evolve

from billing_core.adapters.sqlalchemy.postgresql import open_postgresql
from billing_core.application import tasks
from billing_core.application.accepting import Asked
from billing_core.application.checking_out import Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.generation import GenerationStatus
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.http.beside_workers import metrics_served
from billing_core.entrypoints.lifespan import running, working
from billing_core.entrypoints.settings import Settings, with_secrets
from billing_core.entrypoints.sight_settings import SightSettings
from billing_core.entrypoints.starting import ensure_startable
from billing_core.entrypoints.use_cases import UseCases
from billing_core.facade import Billing
from billing_core.ports.notifier import Topic
from billing_core.testing.contracts.books import recording
from billing_core.testing.contracts.runner import until
from tests.local_postgres import LocalPostgres, free_port

SECRET = "a secret of thirty-two characters."
COMMAND = (sys.executable, "-c", "from billing_core.entrypoints.cli import main; main()")


@pytest.fixture
def environment(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Of every process; each keeps its files in `var` below a folder that they share."""
    monkeypatch.chdir(tmp_path)
    return {**os.environ, "BILLING_DATABASE_URL": postgres_url, "BILLING_JWT_SECRET": SECRET}


@pytest.fixture
def settings(environment: Mapping[str, str]) -> Settings:
    return with_secrets(Settings(database_url=environment["BILLING_DATABASE_URL"], jwt_secret=SECRET))


@pytest.fixture
def empty(postgres: LocalPostgres) -> Iterator[str]:
    url = postgres.create()
    yield url
    postgres.drop(url)


@asynccontextmanager
async def a_worker(environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    worker = await asyncio.create_subprocess_exec(*COMMAND, "worker", env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


def waiting(settings: Settings) -> list[tuple[str, int]]:
    """The jobs that are not done, and how often each was tried."""
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute("select task_name, attempts from procrastinate_jobs").fetchall()


async def drawn(use_cases: UseCases, account_id: str) -> GenerationStatus:
    """Asks for a picture, and waits for its end."""
    asked = await use_cases.accepting(account_id, Asked(prompt="a lighthouse", wish=Wish()))

    async def is_over() -> bool:
        found = await use_cases.generations.get(account_id, asked.id)
        return found is not None and found.status.is_terminal

    await until(is_over)
    found = await use_cases.generations.get(account_id, asked.id)
    assert found is not None
    return found.status


async def test_a_worker_runs_what_a_server_leaves_and_stops_when_it_is_told(
    environment: Mapping[str, str], settings: Settings
) -> None:
    async with running(settings, jobs=False) as use_cases, a_worker(environment) as worker:
        assert await drawn(use_cases, "ann") is GenerationStatus.SUCCEEDED

        worker.send_signal(signal.SIGTERM)
        told, _ = await asyncio.wait_for(worker.communicate(), 30)
    assert worker.returncode == 0
    assert told.decode().startswith("billing-core runs the jobs of postgresql://127.0.0.1:")


async def test_a_worker_tells_its_metrics_at_a_port_of_its_own(settings: Settings) -> None:
    port, stop = free_port(), asyncio.Event()
    wanted = evolve(settings, sight=SightSettings(metrics_port=port))
    work = asyncio.create_task(working(wanted, stop=stop, beside=lambda use_cases: metrics_served(wanted, use_cases)))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        told = dict[str, httpx.Response]()

        async def is_told() -> bool:
            with suppress(httpx.TransportError):
                told.update({path: await client.get(path) for path in ("/metrics", "/api/v1/account")})
            return bool(told)

        await until(is_told)
    with pytest.raises(SettingsError, match=f"BILLING_METRICS_PORT {port} cannot be listened at"):
        await working(wanted, stop=stop, beside=lambda use_cases: metrics_served(wanted, use_cases))
    stop.set()
    await work

    assert "billing_books_up 1.0" in told["/metrics"].text
    assert 404 == told["/api/v1/account"].status_code


async def test_a_server_runs_its_own_jobs_unless_it_is_told_to_leave_them(settings: Settings) -> None:
    async with running(settings) as use_cases:
        assert await drawn(use_cases, "ann") is GenerationStatus.SUCCEEDED


async def test_a_worker_leaves_what_asks_a_simulated_stripe_to_the_server(settings: Settings) -> None:
    stop = asyncio.Event()
    async with open_postgresql(settings.database_url) as books:
        told = tasks.notify("ann", Topic.TRIAL_ENDING, "the trial's end", {"ends_at": "2026-01-08"})
        await books.accounts.change("ann", recording(tasks.refresh("ann", "sub_1"), told))
        work = asyncio.create_task(working(settings, stop=stop))
        await asyncio.sleep(2)
        stop.set()
        await work

    assert waiting(settings) == [("refresh-subscription", 0)]


async def test_what_asks_a_simulated_stripe_is_run_where_that_lives(settings: Settings) -> None:
    ann = Customer(account_id="ann", email="ann@app.example", name="Ann")
    back = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")
    order = PlanOrder(tier="basic", interval=Interval.MONTH, currency="usd")
    stop = asyncio.Event()

    async with running(settings, jobs=False) as use_cases:
        assert use_cases.simulation is not None
        asked = await use_cases.accepting("ann", Asked(prompt="a lighthouse", wish=Wish()))
        await asyncio.sleep(0.5)
        left = await use_cases.generations.get("ann", asked.id)
        assert left is not None
        assert left.status is GenerationStatus.QUEUED

        work = asyncio.create_task(working(settings, stop=stop))
        started = await use_cases.subscribing(ann, order, back)
        await use_cases.simulation.pay(started.session_id, "4242 4242 4242 4242")
        assert (await use_cases.viewing("ann")).in_force.plan.key == "basic"
        await use_cases.simulation.forward(days=31)
        stop.set()
        await work

    assert waiting(settings) == []


async def test_jobs_are_left_to_workers_on_postgresql_alone(tmp_path: Path) -> None:
    settings = with_secrets(Settings(database_url=f"sqlite:///{tmp_path}/billing.db"))

    with pytest.raises(SettingsError, match="only on PostgreSQL"):
        async with running(settings, jobs=False):
            pass
    with pytest.raises(SettingsError, match="only on PostgreSQL"):
        await ensure_startable(settings, jobs=False)
    with pytest.raises(SettingsError, match="a worker needs PostgreSQL"):
        await working(settings, stop=asyncio.Event())


@pytest.mark.parametrize("command", ["worker", "serve", "audit"])
def test_nobody_starts_on_tables_of_an_older_version(environment: Mapping[str, str], empty: str, command: str) -> None:
    told = subprocess.run(
        [*COMMAND, command],
        env={**environment, "BILLING_DATABASE_URL": empty, "PORT": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert told.returncode != 0
    assert b"billing-core db upgrade" in told.stdout + told.stderr
    assert b"Traceback" not in told.stderr


def test_the_upgrade_tells_no_secret(environment: Mapping[str, str], empty: str) -> None:
    url = empty.replace("postgres@", "postgres:s3cret@")
    told = subprocess.run(
        [*COMMAND, "db", "upgrade"],
        env={**environment, "BILLING_DATABASE_URL": url},
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert told.stdout.decode() == f"{empty.replace('postgres@', '')} is up to date\n"
    assert b"s3cret" not in told.stdout + told.stderr


async def test_who_embeds_the_product_may_share_the_books(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_JWT_SECRET", SECRET)
    async with Billing.open(environment["BILLING_DATABASE_URL"]) as billing:
        await billing.grant("ann", 5, reason="a present")
        assert (await billing.credits("ann")).available == 15
