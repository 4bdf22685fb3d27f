"""The pytest plugin: `billing`, `clock`, `gateway` and `images` for every test that names them.

Nothing is configured, and nothing is imported before a test asks. The fixtures are sync, so they serve sync tests that
run a loop of their own as well as async ones under pytest-asyncio or anyio (its asyncio backend).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from billing_core import Billing
    from billing_core.testing.bench import Bench
    from billing_core.testing.chaos import Faults
    from billing_core.testing.clock import VirtualClock
    from billing_core.testing.hands import Hands
    from billing_core.testing.images import PlainImages

pytest.register_assert_rewrite("billing_core.testing.contracts")


@pytest.fixture
def billing_catalog() -> str | Path | None:
    """What is sold. Override it with the path of your catalog file, or with its text."""
    return None


@pytest.fixture
def billing_start() -> datetime:
    """When the test begins. Override it with any aware datetime."""
    from billing_core.testing.bench import START  # noqa: PLC0415 - late on purpose: see above

    return START


@pytest.fixture
def billing_chaos() -> Faults | None:
    """What goes wrong: nothing. Override it with `Faults(seed=…)`."""
    return None


@pytest.fixture
def billing_bench(
    billing_catalog: str | Path | None, billing_start: datetime, billing_chaos: Faults | None
) -> Iterator[Bench]:
    """All of it in one object, with `notices` and the `container` of its parts."""
    from billing_core.testing.bench import billing_for_tests  # noqa: PLC0415 - late on purpose: see above

    opening = billing_for_tests(catalog=billing_catalog, start=billing_start, chaos=billing_chaos)
    loop = asyncio.new_event_loop()  # only opens and closes; between the two, the test's own loop runs
    try:
        yield loop.run_until_complete(opening.__aenter__())
        loop.run_until_complete(opening.__aexit__(None, None, None))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture
def billing(billing_bench: Bench) -> Billing:
    """The product on books in memory, with a simulated Stripe in process."""
    return billing_bench.billing


@pytest.fixture
def clock(billing_bench: Bench) -> VirtualClock:
    """Its time, which stands still until `await clock.advance(months=1)` or `await clock.settle()`."""
    return billing_bench.clock


@pytest.fixture
def gateway(billing_bench: Bench) -> Hands:
    """What customers and banks do at the simulated Stripe: subscribe, pay, decline, refund, dispute."""
    return billing_bench.gateway


@pytest.fixture
def images(billing_bench: Bench) -> PlainImages:
    """The image generator: what it was asked for, and how it is told to fail."""
    return billing_bench.images
