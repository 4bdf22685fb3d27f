"""The answers that several resources share, and how our values become theirs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from billing_core.domain.catalog import Limit, Price
from billing_core.domain.generation import Generation, Image
from billing_core.entrypoints.http.answering import PROBLEM_JSON, Problem
from billing_core.entrypoints.http.signing import Links


class PriceShape(msgspec.Struct, kw_only=True):
    """`amount` is in minor units; `interval` is null for a price that is paid once."""

    interval: str | None
    currency: str
    amount: int


class ImageShape(msgspec.Struct, kw_only=True):
    """A picture. `url` needs no token until `url_expires_at` (null: as long as it is public)."""

    id: str
    url: str
    url_expires_at: datetime | None
    width: int
    height: int
    format: str
    private: bool
    created_at: datetime


class FailureShape(msgspec.Struct, kw_only=True):
    """Why there are no pictures."""

    code: str
    message: str


class GenerationShape(msgspec.Struct, kw_only=True):
    """A generation. `credits_held` is what is set aside for it while it waits or runs.

    `events_url` tells its progress to whoever has it, without a token; null once it has ended.
    """

    id: str
    status: str
    prompt: str
    model: str
    size: str
    quality: str
    n: int
    private: bool
    credits_held: int
    credits_charged: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    images: list[ImageShape]
    failure: FailureShape | None
    events_url: str | None


class Done(msgspec.Struct, kw_only=True):
    """It is done, and this is what it means."""

    message: str
    success: bool = True


def number(limit: Limit) -> int:
    """A limit as the contract has it: -1 is unlimited."""
    return limit if isinstance(limit, int) else -1


def prices_of(prices: Iterable[Price]) -> list[PriceShape]:
    return [
        PriceShape(
            interval=price.interval.value if price.interval else None,
            currency=price.money.currency,
            amount=price.money.amount_minor,
        )
        for price in prices
    ]


def image_of(image: Image, links: Links, *, public: bool = False) -> ImageShape:
    """`public` gives a link that holds as long as the picture is public."""
    link = links.public_image(image.id) if public else links.image(image.id)
    return ImageShape(
        id=image.id,
        url=link.url,
        url_expires_at=link.expires_at,
        width=image.width,
        height=image.height,
        format=image.format,
        private=image.private,
        created_at=image.created_at,
    )


def generation_of(generation: Generation, links: Links) -> GenerationShape:
    failure = generation.failure
    return GenerationShape(
        id=generation.id,
        status=generation.status.value,
        prompt=generation.prompt,
        model=generation.model,
        size=generation.size,
        quality=generation.quality,
        n=generation.n,
        private=generation.private,
        credits_held=0 if generation.status.is_terminal else generation.credits,
        credits_charged=generation.charged,
        created_at=generation.created_at,
        started_at=generation.started_at,
        ended_at=generation.ended_at,
        images=[image_of(image, links) for image in generation.images],
        failure=FailureShape(code=failure.code, message=failure.message) if failure else None,
        events_url=None if generation.status.is_terminal else links.events(generation),
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """How a route can fail, for its description: all may be asked too often, and any key may be the wrong one."""
    told: dict[int, Any] = {}
    by_key = (403,) if 401 in statuses else ()
    for status in (400, *statuses, *by_key, 429):
        told[status] = ResponseSpec(Problem, generate_examples=False, description="A problem", media_type=PROBLEM_JSON)
    return told
