"""A key is kept for a day, and is a new one then."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from billing_core.application import tasks
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.lifespan import OURS, handlers, opened, use_cases_of
from billing_core.entrypoints.use_cases import UseCases
from tests.shops.http import SETTINGS, Shop

AN_HOUR = timedelta(hours=1)
KEY = {"Idempotency-Key": "ann-1"}
ASKED = [
    ("/credits/holds", {"amount": 2, "reason": "upscale"}, {"amount": 3, "reason": "upscale"}),
    ("/subscriptions/checkout", {"tier": "basic"}, {"tier": "premium"}),
]
Later = Callable[[timedelta], Awaitable[None]]


@pytest.fixture
async def served() -> AsyncIterator[tuple[Shop, Later]]:
    """The server, whose jobs run only when the hour has come that the test lets come."""
    containers: list[Container] = []

    @asynccontextmanager
    async def without_jobs() -> AsyncIterator[UseCases]:
        async with opened(SETTINGS, OURS) as container:
            containers.append(container)
            yield use_cases_of(container, None)

    async with AsyncTestClient(build_app(SETTINGS, without_jobs)) as client:
        (container,) = containers

        async def later(by: timedelta) -> None:
            client.app.state.opened.use_cases.clock.advance(by)
            await handlers(container)[tasks.FORGET]({})

        yield Shop(client), later


@pytest.mark.failure("E7")
@pytest.mark.parametrize(("path", "body", "other"), ASKED)
async def test_a_key_is_kept_for_a_day(served: tuple[Shop, Later], path: str, body: Any, other: Any) -> None:
    shop, later = served
    first = await shop.ask("POST", path, json=body, headers=KEY)
    await later(23 * AN_HOUR)
    again = await shop.ask("POST", path, json=body, headers=KEY)
    refused = await shop.ask("POST", path, json=other, headers=KEY)

    assert named(again) == named(first)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.failure("E7")
@pytest.mark.parametrize(("path", "body", "other"), ASKED)
async def test_a_key_of_yesterday_is_a_new_one(served: tuple[Shop, Later], path: str, body: Any, other: Any) -> None:
    shop, later = served
    answers = []
    for asked in (body, body, other):
        answers += [await shop.ask("POST", path, json=asked, headers=KEY) for _ in range(2)]
        await later(25 * AN_HOUR)

    names = [named(answer) for answer in answers]
    assert names[::2] == names[1::2]
    assert len(set(names)) == 3


def named(answer: Response) -> str:
    """What was made."""
    assert answer.status_code in {201, 202}, answer.text
    told = answer.json()
    return str(told.get("id") or told["session_id"])
