"""Generations: accepted at once, made by and by; one may wait for the end."""

import re
from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from billing_core.application.accepting import LONGEST_PROMPT, Asked
from billing_core.application.errors import GenerationNotFound
from billing_core.domain.admission import Wish, price
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import SCOPE
from billing_core.entrypoints.http.bodies import MOST, NO_NUL, Body, Name
from billing_core.entrypoints.http.credits import Cursor, Limit
from billing_core.entrypoints.http.shapes import GenerationShape, generation_of, problems
from billing_core.ports.api_keys import Scope

LONGEST_WAIT = timedelta(seconds=60)
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,5})(?:$|[,;\s])")

Prompt = Annotated[str, Meta(min_length=1, max_length=LONGEST_PROMPT, pattern=NO_NUL)]


class WishBody(Body):
    """What to make; what is left out is the plan's default."""

    prompt: Prompt | None = None
    model: Name | None = None
    size: Name | None = None
    quality: Name | None = None
    n: Annotated[int, Meta(ge=1, le=100)] = 1
    private: bool | None = None
    max_credits: Annotated[int, Meta(ge=0, le=MOST)] | None = None


class GenerationBody(WishBody):
    """What to make, and from which words."""

    prompt: Prompt = msgspec.field()


class PricedShape(msgspec.Struct, kw_only=True):
    """What it would cost, and what there is to spend."""

    model: str
    size: str
    quality: str
    n: int
    credits: int
    available: int
    is_unlimited: bool


class GenerationsShape(msgspec.Struct, kw_only=True):
    """A page of generations, newest first."""

    data: list[GenerationShape]
    next_cursor: str | None


class Generations(Controller):
    """`/generations`"""

    path = "/generations"
    tags = ("Generations",)

    @post("/quote", status_code=200, opt={SCOPE: Scope.READ}, responses=problems(401, 422))
    async def quote(self, data: JSONBody[WishBody], caller: given.Caller, viewing: given.Viewing) -> PricedShape:
        """What it would cost. Whether the plan allows it is told when it is asked for."""
        held = await viewing(caller.account_id)
        priced = price(held, _wish(data))
        return PricedShape(
            model=priced.model,
            size=priced.size,
            quality=priced.quality,
            n=priced.n,
            credits=priced.credits,
            available=held.account.book.available,
            is_unlimited=held.in_force.plan.is_unlimited,
        )

    @post(
        "/",
        status_code=202,
        opt={SCOPE: Scope.GENERATE},
        responses={
            200: ResponseSpec(GenerationShape, generate_examples=False, description="It ended while one waited"),
            **problems(401, 402, 403, 409, 422, 429, 503),
        },
        description="Accepts a generation. With `Prefer: wait=30`, 200 and the finished one if it ends in time.",
    )
    async def generate(
        self,
        *,
        data: JSONBody[GenerationBody],
        caller: given.Caller,
        accepting: given.Accepting,
        watching: given.Watching,
        links: given.Links,
        key: given.Key,
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
    ) -> Response[GenerationShape]:
        asked = Asked(prompt=data.prompt, wish=_wish(data), private=data.private)
        accepted = await accepting(caller.account_id, asked, request=key)
        wait = preferred_wait(prefer)
        headers = {"Location": f"{links.prefix}/api/v1/generations/{accepted.id}"}
        if wait is None:
            return Response(generation_of(accepted, links), status_code=202, headers=headers)
        seen = await watching.ended(accepted, within=wait)
        headers["Preference-Applied"] = f"wait={wait // timedelta(seconds=1)}"
        status = 200 if seen.status.is_terminal else 202
        return Response(generation_of(seen, links), status_code=status, headers=headers)

    @get("/", opt={SCOPE: Scope.READ}, responses=problems(401, 422))
    async def browse(
        self,
        caller: given.Caller,
        generations: given.Generations,
        links: given.Links,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> GenerationsShape:
        """The caller's generations, newest first."""
        page = await generations.page(caller.account_id, limit=limit, cursor=cursor)
        return GenerationsShape(data=[generation_of(item, links) for item in page.items], next_cursor=page.next_cursor)

    @get("/{generation_id:str}", opt={SCOPE: Scope.READ}, responses=problems(401, 404))
    async def show(
        self, generation_id: FromPath[str], caller: given.Caller, generations: given.Generations, links: given.Links
    ) -> GenerationShape:
        """One generation, with its pictures."""
        found = await generations.get(caller.account_id, generation_id)
        if found is None:
            raise GenerationNotFound(generation_id)
        return generation_of(found, links)

    @delete(
        "/{generation_id:str}",
        status_code=200,
        opt={SCOPE: Scope.GENERATE},
        responses=problems(401, 404, 409, 503),
    )
    async def cancel(
        self,
        generation_id: FromPath[str],
        caller: given.Caller,
        canceling_generation: given.CancelingGeneration,
        links: given.Links,
    ) -> GenerationShape:
        """Cancels one that still waits; its credits go back."""
        return generation_of(await canceling_generation(caller.account_id, generation_id), links)


def _wish(body: WishBody) -> Wish:
    return Wish(model=body.model, size=body.size, quality=body.quality, n=body.n, max_credits=body.max_credits)


def preferred_wait(header: str) -> timedelta | None:
    """How long the client would wait (RFC 7240), at most a minute; None if it does not say."""
    found = _WAIT.search(header.lower())
    return min(timedelta(seconds=int(found[1])), LONGEST_WAIT) if found else None
