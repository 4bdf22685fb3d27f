"""A webhook receiver by hand: Litestar, a signature, an envelope, and a store that answers after its commit.

Each event makes an inbox row with its raw body, an update of its subscription, a domain event and a ledger row.
"""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from typing import Any

import msgspec
from attrs import frozen
from litestar import Litestar, Request, Response, post

from benchmarks.events import PATH


class Details(msgspec.Struct):
    """What an invoice's parent says."""

    subscription: str


class Parent(msgspec.Struct):
    """Where an invoice comes from."""

    subscription_details: Details


class Told(msgspec.Struct):
    """A subscription, an invoice or a checkout session, as far as it is used."""

    id: str
    object: str
    customer: str
    subscription: str | None = None
    parent: Parent | None = None
    amount_total: int = 0
    amount_paid: int = 0

    @property
    def subscription_id(self) -> str:
        if self.object == "subscription":
            return self.id
        return self.parent.subscription_details.subscription if self.parent else self.subscription or ""


class Content(msgspec.Struct):
    """What an event is about."""

    object: Told


class Envelope(msgspec.Struct):
    """An event of Stripe."""

    id: str
    type: str
    created: int
    data: Content


@frozen
class Arrival:
    """One event, as the store keeps it."""

    event_id: str
    type: str
    body: str
    subscription_id: str
    period_end: int
    customer_id: str
    amount: int


Keep = Callable[[Arrival], Awaitable[bool]]
"""Keeps an event durably, and tells once it is committed whether it is new."""

envelope_of = msgspec.json.Decoder(Envelope).decode


def is_genuine(body: bytes, header: str, key: bytes) -> bool:
    """Whether the signature is of this body."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    expected = hmac.new(key, parts.get("t", "").encode() + b"." + body, sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def arrival_of(body: bytes) -> Arrival:
    """What the store needs of the body."""
    event = envelope_of(body)
    told = event.data.object
    return Arrival(
        event_id=event.id,
        type=event.type,
        body=body.decode(),
        subscription_id=told.subscription_id,
        period_end=event.created,
        customer_id=told.customer,
        amount=told.amount_paid or told.amount_total,
    )


def firsts(arrivals: Sequence[Arrival]) -> Collection[Arrival]:
    """One arrival for each event: a group must not take in the same one twice."""
    return {arrival.event_id: arrival for arrival in arrivals}.values()


def answers(arrivals: Sequence[Arrival], kept: set[str]) -> list[bool]:
    """Whether each is new; of several arrivals of one event the first."""
    told = []
    for arrival in arrivals:
        told.append(arrival.event_id in kept)
        kept.discard(arrival.event_id)
    return told


def app_over(opened: AbstractAsyncContextManager[Keep], secret: str) -> Litestar:
    """The receiver in front of what keeps the events, which is open while the app runs."""
    key, opened_as = secret.encode(), list[Keep]()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with opened as keep:
            opened_as.append(keep)
            yield

    @post(PATH, status_code=200)
    async def receive(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        if not is_genuine(body, request.headers.get("stripe-signature", ""), key):
            return Response(b'{"error":"signature"}', status_code=400, media_type="application/json")
        is_new = await opened_as[0](arrival_of(body))
        return Response(b'{"received":true}' if is_new else b'{"repeated":true}', media_type="application/json")

    return Litestar([receive], lifespan=[lifespan], openapi_config=None, logging_config=None)
