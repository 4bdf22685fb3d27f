"""OpenAIModels: how the catalog's models stand, by the lists that providers give."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.models import OpenAIModels
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.system import FixedClock
from billing_core.domain.catalog import Model
from billing_core.ports.model_watch import ModelProblem, ModelStanding, ModelWatch
from billing_core.testing.contracts.model_watch import ModelWatchContract
from tests.provider.asking import KEY, models_of
from tests.provider.server import ImageServer

NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)


@asynccontextmanager
async def watching(server: ImageServer, *names: str, limits: Limits | None = None) -> AsyncIterator[OpenAIModels]:
    limits = limits or Limits()
    async with server.on_loopback() as base:
        models = models_of(*names)
        async with openai_images({name: Access(KEY, base) for name in names}, models) as images:
            yield OpenAIModels(providers=images.providers, models=models, clock=FixedClock(NOW), limits=limits)


def standing(name: str, problem: ModelProblem | None = None, retires_at: datetime | None = None) -> ModelStanding:
    return ModelStanding(model=name, provider=name, name=f"studio/{name}-1", problem=problem, retires_at=retires_at)


async def standings(server: ImageServer, *names: str) -> Sequence[ModelStanding]:
    async with watching(server, *names) as watch:
        return await watch.standings()


class TestOpenAIModels(ModelWatchContract):
    @pytest.fixture
    async def watch(self) -> AsyncIterator[ModelWatch]:
        async with watching(ImageServer(), "openai", "together") as watch:
            yield watch

    @pytest.fixture
    def models(self) -> Sequence[str]:
        return ("openai", "together")


@pytest.mark.parametrize("models_as", ["well", "bare"])
async def test_a_model_that_is_listed_stands_well(models_as: str) -> None:
    server = ImageServer(models={"studio/together-1": None, "other": None}, models_as=models_as)

    assert (standing("together"),) == await standings(server, "together")


@pytest.mark.parametrize(
    ("said", "at", "problem"),
    [
        ("2026-10-23", datetime(2026, 10, 23, tzinfo=UTC), ModelProblem.RETIRED),
        ("2026-10-24", datetime(2026, 10, 24, tzinfo=UTC), None),
        ("2026-10-23T14:00:00+02:00", datetime(2026, 10, 23, 12, tzinfo=UTC), ModelProblem.RETIRED),
        ("2026-10-23T12:00:01Z", datetime(2026, 10, 23, 12, 0, 1, tzinfo=UTC), None),
        ("soon", None, None),
    ],
)
async def test_the_end_of_a_model_is_told_before_and_after(
    said: str, at: datetime | None, problem: ModelProblem | None
) -> None:
    server = ImageServer(models={"studio/openai-1": said})

    assert (standing("openai", problem, at),) == await standings(server, "openai")


async def test_a_model_that_is_no_longer_listed_is_unknown_where_the_list_is_of_all() -> None:
    server = ImageServer(models={"another": None})

    assert (standing("openai", ModelProblem.UNKNOWN), standing("deepinfra")) == await standings(
        server, "openai", "deepinfra"
    )


@pytest.mark.parametrize("models_as", ["model_not_found", "html_page", "json_list", "malformed_json", "well"])
async def test_who_lists_no_models_has_no_unknown_ones(models_as: str) -> None:
    assert (standing("openai"),) == await standings(ImageServer(models_as=models_as), "openai")


async def test_a_key_that_is_refused_is_told_for_each_of_its_models() -> None:
    server = ImageServer(key="another key")

    assert (standing("openai", ModelProblem.KEY_REFUSED),) == await standings(server, "openai")


@pytest.mark.parametrize(
    "models_as", ["error_500", "disconnect", "half_a_body", "rate_limited", "slow", "huge", "endless_error"]
)
async def test_who_does_not_answer_is_out_of_reach(models_as: str) -> None:
    server = ImageServer(models_as=models_as, slow_s=30)

    async with watching(server, "openai", limits=Limits(listing_s=1)) as watch:
        found = await watch.standings()

    assert (standing("openai", ModelProblem.UNREACHABLE),) == found


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1/v1", "gopher://studio.example", "studio.example"])
@pytest.mark.parametrize("key", [KEY, "sk-ключ"])
async def test_what_cannot_be_asked_is_out_of_reach(base_url: str, key: str) -> None:
    models = models_of("openai")

    async with openai_images({"openai": Access(key, base_url)}, models) as images:
        watch = OpenAIModels(providers=images.providers, models=models, clock=FixedClock(NOW))
        assert (standing("openai", ModelProblem.UNREACHABLE),) == await watch.standings()


async def test_a_provider_without_an_access_is_not_set_up_and_the_others_are_asked() -> None:
    server = ImageServer(models={"studio/openai-1": None})
    models = {"azure": Model("azure", "azure", "studio/azure-1"), **models_of("openai")}

    async with (
        server.on_loopback() as base,
        openai_images({"openai": Access(KEY, base)}, models) as images,
    ):
        watch = OpenAIModels(providers=images.providers, models=models, clock=FixedClock(NOW))
        assert (standing("azure", ModelProblem.NOT_SET_UP), standing("openai")) == await watch.standings()


async def test_a_provider_of_several_models_is_asked_once() -> None:
    server = ImageServer(models={"pen-1": None, "pen-2": "2026-01-01"})
    models = {key: Model(key, "openai", key) for key in ("pen-1", "pen-2", "pen-3")}

    async with (
        server.on_loopback() as base,
        openai_images({"openai": Access(KEY, base)}, models) as images,
    ):
        watch = OpenAIModels(providers=images.providers, models=models, clock=FixedClock(NOW))
        found = await watch.standings()

    assert [None, ModelProblem.RETIRED, ModelProblem.UNKNOWN] == [each.problem for each in found]
    assert 1 == server.listed
