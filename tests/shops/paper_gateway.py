"""A payment gateway on paper: it opens checkouts and links, and lists what it was told that was paid."""

from datetime import datetime, timedelta
from typing import Any

from attrs import define, evolve, field

from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import (
    CheckoutRequest,
    CheckoutSession,
    PaymentLink,
    PaymentLinkRequest,
    PaymentShown,
)
from billing_core.testing.builders import NEW_YEAR

IN_A_DAY = timedelta(days=1)
FAR_AWAY = datetime.max.replace(tzinfo=NEW_YEAR.tzinfo)


@define
class PaperGateway:
    """Only what checkouts, links and lists of payments ask for."""

    paid: list[PaymentShown] = field(factory=list)
    checkouts: list[CheckoutRequest] = field(factory=list)
    links: dict[str, PaymentLink] = field(factory=dict)
    asked: dict[str, PaymentLinkRequest] = field(factory=dict)
    _opened: dict[str, str] = field(factory=dict)

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        return f"cus_{account_id}"

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        self.checkouts.append(request)
        number = len(self.checkouts)
        return CheckoutSession(id=f"cs_{number}", url=f"https://gateway.example/cs_{number}", expires_at=FAR_AWAY)

    async def expire_checkout(self, session_id: str) -> None: ...

    async def payments(
        self, customer_id: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[PaymentShown, ...], str | None]:
        ids = [paid.id for paid in self.paid]
        if after is not None and after not in ids:
            raise UnknownAtGateway(after)
        rest = self.paid[ids.index(after) + 1 if after else 0 :]
        return tuple(rest[:limit]), rest[limit - 1].id if len(rest) > limit else None

    async def open_payment_link(self, request: PaymentLinkRequest, *, idempotency_key: str) -> PaymentLink:
        link_id = self._opened.setdefault(idempotency_key, f"plink_{len(self._opened) + 1}")
        self.asked[link_id] = request
        return self.links.setdefault(
            link_id, PaymentLink(id=link_id, url=f"https://gateway.example/{link_id}", active=True)
        )

    async def fetch_payment_link(self, link_id: str) -> PaymentLink:
        if link_id not in self.links:
            raise UnknownAtGateway(link_id)
        return self.links[link_id]

    def page_of(self, object_id: str) -> str:
        return f"https://gateway.example/pages/{object_id}"

    def deactivate(self, link_id: str) -> None:
        """Somebody switches the link off at the gateway."""
        self.links[link_id] = evolve(self.links[link_id], active=False)


def a_payment_shown(n: int = 1, **more: Any) -> PaymentShown:
    default: dict[str, Any] = {
        "id": f"in_{n}",
        "at": NEW_YEAR,
        "kind": "subscription",
        "status": "succeeded",
        "amount_minor": 999,
        "currency": "usd",
        "refunded_minor": 0,
        "description": "Basic",
        "receipt_url": "https://gateway.example/receipt",
        "invoice_url": None,
    }
    return PaymentShown(**(default | more))
