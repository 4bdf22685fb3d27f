"""What every ModelWatch does."""

import asyncio
from collections.abc import Sequence

import pytest

from billing_core.ports.model_watch import ModelWatch


class ModelWatchContract:
    """Subclass it and give the fixtures `watch`, and `models`: the keys of the catalog that it watches, in order."""

    @pytest.fixture
    def watch(self) -> ModelWatch:
        raise NotImplementedError("give the watch that is to be tried")

    @pytest.fixture
    def models(self) -> Sequence[str]:
        raise NotImplementedError("give the keys of the models that it watches")

    async def test_each_model_is_told_of_once_in_the_order_of_the_catalog(
        self, watch: ModelWatch, models: Sequence[str]
    ) -> None:
        assert [standing.model for standing in await watch.standings()] == list(models)

    async def test_asked_several_times_at_once_it_answers_alike(self, watch: ModelWatch) -> None:
        first, second, third = await asyncio.gather(*(watch.standings() for _ in range(3)))

        assert first == second == third
