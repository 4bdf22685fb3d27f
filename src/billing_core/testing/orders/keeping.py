"""Recording what real books were told: the webhooks that their inbox keeps, and every answer that these may ask for."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import evolve

from billing_core.adapters.stripe.api import open_api
from billing_core.application.replaying import PREFIX
from billing_core.domain.errors import PortFailure
from billing_core.entrypoints.container import Container
from billing_core.ports.books import Books
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus
from billing_core.testing.orders.drawing import in_turn
from billing_core.testing.orders.recording import Recording, Webhook
from billing_core.testing.orders.telling import Teller
from billing_core.testing.orders.truth import Truth

_PAGE = 500
_FETCHED = {
    "subscription": "fetch_subscription",
    "invoice": "fetch_invoice",
    "charge": "fetch_payment",
    "payment_intent": "fetch_payment",
}


async def recorded(container: Container, *, newest: int = 1_000) -> Recording:
    """The newest webhooks that were processed, and how all that they are about stands now. Writes nothing to the books.

    Raises Unavailable, GatewayRefused.
    """
    books, settings = container.books(), container.settings()
    truth = Truth(container.answering())
    recording = Recording(
        catalog=container.catalog(),
        now=container.clock().now(),
        webhooks=await _webhooks(books, newest),
        customers=await _customers(books),
        truth=truth,
        kept_catalogs=await books.catalogs.kept(),
    )
    key = settings.stripe.secret_key
    teller = Teller(recording, open_api(truth, key=key, base=settings.stripe.api_base) if key else None)
    await teller.ready()
    await teller.tell(in_turn(len(recording.webhooks)))
    await teller.tell(())
    await _ask_for_all(recording, teller)
    return evolve(recording, truth=Truth(known=truth.known))


async def _webhooks(books: Books, newest: int) -> tuple[Webhook, ...]:
    """In the order in which they came; notifications without content are left to the events that they name."""
    found: list[StoredCause] = []
    while page := await books.inbox.with_status(
        CauseStatus.PROCESSED, prefix=PREFIX, before=found[-1] if found else None, limit=min(_PAGE, newest)
    ):
        found += page
        if len(found) >= newest:
            break
    bodies = [stored.body for stored in reversed(found[:newest]) if stored.body]
    return tuple([Webhook.of(body) for body in bodies if json.loads(body).get("object") == "event"])


async def _customers(books: Books) -> dict[str, str]:
    """Whose each customer is; of several, the account's present one comes last."""
    customers: dict[str, str] = {}
    after = ""
    while rows := await books.register.page(after=after, limit=_PAGE):
        after = rows[-1].account_id
        for row in rows:
            if row.account is not None:
                told = [sub.snapshot.customer_id for sub in row.account.subscriptions if sub.snapshot is not None]
                now = [row.account.customer_id] if row.account.customer_id else []
                customers.update((customer, row.account_id) for customer in told if customer not in now)
                customers.update((customer, row.account_id) for customer in now)
    return customers


async def _ask_for_all(recording: Recording, teller: Teller) -> None:
    """Whatever order they come in, all that may be asked for has been answered once."""
    gateway, now = teller.product.use.gateway(), recording.now
    for kind, object_id in sorted({_about(webhook) for webhook in recording.webhooks}):
        fetch: Callable[..., Awaitable[object]] | None = getattr(gateway, _FETCHED.get(kind, ""), None)
        if fetch is not None:
            with suppress(UnknownAtGateway, PortFailure):
                await (fetch(object_id) if kind == "invoice" else fetch(object_id, now=now))


def _about(webhook: Webhook) -> tuple[str, str]:
    told = json.loads(webhook.body)["data"]["object"]
    return str(told.get("object")), str(told.get("id"))
