"""Opening and closing what runs."""

import asyncio
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from billing_core.adapters.catalog_file import builtin_text
from billing_core.adapters.system import FixedClock
from billing_core.application import tasks
from billing_core.application.checking_out import Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.catalog import Interval
from billing_core.entrypoints import lifespan
from billing_core.entrypoints.container import Described
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.lifespan import Parts, handlers, running
from billing_core.entrypoints.parts import books
from billing_core.entrypoints.parts.books import upgrade_books
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets
from billing_core.testing.builders import NEW_YEAR, a_catalog, a_subscriber, an_account
from tests.shops.use_case import GOOD, Shop

MEMORY_SETTINGS = with_secrets(Settings(database_url=MEMORY))
ANN = Customer(account_id="ann", email="ann@app.example", name="Ann")
BASIC = PlanOrder(tier="basic", interval=Interval.MONTH, currency="usd")
BACK = Return(success_url="https://shop.example/yes", cancel_url="https://shop.example/no")


def test_every_job_has_a_handler() -> None:
    names = {value for name, value in vars(tasks).items() if name.isupper() and isinstance(value, str)}

    assert set(handlers(Shop().use)) == names - {tasks.RECONCILE}


def test_only_who_is_at_stripe_reconciles() -> None:
    use = Shop().use
    use.answering.override(nobody_answers)

    assert tasks.RECONCILE in handlers(use)


async def nobody_answers(*_request: object) -> tuple[int, dict[str, str], bytes]:
    raise ConnectionError


async def test_a_webhook_that_cannot_be_posted_waits_and_the_books_stay_as_they_were() -> None:
    """Nobody listens at that address."""
    nowhere = "http://127.0.0.1:9/webhook"
    async with running(MEMORY_SETTINGS, Parts(clock=FixedClock(NEW_YEAR)), webhook_url=nowhere) as use_cases:
        assert use_cases.simulation is not None
        started = await use_cases.subscribing(ANN, BASIC, BACK)

        await use_cases.simulation.pay(started.session_id, GOOD)

        assert (await use_cases.viewing("ann")).in_force.plan.key == "free"


async def test_the_simulated_stripe_gets_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifespan, "PUMP_EVERY_S", 0.01)
    clock = FixedClock(NEW_YEAR)
    async with running(MEMORY_SETTINGS, Parts(clock=clock)) as use_cases:
        assert use_cases.simulation is not None
        started = await use_cases.subscribing(ANN, BASIC, BACK)
        await use_cases.simulation.pay(started.session_id, GOOD)
        clock.advance(timedelta(days=31))

        async with asyncio.timeout(5):
            while (await use_cases.viewing("ann")).account.book.available != 200:  # noqa: ASYNC110 - it is the pump's
                await asyncio.sleep(0.01)


async def test_a_gateway_that_stumbles_gets_on_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifespan, "PUMP_EVERY_S", 0.001)
    shop, stop, calls = Shop(), asyncio.Event(), list[int]()

    class Stumbling:
        async def deliver_pending(self) -> int:
            calls.append(1)
            if len(calls) == 1:
                raise OSError("no space left")
            stop.set()
            return 0

        pay, authenticate, replace_card = shop.stripe.pay, shop.stripe.authenticate, shop.stripe.replace_card

    with caplog.at_level(logging.CRITICAL, logger=lifespan.log.name):
        async with asyncio.timeout(5):
            await lifespan._pump(Stumbling(), stop)

    assert len(calls) == 2


async def test_a_clock_that_was_moved_is_kept_beside_the_database(tmp_path: Path) -> None:
    settings = with_secrets(Settings(database_url=f"sqlite:///{tmp_path}/billing.db"))
    async with running(settings) as use_cases:
        assert use_cases.simulation is not None
        await use_cases.simulation.forward(days=3)

    kept = json.loads((tmp_path / "clock.json").read_text())
    assert kept == {"offset_s": 3 * 86_400.0}


async def test_a_changed_catalog_becomes_a_new_version(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    url, clock = f"sqlite:///{tmp_path}/billing.db", FixedClock(NEW_YEAR)
    versions = 0
    for text in (builtin_text(), builtin_text(), builtin_text().replace("images_per_day = 10\n", "")):
        file.write_text(text)
        settings = with_secrets(Settings(database_url=url, catalog=str(file)))
        async with running(settings, Parts(clock=clock)) as use_cases:
            versions = len(use_cases.catalog.versions)
        clock.advance(timedelta(days=1))

    assert versions == 2


def test_an_accounts_row_shows_plan_status_and_what_is_due() -> None:
    life = a_subscriber()
    described = Described(a_catalog())

    columns = described(life.account)
    assert (columns.plan, columns.status, columns.available) == ("basic", "active", 210)
    assert columns.next_due_at is not None
    assert (described(an_account()).plan, described(an_account()).status) == ("free", "none")


def test_before_the_catalog_is_known_a_row_shows_what_the_account_says() -> None:
    columns = Described()(a_subscriber().account)

    assert (columns.plan, columns.status, columns.available) == ("", "", 210)


async def test_without_its_drivers_postgresql_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "find_spec", lambda name: None if name == "asyncpg" else object())
    settings = Settings(database_url="postgresql://db.example/books", jwt_secret="x" * 32)

    with pytest.raises(SettingsError, match=r"asyncpg is not installed.*billing-core\[postgres\]"):
        async with running(with_secrets(settings)):
            pass
    with pytest.raises(SettingsError, match="asyncpg"):
        upgrade_books(settings)
