"""What stands in `examples` runs."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from examples import picture_shop

SETTINGS = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "BILLING_CATALOG", "BILLING_JWT_SECRET")


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncTestClient[Litestar]]:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BILLING_DATABASE_URL", "memory://")
    async with AsyncTestClient(picture_shop.app) as client:
        yield client


async def test_the_picture_shop_sells_credits_and_spends_them(client: AsyncTestClient[Litestar]) -> None:
    before = (await client.get("/accounts/ada")).json()
    started = (await client.post("/accounts/ada/checkout")).json()
    paid = (await client.post(f"/simulation/pay/{started['session']}")).json()
    after = (await client.get("/accounts/ada")).json()
    spent = (await client.post("/accounts/ada/work")).json()

    assert {"plan": "free", "credits": 10} == before
    assert {"status": "succeeded"} == paid
    assert ("basic", 210, 206) == (after["plan"], after["credits"], spent["credits"])


async def test_the_picture_shop_says_why_not(client: AsyncTestClient[Litestar]) -> None:
    for _ in range(2):
        await client.post("/accounts/ada/work")

    answer = await client.post("/accounts/ada/work")

    assert 402 == answer.status_code
    assert "credits" in answer.json()["error"]


async def test_the_picture_shop_takes_no_forged_webhook(client: AsyncTestClient[Litestar]) -> None:
    answer = await client.post("/stripe/webhook", content=b"{}", headers={"Stripe-Signature": "t=1,v1=forged"})

    assert 400 == answer.status_code
