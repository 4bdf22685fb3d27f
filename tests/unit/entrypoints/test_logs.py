"""One line for each event, with its request, and nothing secret in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field

from billing_core.entrypoints.logs import REQUEST_ID, Tell, logging_to
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.sight_settings import SightSettings

SECRET = "the-key-of-the-tokens"


@define
class Log:
    """What was logged, and the way to tell of a request."""

    stream: io.StringIO = field(factory=io.StringIO)

    def begin(self, **wanted: Any) -> Tell:
        return logging_to(self.stream, Settings(jwt_secret=SECRET, sight=SightSettings(**wanted)))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """The loggers of the process are put back as they were."""
    root, every = logging.getLogger(), logging.Logger.manager.loggerDict
    before = root.level, list(root.handlers)
    levels = {name: logger.level for name, logger in every.items() if isinstance(logger, logging.Logger)}
    yield Log()
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name, logger in every.items():
        if isinstance(logger, logging.Logger):
            logger.setLevel(levels.get(name, logging.NOTSET))


def test_a_request_is_one_line(log: Log) -> None:
    log.begin()("request", route="/health", status=200)

    (line,) = log.lines
    assert line.pop("timestamp").endswith("+00:00")
    assert {"event": "request", "level": "info", "route": "/health", "status": 200} == line


def test_what_the_standard_library_logs_is_a_line_of_the_same_shape(log: Log) -> None:
    log.begin()
    logging.getLogger("billing_core.anything").warning("%s of %s", 1, "two", extra={"job_id": 7})

    (line,) = log.lines
    assert ("1 of two", "warning", "billing_core.anything", 7) == tuple(
        line[key] for key in ("event", "level", "logger", "job_id")
    )


def test_a_line_names_the_request_that_it_belongs_to(log: Log) -> None:
    tell = log.begin()
    before = REQUEST_ID.set("abc-1")
    tell("request")
    logging.getLogger("billing_core").error("failed")
    REQUEST_ID.reset(before)
    logging.getLogger("billing_core").error("failed outside")

    assert ["abc-1", "abc-1", None] == [line.get("request_id") for line in log.lines]


def test_no_line_holds_a_secret_wherever_it_stands(log: Log) -> None:
    tell = log.begin()
    tell(SECRET, **{"account_id": f"x {SECRET}", SECRET: [SECRET]})
    logging.getLogger("billing_core").error("no %s", SECRET, extra={"about": {"key": SECRET}})
    try:
        raise ValueError(f"bad {SECRET}") from KeyError("ann@shop.example")
    except ValueError:
        logging.getLogger("billing_core").exception("failed")

    assert 3 == len(log.lines)
    assert SECRET not in log.stream.getvalue()
    assert "ann@" not in log.stream.getvalue()


def test_an_exception_is_told_by_its_kind_what_it_says_first_and_where_it_came_from(log: Log) -> None:
    log.begin()
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second\n[parameters: what was sent]") from error
    except ValueError:
        logging.getLogger("billing_core").exception("failed")

    told = log.lines[0]["exception"]
    assert ["ValueError: second", "KeyError: 'first'"] == [line for line in told.splitlines() if line[0] != " "]
    assert __name__ in told
    assert "what was sent" not in log.stream.getvalue()


@pytest.mark.parametrize(("level", "told"), [("info", 2), ("warning", 1), ("error", 0)])
def test_what_is_below_the_level_is_left_out(log: Log, level: str, told: int) -> None:
    tell = log.begin(level=level)
    tell("request")
    logging.getLogger("billing_core").warning("odd")

    assert told == len(log.lines)


def test_libraries_that_log_what_they_send_are_quiet_even_where_everything_is_asked_for(log: Log) -> None:
    log.begin(level="debug")
    logging.getLogger("billing_core").debug("ours")
    logging.getLogger("httpx").info("GET https://a.example/?key=b")
    logging.getLogger("sqlalchemy.engine").debug("what was written")

    assert ["ours"] == [line["event"] for line in log.lines]


def test_people_may_have_text(log: Log) -> None:
    log.begin(format="text")("request", route="/health", account_id=SECRET)

    text = log.stream.getvalue()
    assert "route=/health" in text
    assert SECRET not in text
