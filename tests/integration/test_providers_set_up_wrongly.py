"""Keys that are revoked, models that are gone, providers that nobody set up: the product starts, and tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import frozen

from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.application import tasks
from billing_core.application.accepting import Asked
from billing_core.domain.admission import Wish
from billing_core.domain.errors import InsufficientCredits
from billing_core.domain.events import ProfileNoted
from billing_core.domain.generation import Generation, GenerationStatus
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.lifespan import OURS, opened, run_jobs
from billing_core.entrypoints.settings import from_environment, with_secrets
from billing_core.ports.commit import Commit
from billing_core.ports.notifier import Topic
from billing_core.testing.contracts.runner import until
from tests.pictures.chaos import CATALOG
from tests.provider.server import ImageServer

KEY = "sk-of-the-operator"
GPT, FLUX, PRO = "gpt-image-2", "black-forest-labs/FLUX-1-dev", "black-forest-labs/FLUX.1.1-pro"
ALL = {GPT: None, FLUX: None, PRO: None}


@frozen
class Product:
    """The product as it is served, with the words of a customer and of an operator."""

    container: Container

    async def asks(self, model: str = "sketch", account_id: str = "ann") -> Generation:
        return await self.container.accepting()(account_id, Asked(prompt="a lighthouse", wish=Wish(model=model)))

    async def ended(self, asked: Generation) -> Generation:
        """The generation, once it has ended."""
        generations = self.container.books().generations

        async def is_over() -> bool:
            found = await generations.get(asked.account_id, asked.id)
            return found is not None and found.status.is_terminal

        await until(is_over)
        found = await generations.get(asked.account_id, asked.id)
        assert found is not None
        return found

    async def kinds(self, wanted: int) -> list[str]:
        """The kinds of the incidents, as soon as there are so many."""
        incidents = self.container.books().incidents

        async def are_there() -> bool:
            return len(await incidents.open()) >= wanted

        await until(are_there)
        return sorted(incident.kind.value for incident in await incidents.open())

    async def available(self, account_id: str = "ann") -> int:
        account = await self.container.accounts().get(account_id)
        assert account.book.holds == ()
        available: int = account.book.available
        return available


@pytest.fixture
async def server() -> AsyncIterator[ImageServer]:
    server = ImageServer(models=dict(ALL), key=KEY)
    async with server.on_loopback():
        yield server


@asynccontextmanager
async def a_product(folder: Path, **environ: str) -> AsyncIterator[Product]:
    """Serving, with ten credits for Ann. What is under way at the end is dropped."""
    everything = {
        "BILLING_DATABASE_URL": f"sqlite:///{folder}/books.db",
        "BILLING_CATALOG": str(CATALOG),
        "BILLING_JWT_SECRET": "x" * 32,
        **environ,
    }
    async with opened(with_secrets(from_environment(everything)), OURS) as container:
        await container.adjusting()("ann", 9, reason="for this test")
        jobs = asyncio.create_task(run_jobs(container, frozenset(), asyncio.Event()))
        try:
            yield Product(container)
        finally:
            jobs.cancel()
            await asyncio.gather(jobs, return_exceptions=True)


async def test_with_all_in_order_pictures_are_made_and_nobody_is_told(server: ImageServer, tmp_path: Path) -> None:
    async with a_product(tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base) as product:
        made = await product.ended(await product.asks())

        assert (GenerationStatus.SUCCEEDED, 1, 1) == (made.status, made.charged, len(made.images))
        assert 9 == await product.available()
        assert [] == await product.kinds(0)


@pytest.mark.failure("F22")
async def test_with_a_revoked_key_it_starts_and_credits_go_back_and_a_person_is_told(
    server: ImageServer, tmp_path: Path
) -> None:
    server.key = "another"
    async with a_product(tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base) as product:
        assert ["model", "model", "model"] == await product.kinds(3)

        failed = await product.ended(await product.asks())

        assert failed.failure is not None
        assert (GenerationStatus.FAILED, "provider_misconfigured") == (failed.status, failed.failure.code)
        assert 10 == await product.available()
        assert ["image_provider", "model", "model", "model"] == await product.kinds(4)


@pytest.mark.failure("F22")
async def test_with_a_model_that_is_gone_only_its_pictures_fail(server: ImageServer, tmp_path: Path) -> None:
    del server.models[GPT]
    server.then("model_not_found")
    async with a_product(tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base) as product:
        gone = await product.ended(await product.asks("sketch"))
        made = await product.ended(await product.asks("photo"))

        assert (GenerationStatus.FAILED, GenerationStatus.SUCCEEDED) == (gone.status, made.status)
        assert ["image_provider", "model"] == await product.kinds(2)
        assert 10 - made.charged == await product.available()


@pytest.mark.failure("F22")
async def test_a_provider_that_is_not_set_up_fails_at_once_beside_one_that_is(
    server: ImageServer, tmp_path: Path
) -> None:
    async with a_product(tmp_path, DEEPINFRA_API_KEY=KEY, DEEPINFRA_BASE_URL=server.base) as product:
        assert ["model", "model"] == await product.kinds(2)

        failed = await product.ended(await product.asks("sketch"))
        made = await product.ended(await product.asks("photo"))

        assert (GenerationStatus.FAILED, GenerationStatus.SUCCEEDED) == (failed.status, made.status)
        assert 1 == len(server.calls)


@pytest.mark.failure("E8")
async def test_credits_for_one_picture_bring_one_call_however_many_ask_at_once(
    server: ImageServer, tmp_path: Path
) -> None:
    """Three a picture: ten credits are enough for three, so seven are spent first."""
    async with a_product(tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base) as product:
        await product.container.adjusting()("ann", -7, reason="leaves three")

        asked = await asyncio.gather(*(product.asks("photo") for _ in range(10)), return_exceptions=True)

        accepted = [each for each in asked if isinstance(each, Generation)]
        assert 9 == sum(isinstance(each, InsufficientCredits) for each in asked)
        assert GenerationStatus.SUCCEEDED is (await product.ended(accepted[0])).status
        assert (1, 0) == (len(server.calls), await product.available())


async def test_pictures_that_take_for_ever_hold_up_no_other_job(server: ImageServer, tmp_path: Path) -> None:
    server.slow_s = 3_600
    server.always("slow")
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base, "BILLING_IMAGE_CONCURRENCY": "2"}
    async with a_product(tmp_path, **environ) as product:
        for _ in range(9):
            await product.asks()
        await until(lambda: server.at_work == 2)

        told = tasks.notify("ann", Topic.TRIAL_ENDING, "the trial's end", {"ends_at": "2026-01-08"})
        named = ProfileNoted(at=product.container.clock().now(), email="ann@app.example", name="Ann")
        await product.container.accounts().change("ann", lambda _: Commit(None, (named,), (told,)))

        notifier = product.container.notifier()
        assert isinstance(notifier, MemoryNotifier)
        await until(lambda: len(notifier.sent) == 1)
        assert (2, 2) == (server.at_work, server.most_at_work)
