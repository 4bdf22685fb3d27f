"""The whole product for code without `async`: the same verbs, which return when they are done."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from billing_core import Billing, BlockingBilling
from billing_core.domain.errors import InsufficientCredits
from billing_core.entrypoints.environment import SettingsError
from billing_core.testing.images import PlainImages
from tests.shops.use_case import GOOD

NOT_FOR_BLOCKING = {"behind", "work"}
"""An ASGI app and a worker run on event loops of their own."""

TO_THE_END = """
import atexit
from contextlib import ExitStack
from billing_core import BlockingBilling
closing = ExitStack()
atexit.register(closing.close)
billing = closing.enter_context(BlockingBilling.open("sqlite:///billing.db"))
print(billing.credits("ada").available)
"""


@pytest.fixture(scope="module")
def opened() -> Iterator[BlockingBilling]:
    with BlockingBilling.open(images=PlainImages()) as billing:
        yield billing


def test_it_has_every_verb_of_billing_with_the_same_arguments() -> None:
    for name in {name for name in vars(Billing) if not name.startswith("_")} - NOT_FOR_BLOCKING - {"use_cases"}:
        ours = inspect.getattr_static(BlockingBilling, name)
        if not isinstance(ours, property):
            expected = inspect.signature(getattr(Billing, name)).parameters
            assert expected.keys() == inspect.signature(getattr(BlockingBilling, name)).parameters.keys(), name


def test_work_that_is_done_is_paid_for(opened: BlockingBilling) -> None:
    with opened.spend("ann", credits=4, reason="an essay") as hold:
        assert (hold.amount, opened.credits("ann").held) == (4, 4)

    assert (opened.credits("ann").available, opened.credits("ann").held) == (6, 0)


def test_work_that_raises_costs_nothing_and_its_error_comes_through(opened: BlockingBilling) -> None:
    with pytest.raises(ZeroDivisionError), opened.spend("bob", credits=4, reason="an essay"):
        raise ZeroDivisionError

    assert opened.credits("bob").available == 10


def test_a_denial_is_the_same_error(opened: BlockingBilling) -> None:
    with pytest.raises(InsufficientCredits), opened.spend("cid", credits=100, reason="a poster"):
        pytest.fail("never reached")


def test_a_checkout_is_paid_and_a_picture_made(opened: BlockingBilling) -> None:
    started = opened.checkout("dan", tier="basic", email="dan@app.example")
    paid = opened.call(opened.simulation.pay, started.session_id, GOOD)
    picture = opened.generate("dan", "a lighthouse", wait=timedelta(seconds=20))

    assert ("succeeded", "basic") == (paid.status, opened.subscription("dan").tier)
    assert 1 == len(picture.images)


def test_threads_spend_what_there_is_and_no_more(opened: BlockingBilling) -> None:
    def spend(_: int) -> int:
        try:
            with opened.spend("eve", credits=1, reason="a word"):
                return 1
        except InsufficientCredits:
            return 0

    with ThreadPoolExecutor(8) as threads:
        spent = sum(threads.map(spend, range(24)))

    assert (10, 0) == (spent, opened.credits("eve").available)


def test_it_opens_what_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", "memory://")
    with BlockingBilling.from_environment() as billing:
        assert billing.credits("ann").available == 10


def test_what_cannot_be_opened_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", "mysql://db")
    with pytest.raises(SettingsError), BlockingBilling.from_environment():
        pytest.fail("never reached")


def test_it_may_stay_open_to_the_end_of_the_process(tmp_path: Path) -> None:
    """When the interpreter calls what is to be done at the end, it takes no more work for pools of threads."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", TO_THE_END], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (0, "10\n", "") == (ran.returncode, ran.stdout, ran.stderr)
