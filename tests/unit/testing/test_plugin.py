"""The pytest plugin: light until a test asks, and of use to every kind of test."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("attrs", "hypothesis", "msgspec", "sqlalchemy", "stripe", "billing_core.facade", "billing_core.testing.bench")

EVERY_KIND = """
import asyncio

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def story(billing, clock, gateway):
    await gateway.subscribe("ada", "basic")
    await clock.advance(months=1)
    return len(await gateway.payments("ada")), (await billing.subscription("ada")).status


@pytest.mark.anyio
async def test_under_anyio(billing, clock, gateway):
    assert await story(billing, clock, gateway) == (2, "active")


@pytest.mark.asyncio
async def test_under_pytest_asyncio_where_it_is_strict(billing, clock, gateway):
    assert await story(billing, clock, gateway) == (2, "active")


def test_with_a_loop_of_its_own(billing, clock, gateway):
    assert asyncio.run(story(billing, clock, gateway)) == (2, "active")


def test_with_a_loop_for_each_step(billing, gateway):
    asyncio.run(gateway.subscribe("ada", "basic"))
    assert asyncio.run(billing.subscription("ada")).tier == "basic"


async def at_once(billing, gateway):
    await asyncio.gather(*(gateway.subscribe(f"ada{n}", "basic") for n in range(5)))
    return await asyncio.gather(*(billing.subscription(f"ada{n}") for n in range(5)))


def test_of_several_customers_at_once(billing, gateway):
    assert {view.tier for view in asyncio.run(at_once(billing, gateway))} == {"basic"}
    assert {view.tier for view in asyncio.run(at_once_again(billing, gateway))} == {"basic"}


async def at_once_again(billing, gateway):
    await asyncio.gather(*(gateway.buy(f"ada{n}", "pack_1k") for n in range(5)))
    return await asyncio.gather(*(billing.subscription(f"ada{n}") for n in range(5)))
"""


def python(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], cwd=cwd, capture_output=True, text=True, check=False)


def test_what_is_loaded_with_every_run_of_pytest_is_next_to_nothing(tmp_path: Path) -> None:
    look = f"import sys, billing_core.testing.plugin; print([m for m in {HEAVY} if m in sys.modules])"

    assert "[]\n" == python("-c", look, cwd=tmp_path).stdout


def test_the_fixtures_serve_every_kind_of_test(tmp_path: Path) -> None:
    (tmp_path / "test_every_kind.py").write_text(EVERY_KIND)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    ran = python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=tmp_path)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout
