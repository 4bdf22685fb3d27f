"""A server that dies after Stripe has done what it asked for, and before it could write that down."""

from collections.abc import AsyncIterator
from pathlib import Path

import click
import httpx
import pytest

from tests.kills.campaign import Campaign, place_of
from tests.kills.stripe import deadly_stripe
from tests.kills.verbs import VERBS, Verb
from tests.local_postgres import free_port

SHORT = tuple(verb for verb in VERBS if verb.name in {"check out a plan", "upgrade now"})


@pytest.fixture
async def campaign(tmp_path: Path) -> AsyncIterator[Campaign]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        deadly_stripe(f"{url}/api/v1/subscriptions/webhook") as town,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        campaign = Campaign(place_of(f"sqlite:///{tmp_path}/books.sqlite", port, tmp_path, town.base), town, client)
        await campaign.begin()
        yield campaign
        await campaign.server.close()


@pytest.mark.parametrize(
    "verbs", [SHORT, pytest.param(VERBS, marks=pytest.mark.long)], ids=["some verbs", "every verb"]
)
async def test_what_was_done_at_stripe_is_done_once(campaign: Campaign, verbs: tuple[Verb, ...]) -> None:
    wrong = [each for verb in verbs for each in await campaign.prove(verb, keyed=True)]

    click.echo(f"{campaign.kills} kills at {len(verbs)} verbs: {', '.join(campaign.town.door.killed_at)}")
    assert not wrong, "\n".join(wrong)
    assert campaign.kills >= len(verbs)
    assert "every stream folds to its row" in await campaign.place.run("audit")
