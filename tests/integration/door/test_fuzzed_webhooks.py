"""Whatever is posted to the webhook's route, it is taken, refused, or too large."""

import logging
import time
from collections import Counter
from random import Random

import click
import pytest
from litestar import Litestar
from litestar.types import HTTPReceiveMessage, Message

from billing_core.entrypoints.http.opening import Opened
from tests.fuzz.webhooks import PATH, Posted, Poster, genuine
from tests.integration.door.test_every_event import kept, surprises
from tests.shops.http import SETTINGS

BOOKS = 2_000
SHORT, LONG = BOOKS, 125 * BOOKS


async def answered(app: Litestar, posted: Posted) -> int:
    """The status. Raises AssertionError where the answer is not one whole one."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH.decode(),
        "raw_path": PATH,
        "query_string": posted.query,
        "root_path": "",
        "headers": [(b"host", b"shop"), *posted.headers],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
        "state": {},
        "extensions": {},
    }
    pieces, sent = list(posted.pieces), list[Message]()

    async def receive() -> HTTPReceiveMessage:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    start, *bodies = sent
    assert start["type"] == "http.response.start"
    assert [body.get("more_body", False) for body in bodies] == [False]
    return start["status"]


@pytest.mark.failure("E1", "E2", "E3")
@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
async def test_each_input_is_taken_refused_or_too_large(
    open_app: Litestar, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """The books know the customers of the events, and are new now and then: they are in memory."""
    dice, answers, wrong, surprised = Random(count), Counter[int](), list[tuple[int, Posted]](), list[str]()
    began_s = time.monotonic()
    for _ in range(count // BOOKS):
        async with open_app.lifespan():
            opened: Opened = open_app.state.opened
            state = await kept(opened.use_cases.receiving, [event["data"]["object"] for event in genuine()])
            poster = Poster(dice, SETTINGS.webhook_secrets[0].encode(), int(time.time()))
            for posted in poster.requests(BOOKS):
                status = await answered(open_app, posted)
                answers[status] += 1
                if status not in {200, 400, 413}:
                    wrong.append((status, posted))
            surprised += surprises(state)

    click.echo(f"{count} inputs in {time.monotonic() - began_s:.0f} s, by status: {dict(sorted(answers.items()))}")
    assert [] == wrong
    assert [] == surprised
    assert all(answers[status] > 0 for status in (200, 400, 413))
    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]
