"""Canceling a generation: possible until its work begins, and the hold knows when that was."""

from typing import Any

import pytest
from attrs import evolve

from billing_core.application.errors import GenerationNotFound
from billing_core.domain.account_at import at
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.ports.errors import Unavailable
from tests.shops.use_case import Shop


@pytest.fixture
def shop() -> Shop:
    """Everybody has ten free credits, and a free picture costs one."""
    return Shop()


async def test_one_that_waits_can_be_canceled(shop: Shop) -> None:
    accepted = await shop.accepted()

    canceled = await shop.use.canceling_generation()("ann", accepted.id)
    await shop.work()

    assert (canceled.status, canceled.ended_at) == (GenerationStatus.CANCELED, shop.clock.now())
    assert (await shop.available(), shop.painter.asked) == (10, [])
    await shop.proven()


async def test_one_that_has_ended_cannot_be_canceled(shop: Shop) -> None:
    done = await shop.generated()

    with pytest.raises(IllegalTransition):
        await shop.use.canceling_generation()("ann", done.id)
    assert await shop.available() == 9


async def test_one_that_runs_cannot_be_canceled(shop: Shop) -> None:
    shop.painter.told = [Unavailable("the image provider")]
    running = await shop.generated()

    with pytest.raises(IllegalTransition):
        await shop.use.canceling_generation()("ann", running.id)


async def test_what_is_anothers_cannot_be_canceled(shop: Shop) -> None:
    accepted = await shop.accepted()

    with pytest.raises(GenerationNotFound):
        await shop.use.canceling_generation()("bob", accepted.id)


async def test_work_that_has_begun_cannot_be_canceled_even_where_the_row_was_read_as_queued(shop: Shop) -> None:
    """The hold decides, not the row: the two may be read at different moments."""
    accepted = await shop.accepted()
    refused: list[str] = []

    async def cancel_meanwhile() -> None:
        held = at(await shop.accounts.get("ann"), shop.clock.now(), shop.catalog)
        with pytest.raises(IllegalTransition) as told:
            held.call_off(accepted.id)
        refused.append(str(told.value))

    shop.painter.told = [cancel_meanwhile]
    await shop.work()

    assert refused == ["cannot cancel while running"]
    assert (await shop.generation(accepted)).status is GenerationStatus.SUCCEEDED


async def test_a_cancellation_that_comes_too_late_is_refused(shop: Shop) -> None:
    """It was queued when it was looked at, and done when it was to be canceled."""
    accepted = await shop.accepted()
    cancel = shop.use.canceling_generation()

    class Late:
        def __init__(self) -> None:
            self.looks = 0

        async def get(self, account_id: str, generation_id: str) -> Generation | None:
            found = await shop.memory.generations.get(account_id, generation_id)
            self.looks += 1
            if self.looks == 1:
                await shop.work()
            return found

    late: Any = Late()
    with pytest.raises(IllegalTransition):
        await evolve(cancel, generations=late)("ann", accepted.id)

    assert ((await shop.generation(accepted)).status, await shop.available()) == (GenerationStatus.SUCCEEDED, 9)
