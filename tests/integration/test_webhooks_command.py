"""`billing-core webhooks`, beside a service that runs, on both databases."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from billing_core.adapters.catalog_file import builtin_text
from billing_core.domain.account import Account
from billing_core.entrypoints.beside import webhooks_of
from billing_core.entrypoints.cli import main
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.settings import Settings
from billing_core.ports.commit import Commit
from billing_core.ports.records import OwnerClaimed
from billing_core.ports.webhooks import Delivery

GOLD = """
[packs.gold]
name = "Gold"
credits = 700

[[packs.gold.prices]]
key = "gold_usd"
currency = "usd"
amount_minor = 5000
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """New books, which the command is told of as well. What a machine keeps in files is this test's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("STRIPE_SECRET_KEY", "BILLING_CATALOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BILLING_JWT_SECRET", "a secret" * 8)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_of_these_tests")
    url = f"sqlite:///{tmp_path}/billing.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("BILLING_DATABASE_URL", url)
    return Settings(database_url=url, jwt_secret="a secret" * 8, webhook_secrets=("whsec_of_these_tests",))


def bought_gold(event_id: str) -> bytes:
    """Ann has paid for a pack."""
    session = {
        "id": f"cs_{event_id}",
        "object": "checkout.session",
        "mode": "payment",
        "payment_status": "paid",
        "customer": "cus_ann",
        "payment_intent": f"pi_{event_id}",
        "amount_total": 5000,
        "currency": "usd",
        "metadata": {"billing_core_kind": "pack", "billing_core_item": "gold", "billing_core_version": "2"},
    }
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "checkout.session.completed",
            "api_version": "2026-10-28.endive",
            "created": 1_780_000_000,
            "livemode": False,
            "data": {"object": session},
        }
    ).encode()


async def received(settings: Settings, *event_ids: str) -> None:
    """The events came in, and were refused: nobody knows the pack."""
    async with webhooks_of(settings) as webhooks:
        receiving = webhooks.receiving
        await receiving.accounts.change("ann", lambda _: Commit(None, (), (OwnerClaimed("cus_ann"),)))
        for event_id in event_ids:
            delivery: Delivery = receiving.webhooks.retranslate(bought_gold(event_id))
            assert (await receiving.take(delivery, now=receiving.clock.now())).outcome == "failed"


async def command(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["webhooks", *words])


def lines(told: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.stdout.splitlines()]


async def available(settings: Settings) -> int:
    async with webhooks_of(settings) as webhooks:
        account: Account = await webhooks.receiving.accounts.get("ann")
        return account.book.available


async def test_what_failed_is_listed_shown_and_taken_in_again_beside_a_service(
    settings: Settings, tmp_path: Path
) -> None:
    await received(settings, "evt_1", "evt_2")
    mended = tmp_path / "catalog.toml"
    mended.write_text(builtin_text() + GOLD)

    async with running(evolve(settings, catalog=str(mended))):
        listed = await command("list", "--json")
        assert sorted(row["event"] for row in lines(listed)) == ["evt_1", "evt_2"]
        assert {(row["account"], row["status"], row["attempts"]) for row in lines(listed)} == {("ann", "failed", 1)}
        shown = json.loads((await command("show", "evt_1")).stdout)
        assert (shown["error"], shown["body"]["id"]) == (lines(listed)[0]["error"], "evt_1")

        assert (await command("replay", "evt_1")).stdout == "1 processed\n"
        assert await available(settings) == 710
        rest = await command("replay", "--all-failed", "--json")
        assert [row.get("outcome") or row for row in lines(rest)] == ["processed", {"processed": 1}]
        assert await available(settings) == 1410

        assert (await command("replay", "evt_1")).stdout == "1 unchanged\n"
        assert (await command("replay", "--all-failed")).stdout == "nothing had failed\n"
        assert await available(settings) == 1410
        assert len(lines(await command("list", "--status", "processed", "--json"))) == 2


async def test_what_fails_again_is_told_and_makes_it_fail(settings: Settings) -> None:
    await received(settings, "evt_1")

    told = await command("replay", "--all-failed")

    assert (told.exit_code, told.stdout) == (1, "1 failed\n")
    assert "evt_1 (ann): failed" in told.stderr
    (row,) = lines(await command("list", "--status", "failed", "--limit", "1", "--json"))
    assert (row["event"], row["attempts"]) == ("evt_1", 2)


async def test_one_that_nobody_owns_is_listed_and_shown_and_taken_in_once_somebody_does(
    settings: Settings, tmp_path: Path
) -> None:
    mended = tmp_path / "catalog.toml"
    mended.write_text(builtin_text() + GOLD)

    async with running(evolve(settings, catalog=str(mended))), webhooks_of(settings) as webhooks:
        receiving = webhooks.receiving
        await receiving.take(receiving.webhooks.retranslate(bought_gold("evt_1")), now=receiving.clock.now())

        (row,) = lines(await command("list", "--status", "parked", "--json"))
        assert (row["event"], row["account"], row["error"]) == ("evt_1", None, "nobody owns cus_ann")
        assert json.loads((await command("show", "evt_1")).stdout)["body"]["id"] == "evt_1"
        assert (await command("replay", "evt_1")).stdout == "1 parked\n"

        await receiving.accounts.change("ann", lambda _: Commit(None, (), (OwnerClaimed("cus_ann"),)))
        assert (await command("replay", "evt_1")).stdout == "1 processed\n"
        assert lines(await command("list", "--status", "parked", "--json")) == []


async def test_for_people_there_is_a_table(settings: Settings) -> None:
    await received(settings, "evt_1")

    told = await command("list")

    assert told.exit_code == 0
    assert "evt_1" in told.stdout


async def test_one_that_was_never_kept_is_an_error(settings: Settings) -> None:
    for words in (["show", "evt_9"], ["replay", "evt_9"]):
        told = await command(*words)
        assert (told.exit_code, told.stderr) == (1, "Error: no webhook evt_9 was kept\n")


async def test_what_is_to_be_taken_in_again_must_be_named(settings: Settings) -> None:
    for words in (["replay"], ["replay", "evt_1", "--all-failed"]):
        assert (await command(*words)).exit_code == 2
