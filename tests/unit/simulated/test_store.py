"""The file in which the simulated Stripe is kept: all of it is there after a restart, and no other version is read."""

from datetime import timedelta
from pathlib import Path

import pytest

from billing_core.adapters.simulated import store
from billing_core.adapters.simulated.state import SCHEMA, State
from tests.shops.simulated import DECLINES_LATER, START, Shop


async def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "gateway.json"
    shop = Shop(path=path)
    await shop.subscribed(card=DECLINES_LATER, trial_days=5)
    await shop.later(days=40)
    await shop.opened("handful")
    again = Shop(path=path, clock=shop.clock)

    assert await shop.stripe.state() == await again.stripe.state()
    await shop.later(days=400)
    again = Shop(path=path, clock=shop.clock)
    assert await shop.stripe.state() == await again.stripe.state()
    assert [path] == list(path.parent.iterdir())


async def test_a_key_is_known_after_a_restart(tmp_path: Path) -> None:
    shop = Shop(path=tmp_path / "gateway.json")
    request = await shop.request()
    session = await shop.gateway.open_checkout(request, idempotency_key="k")
    again = Shop(path=tmp_path / "gateway.json")

    assert session == await again.gateway.open_checkout(request, idempotency_key="k")


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    store.save(tmp_path / "gateway.json", State(schema=SCHEMA + 1))

    with pytest.raises(ValueError, match="a newer version"):
        store.load(tmp_path / "gateway.json")


def test_a_file_of_an_older_version_is_told_from_one_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "gateway.json").write_text('{"schema": 1, "offers": {}}')

    with pytest.raises(ValueError, match="an older version"):
        store.load(tmp_path / "gateway.json")


async def test_a_state_that_cannot_be_saved_is_not_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    shop = Shop(path=folder / "gateway.json")
    sub = await shop.subscribed()
    (folder / "gateway.json.new").mkdir()
    shop.clock.at += timedelta(days=31)
    with pytest.raises(OSError, match=r"gateway\.json"):
        await shop.stripe.advance()
    (folder / "gateway.json.new").rmdir()

    assert (await shop.look(sub)).period_start > START
