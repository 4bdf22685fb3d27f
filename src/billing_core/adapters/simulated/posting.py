"""Where an event goes, and what it becomes on its way: in the shapes of an endpoint's API version, or thin."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import msgspec
from attrs import field, frozen

from billing_core.adapters.simulated import shapes, thin
from billing_core.adapters.simulated.draft import API_VERSION, Draft, Json
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.older import Known, rendered
from billing_core.adapters.simulated.settings import Rendering

Deliver = Callable[[bytes, str], Awaitable[int]]
"""Takes a body and its signature; answers the status."""
Post = Callable[[str, bytes, str], Awaitable[int]]
"""The same, for a URL."""


@frozen
class Destination:
    """A webhook endpoint: who takes its events, as what, and signed with which secret."""

    name: str
    rendering: Rendering
    secret: str = field(repr=False)
    deliver: Deliver
    events: tuple[str, ...] = ("*",)

    def wants(self, kind: str) -> bool:
        return "*" in self.events or kind in self.events


def destinations(draft: Draft, deliver: Deliver, post: Post | None) -> Iterator[Destination]:
    """The receiver's own endpoints, and those that were made over the API, where there is a way to reach them."""
    settings = draft.world.settings
    own = (Rendering(api_version=settings.api_version, thin=settings.thin), *settings.besides)
    for n, rendering in enumerate(own):
        yield Destination(f"own {n}", rendering, draft.world.secret, deliver)
    if post is None:
        return
    for made in draft.state.endpoints.values():
        rendering = Rendering(api_version=made.api_version)
        yield Destination(made.id, rendering, made.secret, partial(post, made.url), made.enabled_events)


def posted(draft: Draft, body: str, rendering: Rendering) -> bytes:
    """The bytes that are posted for an event."""
    if rendering.thin:
        return msgspec.json.encode(thin.notification(msgspec.json.decode(body)))
    if rendering.api_version not in {None, API_VERSION}:
        return msgspec.json.encode(rendered(msgspec.json.decode(body), rendering.api_version, known(draft)))
    return body.encode()


def known(draft: Draft) -> Known:
    """What older shapes tell of the present state beside the object itself."""
    state = draft.state

    def price(price_id: str) -> Json | None:
        found = state.prices.get(price_id)
        return None if found is None else shapes.price(found)

    def payment_of(invoice_id: str) -> tuple[str | None, str | None]:
        intents = list(draft.named(PaymentIntent, invoice_id))
        return (intents[-1].id, intents[-1].latest_charge_id) if intents else (None, None)

    def invoice_of(payment_id: str) -> str | None:
        charge = state.charges.get(payment_id)
        intent = state.intents.get(charge.intent_id if charge else payment_id)
        return intent.invoice_id if intent else None

    return Known(price, payment_of, invoice_of)
