"""What operators decide at an account's page, without a browser: what they are told of it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http.auth import token
from tests.shops.http import SETTINGS, Shop, app_of
from tests.shops.visitor import Visitor, text_of

ANN = "/admin/accounts/ann"


@pytest.fixture
async def root() -> AsyncIterator[Visitor]:
    """An operator, signed in, where Ann has her free credits."""
    async with AsyncTestClient(app_of(SETTINGS)) as client:
        visitor = Visitor(Shop(client, SETTINGS))
        await visitor.shop.ask("POST", "/admin/accounts/ann/credits", "root", admin=True, json=A_CREDIT)
        await visitor.send("/signin", token=token(SETTINGS, "root", admin=True))
        yield visitor


A_CREDIT = {"amount": 1, "reason": "goodwill"}


async def told_of(visitor: Visitor, act: str, **fields: str) -> str:
    """What stands on the account's page once that was decided."""
    answer = await visitor.send(f"{ANN}/{act}", once=uuid4().hex, reason="it was wrong", **fields)
    assert (303, ANN) == (answer.status_code, answer.headers["location"]), text_of(answer)
    return text_of(await visitor.see(ANN))


async def test_credits_are_told_as_given_or_taken_also_where_there_were_none_to_take(root: Visitor) -> None:
    assert "1 credit given; 12 credits can be spent now." in await told_of(root, "credits", amount="1")
    assert "12 credits taken; 0 credits can be spent now." in await told_of(root, "credits", amount="-20")
    assert "0 credits taken; 0 credits can be spent now." in await told_of(root, "credits", amount="-5")


@pytest.mark.parametrize("amount", ["2,50", "9e999999"])
async def test_a_sum_that_cannot_be_read_is_asked_for_again(root: Visitor, amount: str) -> None:
    told = await told_of(root, "refund", payment="pi_1", currency="eur", amount=amount)

    assert f"'{amount}' is no sum of money; write it as in 1,250.50." in told
