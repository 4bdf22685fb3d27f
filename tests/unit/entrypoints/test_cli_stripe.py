"""The commands that keep Stripe in order, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from click.testing import CliRunner, Result

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.simulated.cards import read_card
from billing_core.adapters.sqlalchemy.books import open_sqlite
from billing_core.adapters.sqlalchemy.migrate import upgrade
from billing_core.adapters.stripe.api import any_key
from billing_core.adapters.stripe.events import READERS
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.cli import main
from billing_core.entrypoints.http.webhooks import PATH
from billing_core.entrypoints.one_mode import ensure_mode
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.entrypoints.test_cards import TEST_CARDS
from tests.mail_server import mail_server
from tests.provider.server import ImageServer
from tests.shops.simulated import Receiver
from tests.stripe.gateway import an_api
from tests.stripe.on_loopback import on_loopback
from tests.stripe.samples import Json
from tests.stripe.scripted import ScriptedStripe, an_error, serving

KEY, SECRET = "sk_test_51secret", "whsec_51secret"


@define
class Terminal:
    """The command line of an operator, and the Stripe that it reaches."""

    stripe: SimulatedStripe = field(
        factory=lambda: SimulatedStripe(None, SystemClock(), SECRET, "http://shop.test", Receiver())
    )

    async def run(self, *words: str) -> Result:
        result = await asyncio.to_thread(CliRunner().invoke, main, words)
        assert KEY not in result.output
        assert SECRET not in result.output
        return result

    async def by_hand(self, path: str, **params: Any) -> Json:
        """The merchant makes something in the dashboard."""
        return dict(await an_api(self.stripe.answer).post(path, key=any_key(), **params))


@pytest.fixture
async def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terminal]:
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.db")
    monkeypatch.setenv("BILLING_JWT_SECRET", "x" * 32)
    async with on_loopback(terminal.stripe) as url:
        monkeypatch.setenv("STRIPE_API_BASE", url)
        monkeypatch.setenv("STRIPE_SECRET_KEY", KEY)
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
        yield terminal


def rows(result: Result) -> list[Json]:
    """The lines of JSON that it printed."""
    return [json.loads(line) for line in result.output.splitlines()]


# sync-products


async def test_a_dry_run_tells_what_would_be_done_and_does_nothing(terminal: Terminal) -> None:
    result = await terminal.run("sync-products", "--dry-run")

    assert 0 == result.exit_code
    assert "create  price    basic_month_usd: 9.99 USD a month\n" in result.output
    assert result.output.endswith("changes would be made\n")
    assert {} == (await terminal.stripe.state()).products


async def test_products_are_synced_once(terminal: Terminal) -> None:
    first = await terminal.run("sync-products")
    second = await terminal.run("sync-products")

    assert (0, 0) == (first.exit_code, second.exit_code)
    assert "create  portal   default: what customers may change by themselves\n" in first.output
    assert "Stripe is in step with the catalog\n" == second.output


async def test_a_script_reads_what_was_done(terminal: Terminal) -> None:
    *changes, total = rows(await terminal.run("sync-products", "--json"))

    assert {"changes": len(changes), "dry_run": False} == total
    assert {"deed": "create", "thing": "product", "key": "plan basic", "detail": "Basic"} == changes[0]


async def test_a_price_of_the_merchants_is_named_by_the_environment(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = await terminal.by_hand("/v1/prices", currency="usd", unit_amount=999, product_data={"name": "Basic"})
    monkeypatch.setenv("STRIPE_PRICE_ID_BASIC", own["id"])

    result = await terminal.run("sync-products", "--dry-run")

    assert "basic_month_usd" not in result.output
    assert "basic_year_usd" in result.output


async def test_a_price_of_a_plan_that_is_not_sold_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_PRICE_ID_GOLD", "price_own")

    result = await terminal.run("sync-products")

    assert 1 == result.exit_code
    assert "STRIPE_PRICE_ID_GOLD is set, but the catalog has no monthly price of that plan in usd" in result.output


async def test_without_a_key_it_is_tried_on_a_simulated_stripe(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRIPE_SECRET_KEY")

    result = await terminal.run("sync-products")

    assert 0 == result.exit_code
    assert "Stripe is in step with the catalog" in result.output
    assert "Stripe is simulated: nothing is kept\n" in result.output
    assert {} == (await terminal.stripe.state()).products


# doctor


async def test_a_shop_in_order_has_no_errors(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    await terminal.run("sync-products")
    endpoint = {"url": f"https://shop.example{PATH}", "enabled_events": sorted(READERS)}
    await terminal.by_hand("/v1/webhook_endpoints", api_version="2026-10-28.endive", **endpoint)

    async with ImageServer().on_loopback() as provider, mail_server() as room:
        monkeypatch.setenv("OPENAI_BASE_URL", provider)
        monkeypatch.setenv("BILLING_SMTP_URL", f"smtp://127.0.0.1:{room.port}")
        monkeypatch.setenv("BILLING_MAIL_FROM", "billing@shop.example")
        monkeypatch.setenv("BILLING_ADMIN_EMAILS", "boss@shop.example")
        result = await terminal.run("doctor")

    assert 0 == result.exit_code, result.output
    assert "0 errors, 0 warnings" in result.output
    assert "the keys are of test mode: no real money moves" in result.output
    assert "test card 4242 4242 4242 4242: pays" in result.output


async def test_webhooks_at_an_old_url_are_heard_where_old_urls_are(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = {"url": "https://shop.example/stripe/webhook", "enabled_events": sorted(READERS)}
    await terminal.by_hand("/v1/webhook_endpoints", api_version="2026-10-28.endive", **endpoint)

    levels = []
    for heard in ("false", "true"):
        monkeypatch.setenv("BILLING_OLD_URLS", heard)
        findings = rows(await terminal.run("doctor", "--json"))
        levels += [finding["level"] for finding in findings if finding.get("check") == "webhooks"]

    assert ["warning", "ok"] == levels


async def test_what_is_missing_is_told_with_how_to_mend_it(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRET")
    monkeypatch.setenv("STRIPE_ENABLED", "false")
    monkeypatch.delenv("BILLING_JWT_SECRET")

    result = await terminal.run("doctor", "--json")

    assert 1 == result.exit_code
    *findings, total = rows(result)
    told = {(finding["check"], finding["level"]) for finding in findings if finding["level"] != "ok"}
    assert {
        ("payments", "error"),
        ("payments", "warning"),
        ("tokens", "warning"),
        ("models", "warning"),
        ("mail", "warning"),
        ("webhooks", "warning"),
        ("prices", "error"),
    } == told
    assert all(finding["mend"] for finding in findings if finding["level"] != "ok")
    assert total["error"] == sum(finding["level"] == "error" for finding in findings)


async def test_mail_that_is_not_taken_is_an_error(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mail_server(auth_require_tls=False) as room:
        monkeypatch.setenv("BILLING_MAIL_FROM", "billing@shop.example")
        found = []
        for url in (f"smtp://ann:wrong@127.0.0.1:{room.port}", f"smtp://127.0.0.1:{room.port}", "smtp://127.0.0.1:1"):
            monkeypatch.setenv("BILLING_SMTP_URL", url)
            findings = rows(await terminal.run("doctor", "--json"))
            found.append([(each["level"], each["text"]) for each in findings if each.get("check") == "mail"])

    refused, taken, gone = found
    assert [("error", f"the mail server 127.0.0.1:{room.port} is not set up: 535")] == [
        (level, text[: text.index("535") + 3]) for level, text in refused
    ]
    assert [
        ("ok", f"the mail server 127.0.0.1:{room.port} takes mail from billing@shop.example"),
        ("warning", "no operator is told of incidents"),
    ] == taken
    assert [("error", "the mail server 127.0.0.1:1 is unavailable")] == gone


async def test_a_key_that_is_not_taken_is_an_error_and_the_rest_is_still_checked(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = ScriptedStripe([an_error(401, message="Invalid API Key provided: sk_test_*****")])
    async with serving(refusing) as url:
        monkeypatch.setenv("STRIPE_API_BASE", url)
        *findings, _ = rows(await terminal.run("doctor", "--json"))

    by_check = {finding["check"]: finding for finding in findings}
    assert "Invalid API Key" in by_check["stripe"]["text"]
    assert ("error", "ok") == (by_check["prices"]["level"], by_check["images"]["level"])


async def test_settings_that_are_refused_are_the_one_finding(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_PUBLISHABLE_KEY", "pk_live_51")

    result = await terminal.run("doctor", "--json")

    assert 1 == result.exit_code
    (finding, total) = rows(result)
    assert ("settings", "error") == (finding["check"], finding["level"])
    assert {} == total["test_cards"]


async def test_books_of_another_mode_are_an_error(terminal: Terminal, tmp_path: Path) -> None:
    async with open_sqlite(f"sqlite:///{tmp_path}/billing.db") as books:
        await ensure_mode(books.bookmarks, Mode.SIMULATED)

    *findings, _ = rows(await terminal.run("doctor", "--json"))

    (wrong,) = [finding["text"] for finding in findings if finding["check"] == "database"]
    assert "these books are of simulated mode" in wrong


async def test_tables_that_are_behind_are_an_error(terminal: Terminal, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/billing.db", "0002")

    *findings, _ = rows(await terminal.run("doctor", "--json"))

    (database,) = [finding for finding in findings if finding["check"] == "database"]
    assert ("error", "run `billing-core db upgrade`") == (database["level"], database["mend"])


async def test_a_broken_catalog_is_an_error(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "catalog.toml").write_text("grace_days = -3")
    monkeypatch.setenv("BILLING_CATALOG", str(tmp_path / "catalog.toml"))

    *findings, _ = rows(await terminal.run("doctor", "--json"))

    wrong = {finding["check"] for finding in findings if finding["level"] == "error"}
    assert {"catalog", "prices"} == wrong


async def test_without_a_key_stripe_is_simulated_and_said_to_be(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRIPE_SECRET_KEY")
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRET")

    result = await terminal.run("doctor")

    assert 0 == result.exit_code
    assert "Stripe is simulated: nobody pays" in result.output


@pytest.mark.parametrize("number", TEST_CARDS)
def test_every_test_card_that_is_listed_is_taken_where_stripe_is_simulated(number: str) -> None:
    assert number.endswith(read_card(number).last4)
