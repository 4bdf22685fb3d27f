"""API keys on the account's page, without a browser."""

import re
from collections.abc import AsyncIterator

import pytest
from litestar.testing import AsyncTestClient

from tests.shops.http import Shop, usual_app
from tests.shops.visitor import Visitor, text_of


@pytest.fixture
async def ann() -> AsyncIterator[Visitor]:
    async with AsyncTestClient(usual_app()) as client:
        visitor = Visitor(Shop(client))
        await visitor.sign_in("ann")
        yield visitor


async def test_who_has_no_api_access_is_not_offered_a_key_and_gets_none(ann: Visitor) -> None:
    refused = await ann.send("/account/keys", name="a bot")

    assert "API keys" not in text_of(await ann.see("/account"))
    assert refused.status_code == 403
    assert "Upgrade to Premium" in text_of(refused)


async def test_a_key_is_made_shown_once_and_revoked(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", "premium")
    made = await ann.send("/account/keys", name="the poster shop", opens="read")
    secret = re.findall(r"bk_[\w-]{43}", made.text)
    account = await ann.see("/account")
    (key_id,) = re.findall(r'name="key" value="(key_\w+)"', account.text)

    assert (made.status_code, len(secret), made.headers["cache-control"]) == (200, 1, "no-store")
    assert "makes no pictures" in text_of(made)
    assert f"the poster shop {secret[0][-4:]} Looking" in text_of(account)
    assert secret[0] not in account.text

    await ann.send("/account/keys/revoke", key=key_id)
    assert "The key is revoked" in text_of(await ann.see("/account"))
    again = await ann.send("/account/keys/revoke", key=key_id)
    asked = await ann.shop.client.get("/api/v1/account", headers={"Authorization": f"Bearer {secret[0]}"})
    assert (again.status_code, asked.status_code) == (404, 401)


async def test_keys_of_a_plan_that_lost_its_api_access_can_still_be_revoked(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", "premium")
    await ann.send("/account/keys", name="the poster shop")
    await ann.shop.ask("DELETE", "/subscriptions?at_period_end=false")
    told = text_of(await ann.see("/account"))

    assert "Free has no API access, so these keys open nothing for now" in told
    assert "Revoke" in told
    assert "Make a key" not in told
