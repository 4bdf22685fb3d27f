"""How far a generation has come: as a stream of events, and its unfinished pictures."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from attrs import evolve
from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from billing_core.application.errors import GenerationNotFound
from billing_core.application.progress import END, Step
from billing_core.domain.generation import Generation, Partial
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import AUTH, OPTIONAL, SCOPE, Caller
from billing_core.entrypoints.http.images import headers_of, picture
from billing_core.entrypoints.http.refusals import Unauthorized
from billing_core.entrypoints.http.shapes import generation_of, problems
from billing_core.entrypoints.http.signing import Links
from billing_core.entrypoints.http.streams import HEARTBEAT, EventStream, event, retrying_after
from billing_core.ports.api_keys import Scope
from billing_core.ports.clock import Clock

COME_BACK_AFTER = timedelta(seconds=1)
EVENTS = "text/event-stream"
EXAMPLE = """retry: 1000

id: 0.0
event: status
data: {"status":"queued","attempt":0}

id: 1.0
event: status
data: {"status":"running","attempt":1}

id: 1.1
event: partial
data: {"attempt":1,"number":1,"url":"…","width":1024,"height":1024,"format":"png", …}

id: end
event: done
data: {"id":"gen_…","status":"succeeded", …}
"""

Token = Annotated[str | None, QueryParameter(max_length=4096)]


class StatusShape(msgspec.Struct, kw_only=True):
    """`attempt` counts from 1; 0 while it waits."""

    status: str
    attempt: int


class PartialShape(msgspec.Struct, kw_only=True):
    """An unfinished picture: the `number`th of its attempt. `url` needs no token until `url_expires_at`, and leads
    nowhere once the generation is done."""

    attempt: int
    number: int
    url: str
    url_expires_at: datetime | None
    width: int
    height: int
    format: str


class Progress(Controller):
    """`/generations/{id}/…`"""

    path = "/generations/{generation_id:str}"
    opt = {AUTH: OPTIONAL, SCOPE: Scope.READ}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Generations",)

    @get(
        "/events",
        responses={
            200: ResponseSpec(str, generate_examples=False, description=f"```\n{EXAMPLE}```", media_type=EVENTS),
            204: ResponseSpec(None, description="The last event has been seen: do not come back"),
            **problems(401, 404, 422, 429),
        },
    )
    async def events(
        self,
        *,
        request: Request[Any, Any, Any],
        generation_id: FromPath[str],
        generations: given.Generations,
        watching: given.Watching,
        streams: given.Streams,
        clock: given.Clock,
        links: given.Links,
        token: Token = None,
        last_seen: Annotated[str, HeaderParameter(name="Last-Event-ID", max_length=64)] = "",
        last_event_id: Annotated[str, QueryParameter(max_length=64)] = "",
    ) -> ASGIApp:
        """Its progress as server-sent events: `status`, `partial` (an unfinished picture), `done` (the generation).

        With `Last-Event-ID` (or `?last_event_id=`), those after that one. For its owner, who may also be known by the
        cookie of the pages, and for who has `events_url`.
        """
        account_id = watcher_of(request, links, generation_id, token)
        generation = await generations.get(account_id, generation_id)
        if generation is None:
            raise GenerationNotFound(generation_id)
        after = last_seen or last_event_id
        if after == END:
            return ASGIResponse(status_code=204)
        steps = watching.follow(account_id, generation_id, after=after, quiet_for=streams.quiet_for)
        return EventStream(told(steps, links, clock), streams, account_id)

    @get(
        "/partials/{step:str}",
        media_type="image/*",
        responses={
            200: ResponseSpec(bytes, generate_examples=False, description="The picture", media_type="image/*"),
            **problems(401, 404, 422),
        },
    )
    async def partial(
        self,
        *,
        request: Request[Any, Any, Any],
        generation_id: FromPath[str],
        step: FromPath[str],
        showing: given.Showing,
        links: given.Links,
        token: Token = None,
    ) -> Response[bytes]:
        """An unfinished picture, while its generation runs: for its owner, and for who has its link."""
        account_id = watcher_of(request, links, generation_id, token)
        partial, content = await showing.partial(account_id, generation_id, step)
        return picture(content, partial.format, headers_of(step, partial.format))


def watcher_of(request: Request[Any, Any, Any], links: Links, generation_id: str, token: str | None) -> str:
    """The account whose generation may be watched. Raises Unauthorized; GenerationNotFound for a token that shows
    another generation, or none any more."""
    shown = links.watcher(generation_id, token)
    if shown is not None:
        return shown
    if isinstance(request.user, Caller):
        return request.user.account_id
    raise Unauthorized() if token is None else GenerationNotFound(generation_id)


async def told(
    steps: AsyncGenerator[tuple[Step, ...], None], links: Links, clock: Clock
) -> AsyncGenerator[bytes, None]:
    """The steps as they stand in the stream."""
    yield retrying_after(COME_BACK_AFTER)
    async with aclosing(steps):
        async for fresh in steps:
            fitting = evolve(links, now=clock.now())
            yield b"".join(_event(step, fitting) for step in fresh) or HEARTBEAT


def _event(step: Step, links: Links) -> bytes:
    if step.id == END:
        return event("done", generation_of(step.generation, links), id_=step.id)
    if step.partial is None:
        return event("status", StatusShape(status=step.status.value, attempt=step.attempt), id_=step.id)
    return event("partial", partial_of(step.generation, step.partial, links), id_=step.id)


def partial_of(generation: Generation, partial: Partial, links: Links) -> PartialShape:
    link = links.partial(generation, partial)
    return PartialShape(
        attempt=partial.attempt,
        number=partial.number,
        url=link.url,
        url_expires_at=link.expires_at,
        width=partial.width,
        height=partial.height,
        format=partial.format,
    )
