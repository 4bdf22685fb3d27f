"""Changing the plan: one quote, and then exactly that."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, delete, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta

from billing_core.application.changing import ChangeWish, Quote
from billing_core.domain.catalog import Interval
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import Body, Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.shapes import Done, problems
from billing_core.ports.gateway import ChangeStatus, When


class WishBody(Body):
    """The plan to move to. What is left out stays as it is, or (`when`) follows from the price."""

    tier: Name
    interval: Literal["month", "year"] | None = None
    when: Literal["now", "period_end"] | None = None


class ChangeBody(WishBody):
    """A change; with a `quote`, exactly that one or none."""

    quote: Annotated[str, Meta(min_length=1, max_length=512)] | None = None


class QuoteShape(msgspec.Struct, kw_only=True):
    """Amounts are in minor units; below zero, `due_now` is credited to the customer's balance."""

    quote: str
    expires_at: datetime
    when: str
    due_now: int
    next_amount: int
    next_at: datetime
    currency: str
    credits_delta: int
    debt: int
    gains: list[str]
    losses: list[str]


class ChangedShape(QuoteShape, kw_only=True):
    """The quote that was done. Where the bank asks, the customer answers at `hosted_invoice_url`."""

    status: str
    hosted_invoice_url: str | None


class Changes(Controller):
    """`/subscriptions/change`"""

    path = "/subscriptions/change"
    tags = ("Subscriptions",)

    @post("/preview", status_code=200, guards=[payments_needed], responses=problems(401, 404, 409, 422, 503))
    async def preview(self, data: JSONBody[WishBody], caller: given.Caller, quoting: given.Quoting) -> QuoteShape:
        """What the change would cost and do. Nothing is changed."""
        return _told(await quoting(caller.account_id, _wish(data)))

    @post(
        "/",
        status_code=200,
        guards=[payments_needed],
        responses={
            202: ResponseSpec(ChangedShape, generate_examples=False, description="The bank asks the customer first"),
            **problems(401, 402, 403, 404, 409, 422, 503),
        },
        description="Changes the plan. 202 where the bank asks the customer first.",
    )
    async def change(
        self, data: JSONBody[ChangeBody], caller: given.Caller, changing: given.Changing, key: given.Key
    ) -> Response[ChangedShape]:
        changed = await changing(caller.account_id, _wish(data), quote=data.quote, request=key)
        shape = ChangedShape(
            **msgspec.structs.asdict(_told(changed.quote)),
            status=changed.status.value,
            hosted_invoice_url=changed.hosted_invoice_url,
        )
        return Response(shape, status_code=202 if changed.status is ChangeStatus.PENDING_AUTHENTICATION else 200)

    @delete("/", status_code=200, guards=[payments_needed], responses=problems(401, 404, 409, 503))
    async def drop(self, caller: given.Caller, changing: given.Changing) -> Done:
        """Drops a change that was to come at the period's end."""
        await changing.drop(caller.account_id)
        return Done(message="The subscription stays as it is.")


def _wish(body: WishBody) -> ChangeWish:
    return ChangeWish(
        tier=body.tier,
        interval=Interval(body.interval) if body.interval else None,
        when=When(body.when) if body.when else None,
    )


def _told(quote: Quote) -> QuoteShape:
    return QuoteShape(
        quote=quote.quote,
        expires_at=quote.expires_at,
        when=quote.when.value,
        due_now=quote.due_now,
        next_amount=quote.next_amount,
        next_at=quote.next_at,
        currency=quote.currency,
        credits_delta=quote.credits_delta,
        debt=quote.debt,
        gains=list(quote.gains),
        losses=list(quote.losses),
    )
