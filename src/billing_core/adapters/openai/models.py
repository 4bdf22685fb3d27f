"""Whether the providers still make pictures with the catalog's models."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import openai
from attrs import frozen

from billing_core.adapters.openai.failures import BROKEN
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.providers import Provider, Providers
from billing_core.domain.catalog import Model
from billing_core.ports.clock import Clock
from billing_core.ports.errors import Misconfigured
from billing_core.ports.model_watch import ModelProblem, ModelStanding

NOT_LISTED = (404, 405, 501)  # it lists no models
KEY_REFUSED = (401, 403)


@frozen
class Listed:
    """What a provider told: its models by name, each with its end where it has one; or why it told nothing."""

    models: Mapping[str, datetime | None]
    problem: ModelProblem | None = None


@frozen(kw_only=True)
class OpenAIModels:
    """A ModelWatch: each provider that some model needs is asked for its list, all at once. Asking costs nothing."""

    providers: Providers
    models: Mapping[str, Model]
    clock: Clock
    limits: Limits = Limits()

    async def standings(self) -> tuple[ModelStanding, ...]:
        found = {model.key: self._provider(model) for model in self.models.values()}
        asked = {each.name: each for each in found.values() if each is not None}
        told = dict(zip(asked, await asyncio.gather(*(self._listed(each) for each in asked.values())), strict=True))
        return tuple(self._standing(model, found[model.key], told) for model in self.models.values())

    def _provider(self, model: Model) -> Provider | None:
        try:
            return self.providers.of(model)
        except Misconfigured:
            return None

    def _standing(self, model: Model, provider: Provider | None, told: Mapping[str, Listed]) -> ModelStanding:
        def standing(problem: ModelProblem | None, retires_at: datetime | None = None) -> ModelStanding:
            return ModelStanding(
                model=model.key, provider=model.provider, name=model.name, problem=problem, retires_at=retires_at
            )

        if provider is None:
            return standing(ModelProblem.NOT_SET_UP)
        listed = told[provider.name]
        if listed.problem is not None:
            return standing(listed.problem)
        if model.name not in listed.models:
            is_gone = provider.quirks.lists_images and bool(listed.models)
            return standing(ModelProblem.UNKNOWN if is_gone else None)
        ends = listed.models[model.name]
        return standing(ModelProblem.RETIRED if ends is not None and ends <= self.clock.now() else None, ends)

    async def _listed(self, provider: Provider) -> Listed:
        try:
            async with asyncio.timeout(self.limits.listing_s):
                raw = await provider.client.models.with_raw_response.list()
                return Listed(_named(raw.content))
        except openai.APIStatusError as error:
            if error.status_code in NOT_LISTED:
                return Listed({})
            is_of_key = error.status_code in KEY_REFUSED
            return Listed({}, ModelProblem.KEY_REFUSED if is_of_key else ModelProblem.UNREACHABLE)
        except (openai.OpenAIError, *BROKEN):
            return Listed({}, ModelProblem.UNREACHABLE)


def _named(content: bytes) -> Mapping[str, datetime | None]:
    """The models in the list, which some give bare and some within `data`. What is no list has none."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    listed = body.get("data") if isinstance(body, dict) else body
    found = (each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))
    return {each["id"]: _moment(each.get("shutdown_date")) for each in found if isinstance(each.get("id"), str)}


def _moment(said: object) -> datetime | None:
    """When a model ends: a date, or a moment, as ISO 8601 writes them; what has no time zone is UTC."""
    if not isinstance(said, str):
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
