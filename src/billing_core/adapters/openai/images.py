"""An ImageGenerator at OpenAI, and at whoever speaks as OpenAI does."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import chain
from textwrap import shorten
from typing import Any, TypeVar

import openai
from attrs import frozen

from billing_core.adapters.openai.answers import Answer, Item, picture_of, read_answer
from billing_core.adapters.openai.failures import BROKEN, failure_of, worst
from billing_core.adapters.openai.fetching import Fetch, Forbidden, NotFetched
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.providers import Provider, Providers
from billing_core.adapters.openai.requests import parameters, shares
from billing_core.adapters.openai.streaming import read_stream
from billing_core.adapters.pictures.reading import NotAPicture, read_picture
from billing_core.domain.catalog import Model
from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import Misconfigured
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched

T = TypeVar("T")
EVENTS = "text/event-stream"
LONGEST_ID = 255


@frozen(kw_only=True)
class OpenAIImages:
    """Asks the provider that the catalog names for the model, once, and never again by itself: pictures are billed, and
    no provider knows a request again.

    A provider that makes fewer pictures in a call than are wanted is called several times at once. What came is kept,
    whatever became of the others; where nothing came, the failures' own order of precedence decides. Unfinished
    pictures come of a request for a single one, at a provider that shows them.
    """

    providers: Providers
    models: Mapping[str, Model]
    fetch: Fetch
    limits: Limits = Limits()

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """Raises ImageRefused, Unavailable, Misconfigured, OutcomeUnknown."""
        model = self.models.get(request.model)
        if model is None:
            raise Misconfigured(request.model, "the catalog does not say who makes pictures with this model")
        provider = self.providers.of(model)
        calls = [self._made(request, model, provider, n, watch) for n in shares(request.n, provider.quirks.most)]
        made = await _what_came(calls)
        return Made(
            pictures=tuple(chain.from_iterable(each.pictures for each in made)),
            provider_request_id=_ids(each.provider_request_id for each in made),
            input_tokens=_sum(each.input_tokens for each in made),
            output_tokens=_sum(each.output_tokens for each in made),
        )

    async def _made(self, request: ImageRequest, model: Model, provider: Provider, n: int, watch: Watch) -> Made:
        """What came of one call."""
        asked = provider.asked
        # OpenAI and Azure stream a single picture only.
        streams = n == request.n == 1 and provider.quirks.partials > 0 and watch is not unwatched
        said = parameters(request, model, provider.quirks, n=n, streams=streams)
        within = self.limits.answer_within(request.quality)
        try:
            async with asyncio.timeout(within):
                id_, answer = await self._answer(provider, said.known, said.extra, watch)
        except (openai.OpenAIError, *BROKEN) as error:
            failure = failure_of(error, asked)
        else:
            return await self._read(id_, answer, provider, n)
        raise failure  # out here, where it has no context: that would carry the request, and with it the key

    async def _read(self, id_: str | None, answer: Answer, provider: Provider, n: int) -> Made:
        """The pictures of one answer, never more than it was asked for, and what it cost."""
        pictures = await _what_came([self._picture(item, provider) for item in answer.items[:n]])
        return Made(
            pictures=tuple(pictures),
            provider_request_id=id_,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
        )

    async def _answer(
        self, provider: Provider, known: Mapping[str, Any], extra: Mapping[str, object], watch: Watch
    ) -> tuple[str | None, Answer]:
        """The provider's id of the request, and its answer: a stream, or the JSON of those who ignore that wish."""
        raw = await provider.client.images.with_raw_response.generate(**known, extra_body=extra)
        response = raw.http_response
        try:
            if "stream" in known and response.headers.get("content-type", "").startswith(EVENTS):
                async with aclosing(response.aiter_bytes()) as parts:
                    return raw.request_id, await read_stream(parts, watch, provider.asked)
            return raw.request_id, read_answer(await response.aread(), provider.asked)
        finally:
            await response.aclose()

    async def _picture(self, item: Item, provider: Provider) -> Picture:
        """Raises OutcomeUnknown for what is no picture or cannot be got: it was made and billed. Raises Misconfigured
        for a URL that we do not follow, since the next one would lead there too."""
        try:
            if item.b64:
                return await picture_of(item.b64)
            content = await self.fetch.get(item.url, own=provider.base_url, hosts=provider.quirks.picture_hosts)
            return await asyncio.to_thread(read_picture, content)
        except Forbidden as error:
            raise Misconfigured(provider.name, str(error)) from None
        except (NotAPicture, NotFetched):
            raise provider.asked.unknown() from None


async def _what_came(calls: Sequence[Awaitable[T]]) -> Sequence[T]:
    """What the calls bring, all made at once, without those that fail. Raises the worst failure where all do."""
    ended = await asyncio.gather(*calls, return_exceptions=True)
    came: list[T] = []
    failures: list[PortFailure] = []
    for each in ended:
        if isinstance(each, PortFailure):
            failures.append(each)
        elif isinstance(each, BaseException):
            raise each
        else:
            came.append(each)
    if not came:
        raise worst(failures)
    return came


def _ids(ids: Iterable[str | None]) -> str | None:
    """The provider's ids of the requests, as many as a column holds."""
    return shorten(", ".join(each for each in ids if each), LONGEST_ID, placeholder=" …").strip() or None


def _sum(counts: Iterable[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
