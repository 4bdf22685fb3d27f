"""Asking for pictures: what it costs is seen before, and never more is taken than was seen."""

from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import QueryParameter
from msgspec import Meta

from billing_core.application.accepting import LONGEST_PROMPT, Asked
from billing_core.application.errors import GenerationNotFound
from billing_core.application.requests import RequestKey
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import BillingError
from billing_core.domain.generation import Generation
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.generations import WishBody
from billing_core.entrypoints.http.problems import kind_of
from billing_core.entrypoints.http.refusals import InvalidFields
from billing_core.entrypoints.web.choosing import chooser, higher
from billing_core.entrypoints.web.denying import refused
from billing_core.entrypoints.web.forms import Form
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.tiles import path_of, tiles_of

LATEST = 8
PRICE_ONLY = "price_only"

Again = Annotated[str | None, QueryParameter(max_length=255)]


class PictureForm(WishBody):
    """What was filled in. `key` is the form's own: sent twice, it asks once."""

    key: Annotated[str, Meta(max_length=64)] = ""


class Generating(Controller):
    """`/generate`"""

    path = "/generate"
    include_in_schema = False

    @get("/")
    async def ask(
        self,
        *,
        web: Page,
        caller: given.Caller,
        viewing: given.Viewing,
        generations: given.Generations,
        links: given.Links,
        again: Again = None,
    ) -> Response[str]:
        """The empty form; with `again`, as that generation of the caller was asked for."""
        held = await viewing(caller.account_id)
        filled: Mapping[str, str] = {"private": "true"} if may_be_private(held) else {}
        if again is not None:
            found = await generations.get(caller.account_id, again)
            if found is None:
                raise GenerationNotFound(again)
            filled = filled_of(found)
        return web.page("generate.html", **await sheet(held, filled, generations, links))

    @post("/")
    async def create(
        self,
        *,
        web: Page,
        form: Filled,
        caller: given.Caller,
        accepting: given.Accepting,
        viewing: given.Viewing,
        generations: given.Generations,
        links: given.Links,
    ) -> Response[Any]:
        """Leads to the generation, or says beside the form why there is none; the price alone, where that was asked."""
        if form.get(PRICE_ONLY):
            held = await viewing(caller.account_id)
            return web.page("generate.html", **await sheet(held, form.fields, generations, links))
        try:
            asked, key = asked_in(form)
            accepted = await accepting(caller.account_id, asked, request=key)
        except (BillingError, InvalidFields) as error:
            held = await viewing(caller.account_id)
            shown = await sheet(held, form.fields, generations, links)
            return web.page("generate.html", status=kind_of(error).status, **shown | {"refused": refused(error)})
        return web.see(path_of(accepted.id))


async def sheet(
    held: AccountAt, filled: Mapping[str, str], generations: given.Generations, links: given.Links
) -> dict[str, Any]:
    """What the form shows: the account's choices, what is filled in, and the latest pictures."""
    latest = await generations.page(held.account.id, limit=LATEST)
    return {
        "entitled": entitlements(held),
        "held": held,
        "plan": held.in_force.plan,
        "chooser": chooser(held, filled),
        "filled": filled,
        "may_be_private": may_be_private(held),
        "keeps_private": higher(held, lambda plan: bool(plan.entitlements.get("private_history"))),
        "makes_more": higher(held, lambda plan: plan.images_per_request > held.in_force.plan.images_per_request),
        "unmarked": higher(held, lambda plan: not plan.watermark),
        "latest": [tile for generation in latest.items for tile in tiles_of(generation, links)][:LATEST],
        "longest_prompt": LONGEST_PROMPT,
        "key": token_urlsafe(12),
        "refused": None,
    }


def may_be_private(held: AccountAt) -> bool:
    """Whether the plan keeps pictures private."""
    return entitlements(held).allows("private_history")


def filled_of(generation: Generation) -> dict[str, str]:
    """The form as it was filled in for that generation."""
    private = {"private": "true"} if generation.private else {}
    return private | {
        "prompt": generation.prompt,
        "model": generation.model,
        "size": generation.size,
        "quality": generation.quality,
        "n": str(generation.n),
    }


def asked_in(form: Form) -> tuple[Asked, RequestKey | None]:
    """What the form asks for. A form that was changed asks anew, under whatever key. Raises InvalidFields."""
    body = form.read(PictureForm)
    prompt = (body.prompt or "").replace("\r\n", "\n")
    wish = Wish(model=body.model, size=body.size, quality=body.quality, n=body.n, max_credits=body.max_credits)
    mark = sha256(msgspec.json.encode(form.fields, order="deterministic")).hexdigest()
    key = RequestKey(route="POST /generate", key=mark, fingerprint=mark) if body.key else None
    return Asked(prompt=prompt, wish=wish, private=bool(body.private)), key
