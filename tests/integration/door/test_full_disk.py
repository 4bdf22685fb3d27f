"""A log that cannot be written takes nobody's answer away."""

import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.sight import Sight
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.logs import logging_to
from tests.shops.http import SETTINGS, Shop

FULL = Path("/dev/full")  # a disk without room, which Linux has


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """Standard error on a disk without room. Logging is as before afterwards."""
    root, every = logging.getLogger(), logging.Logger.manager.loggerDict
    loggers = [root, *(logger for logger in every.values() if isinstance(logger, logging.Logger))]
    handlers, levels = list(root.handlers), [logger.level for logger in loggers]
    stream = FULL.open("w", buffering=1)
    monkeypatch.setattr(sys, "stderr", stream)
    yield stream
    monkeypatch.undo()
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    with suppress(OSError):
        stream.close()


@pytest.mark.failure("D4")
async def test_who_asks_is_answered_though_no_line_can_be_written(full: TextIO) -> None:
    tell = logging_to(full, SETTINGS)
    with pytest.raises(OSError, match="No space left"):
        tell("request")
    app = build_app(SETTINGS, lambda: running(SETTINGS), sight=Sight(tell=tell))
    async with AsyncTestClient(app) as client:
        shop = Shop(client)
        await shop.subscribe("ann")
        made = await shop.generate("ann")
        for number in range(100):
            logging.getLogger("billing_core").error("line %s", number)
        credits = await shop.get("/credits", "ann")

    assert "succeeded" == made["status"]
    assert credits["available"] > 0
