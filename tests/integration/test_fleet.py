"""Two servers and two workers share the books behind a proxy, and none of those who ask notices which one is killed."""

from pathlib import Path

import click
import httpx
import pytest

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.lifespan import OURS, opened
from billing_core.entrypoints.parts.books import open_books
from tests.crash.findings import findings, unkept
from tests.fleet.campaign import Fleet, Plan, settings_of
from tests.fleet.proxy import proxied
from tests.kills.stripe import deadly_stripe
from tests.local_postgres import free_port

pytestmark = pytest.mark.postgres

SHORT = Plan(rounds=1, callers=2, customers=2, seed=1, longest_s=0.5)
LONG = Plan(rounds=25, callers=12, customers=10, seed=2, longest_s=3.0)


@pytest.mark.parametrize("plan", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
async def test_a_server_and_a_worker_are_killed_and_replaced_and_nobody_is_refused(
    plan: Plan, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    port, ports = free_port(), (free_port(), free_port())
    url = f"http://127.0.0.1:{port}"
    async with (
        deadly_stripe(f"{url}/api/v1/subscriptions/webhook") as town,
        proxied(port, *ports) as proxy,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):
        settings = settings_of(postgres_url, tmp_path, town.base)
        fleet = Fleet(plan, settings, ports, tmp_path, town, proxy, client)
        await fleet.run()
        async with opened(settings, OURS, serves=False) as container:
            broken = [one.account_id async for one in container.auditing().all() if one.problems]
    async with open_books(settings, columns_of, SystemClock()) as books:
        found = await findings(fleet.ledger, books, SystemClock().now())
        found += await unkept(fleet.ledger, books)

    click.echo(f"{plan.rounds} kills of each, proxy {dict(proxy.counts)}, callers {dict(fleet.ledger.counts)}")
    assert [] == broken
    assert [] == found
    assert [] == fleet.ledger.untold()
    assert (0, 0) == (fleet.ledger.counts["cut off"], proxy.counts["given up"])
    assert plan.rounds == sum(server.starts for server in fleet.servers) - len(fleet.servers)
