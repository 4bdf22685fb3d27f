"""What `/metrics` tells, and to whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from attrs import evolve
from prometheus_client.parser import text_string_to_metric_families

from billing_core.application.guarding import Round
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.answered import Answered
from billing_core.entrypoints.http.metrics import KEPT_S, Looking, exposed
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.sight_settings import SightSettings
from billing_core.ports.errors import Unavailable
from billing_core.ports.groups import Groups
from tests.shops.http import SETTINGS, usual_app

TOKEN = "a-token-for-the-metrics"
HERE, ELSEWHERE = ("127.0.0.1", 5000), ("192.0.2.7", 5000)


@asynccontextmanager
async def client_of(settings: Settings = SETTINGS, address: tuple[str, int] = HERE) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks the server from that address."""
    app = build_app(settings, lambda: running(settings))
    transport = httpx.ASGITransport(app, client=address)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def guarded() -> Settings:
    return evolve(SETTINGS, sight=SightSettings(metrics_token=TOKEN))


async def told(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    return read((await client.get("/metrics")).text)


def read(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.failure("F23")
async def test_requests_are_counted_by_route_and_never_by_path() -> None:
    async with client_of() as client:
        for n in range(20):
            await client.get(f"/nowhere/{n}")
            await client.get(f"/api/v1/generations/{n}")
        await client.get("/health")
        samples = await told(client)

    assert 20 == samples["billing_http_requests_total", "GET", "none", "404"]
    assert 1 == samples["billing_http_requests_total", "GET", "/health", "200"]
    assert 1 == samples["billing_http_request_seconds_count", "/health"]
    (route,) = {labels[2] for labels in samples if labels[-1] == "401"}
    assert route.startswith("/api/v1/generations/{")
    assert 20 == samples["billing_http_requests_total", "GET", route, "401"]
    assert not [name for name in samples if "nowhere" in "".join(name)]


async def test_how_the_books_stand_is_told() -> None:
    async with client_of() as client:
        samples = await told(client)

    assert 1 == samples["billing_books_up",]
    assert 0 == samples["billing_webhooks_undone", "dead"]
    assert 0 == samples["billing_incidents_open", "drift"]
    assert 0 == samples["billing_jobs_oldest_wait_seconds",]
    assert 0 == samples["billing_commit_seconds_count",]


async def test_commits_and_open_holds_are_told() -> None:
    app = usual_app()
    groups, seen_at = Groups(), datetime(2026, 11, 22, tzinfo=UTC)
    groups.add(1, 0.002)
    groups.add(40, 0.004)
    async with app.lifespan():
        opened: Opened = app.state.opened
        measured = await opened.use_cases.measuring()
    last = Round(began_at=seen_at, ended_at=seen_at, accounts=2, holds=3)
    samples = read(exposed(Answered(), evolve(measured, groups=groups, last_round=last)).decode())

    assert (1, 1, 2) == tuple(samples["billing_commit_changes_bucket", bound] for bound in ("1.0", "32.0", "+Inf"))
    assert (2, 41) == (samples["billing_commit_changes_count",], samples["billing_commit_changes_sum",])
    assert pytest.approx(0.006) == samples["billing_commit_seconds_sum",]
    assert 3 == samples["billing_holds_open",]


async def test_without_a_token_only_this_machine_reads_them() -> None:
    async with client_of(address=ELSEWHERE) as client:
        assert 404 == (await client.get("/metrics")).status_code
    async with client_of() as client:
        assert 200 == (await client.get("/metrics")).status_code
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert 404 == (await client.get("/metrics", headers={header: "127.0.0.1"})).status_code


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
async def test_with_a_token_set_nobody_reads_them_without_it(sent: str | None) -> None:
    async with client_of(guarded()) as client:
        answer = await client.get("/metrics", headers={} if sent is None else {"Authorization": sent})

    assert 401 == answer.status_code
    assert "billing_" not in answer.text


async def test_with_the_token_they_are_read_from_anywhere() -> None:
    async with client_of(guarded(), ELSEWHERE) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Via": "1.1 proxy"})

    assert 200 == answer.status_code
    assert answer.headers["content-type"].startswith("text/plain")


async def test_the_books_are_read_once_in_some_seconds_and_may_be_away() -> None:
    reads, now_s = list[float](), 100.0

    class Away:
        async def __call__(self) -> None:
            reads.append(now_s)
            raise Unavailable("the books")

    class Open(Opened):
        use_cases = type("Cases", (), {"measuring": Away()})()

    looking = Looking(Open(lambda: running(SETTINGS)), lambda: now_s)
    assert [None, None] == [await looking(), await looking()]
    now_s += KEPT_S
    await looking()

    assert [100.0, 100.0 + KEPT_S] == reads
