"""A business that has been at Stripe for a year is brought in over real HTTP, by a command that is killed twice."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import frozen

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.domain.catalog import Catalog
from tests.shops.old_business import ODD, CountingStripe, is_paying, open_for_a_year
from tests.stripe.on_loopback import on_loopback

RUN = """
import atexit, resource, sys
atexit.register(lambda: sys.stderr.write(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\\n"))
from billing_core.entrypoints.cli import main
main()
"""
CUSTOMERS, SUBSCRIPTIONS, INVOICES = "/v1/customers", "/v1/subscriptions", "/v1/invoices"
FREE = 10
FREE_AND_BASIC = FREE + 200


@frozen(kw_only=True)
class Run:
    """What a command printed at the end, its exit code, and the most memory that it took, in MiB."""

    code: int
    told: Any
    said: str
    peak_mib: int


@frozen
class Town:
    """A Stripe over HTTP, books on a file, and commands that know both."""

    stripe: CountingStripe
    base: str
    folder: Path

    async def run(self, *words: str, kill_at: tuple[str, int] | None = None) -> Run:
        """A command in a process of its own, killed at that request."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("BILLING", "STRIPE"))}
        environment |= {
            "BILLING_DATABASE_URL": f"sqlite:///{self.folder}/books.sqlite",
            "STRIPE_SECRET_KEY": "sk_test_of_the_import",
            "STRIPE_API_BASE": self.base,
        }
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RUN, *words, "--json", env=environment, stdout=pipe, stderr=pipe
        )
        if kill_at is not None:
            self.stripe.when(*kill_at, process.kill)
        told, said = (text.decode() for text in await process.communicate())
        last = told.splitlines()[-1] if told else "null"
        peak = [line.split()[1] for line in said.splitlines() if line.startswith("peak ")]
        return Run(code=process.returncode or 0, told=json.loads(last), said=said, peak_mib=int(*peak or ["0"]) // 1024)

    async def accounts(self) -> list[tuple[str, int, int]]:
        """Each account: its id, how many events it has, what is available."""
        found: list[tuple[str, int, int]] = []
        async with open_sqlite(f"sqlite:///{self.folder}/books.sqlite") as books:
            while rows := await books.register.page(after=found[-1][0] if found else "", limit=500):
                found += [(row.account_id, row.version, int(str(row.columns["available"]))) for row in rows]
        return found


async def a_town(folder: Path, customers: int) -> AsyncIterator[Town]:
    now = datetime.now(UTC)
    catalog = Catalog([decode(builtin_text(), number=1, since=now)])

    async def nobody(_body: bytes, _signature: str) -> int:
        return 200

    stripe = CountingStripe(catalog, nobody)
    open_for_a_year(stripe, customers, now)
    async with on_loopback(stripe) as base:
        yield Town(stripe, base, folder)


@pytest.fixture
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    async for town in a_town(tmp_path, request.param):
        yield town


@pytest.mark.parametrize(
    "town, customers",  # noqa: PT006
    [(200, 200), pytest.param(10_000, 10_000, marks=pytest.mark.long)],
    indirect=["town"],
)
async def test_a_whole_business_comes_in_though_it_is_cut_off_twice(town: Town, customers: int) -> None:
    began = time.monotonic()
    words = ("import-stripe", "--account-from", "metadata.user_id")
    pages = customers // 100
    for path in (CUSTOMERS, SUBSCRIPTIONS):
        cut = await town.run(*words, kill_at=(path, max(2, pages // 2)))
        assert cut.code < 0, cut
    asked = Counter(town.stripe.asked)

    done = await town.run(*words)

    took_s = time.monotonic() - began
    paying = sum(map(is_paying, range(1, customers + 1)))
    told = done.told["counts"]
    assert town.stripe.asked[CUSTOMERS] == asked[CUSTOMERS]  # that stage was complete
    assert sum(told["subscription"].values()) < customers  # so was the first half of this one
    assert sum(told["invoice"].values()) > 0
    accounts = await town.accounts()
    assert customers == len([account for account, *_ in accounts if account.startswith("user-")])
    available = Counter(available for account, _, available in accounts if account.startswith("user-"))
    assert {FREE_AND_BASIC: paying, FREE: customers - paying} == available

    again = await town.run(*words)

    assert accounts == await town.accounts()
    assert {"unchanged": customers} == again.told["counts"]["customer"]
    assert {"new", "changed"}.isdisjoint(again.told["counts"]["subscription"].keys())
    assert {"new", "changed"}.isdisjoint(again.told["counts"]["invoice"].keys())
    audited = await town.run("audit")
    assert {"live_without_access": customers // ODD} == audited.told["found"]  # no version knows what they pay for
    click.echo(
        f"{customers} customers in {took_s:.0f} s with two kills, at most {max(done.peak_mib, again.peak_mib)} MiB; "
        f"{sum(town.stripe.asked.values())} requests; then {again.told['counts']}"
    )


@pytest.mark.parametrize("town", [100], indirect=True)
async def test_after_an_import_all_is_in_step_and_what_changes_there_is_noticed(town: Town) -> None:
    dry = await town.run("import-stripe", "--dry-run")
    assert {"new": 100} == dry.told["counts"]["customer"]
    assert [] == await town.accounts()
    await town.run("import-stripe")

    in_step = await town.run("check-subscriptions")
    assert (0, 0, 0) == (in_step.told["drifting"], in_step.told["due"], in_step.told["overdue"])
    unknown = {"invoice": {"unknown_price": 100 // ODD}}
    assert unknown == news(await town.run("reconcile"))

    now = datetime.now(UTC)
    await town.stripe.answer(
        "DELETE", "/v1/subscriptions/sub_1", {"Authorization": "Bearer sk_test_1", "Idempotency-Key": f"k{now}"}, b""
    )
    drifting = await town.run("check-subscriptions", "--dry-run")
    assert 1 == drifting.told["drifting"]
    found = await town.run("reconcile", "--dry-run")
    assert {"changed": 1} == news(found)["subscription"]
    assert {"new"} == news(found)["event"].keys()

    followed = await town.run("reconcile")
    assert found.told["counts"]["subscription"] == followed.told["counts"]["subscription"]
    assert unknown == news(await town.run("reconcile"))


@pytest.mark.parametrize("town", [20], indirect=True)
async def test_an_audit_that_asks_stripe_tells_what_changed_there_and_changes_nothing(town: Town) -> None:
    await town.run("import-stripe")
    in_step = await town.run("audit", "--gateway")
    assert {"subscription_as_told", "payment_as_told"}.isdisjoint(in_step.told["found"]), in_step.said

    headers = {"Authorization": "Bearer sk_test_1", "Idempotency-Key": f"k{datetime.now(UTC)}"}
    await town.stripe.answer("DELETE", "/v1/subscriptions/sub_1", headers, b"")
    for _ in range(2):
        asked = await town.run("audit", "--gateway")
        assert 1 == asked.told["found"]["subscription_as_told"], asked.said
        assert 1 == asked.code
    assert in_step.told["found"] == (await town.run("audit")).told["found"]


def news(run: Run) -> dict[str, dict[str, int]]:
    """What a run told that was not as it should be."""
    assert run.told is not None, run.said
    told: dict[str, dict[str, int]] = {}
    for kind, outcomes in run.told["counts"].items():
        for outcome, count in outcomes.items():
            if outcome not in {"unchanged", "skipped"}:
                told.setdefault(kind, {})[outcome] = count
    return told
