"""Payment links: an address that sells one thing to whoever opens it."""

from attrs import frozen

from billing_core.adapters.stripe.api import Api, nothing, of, reading
from billing_core.adapters.stripe.checkouts import ITEM, KIND, VERSION
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.sessions import fields_of
from billing_core.adapters.stripe.shapes import Shape, needed, text
from billing_core.ports.gateway import PaymentLink, PaymentLinkRequest

_LINKS = "/v1/payment_links"


@frozen
class Links:
    """Stripe's payment links. Each purchase is a checkout session that carries the link's metadata."""

    api: Api
    prices: PriceBook

    async def open_payment_link(self, request: PaymentLinkRequest, *, idempotency_key: str) -> PaymentLink:
        """A link; it always makes a customer, so that a pack, too, can be traced to who bought it."""
        metadata = {KIND: request.kind.value, ITEM: request.item, VERSION: str(request.version)}
        bought: dict[str, object] = (
            {"subscription_data": {"metadata": metadata}}
            if request.recurring
            else {"payment_intent_data": {"metadata": metadata}, "customer_creation": "always"}
        )

        async def use(price_id: str, key: str) -> PaymentLink:
            link = await self.api.post(
                _LINKS,
                key=key,
                find=nothing,
                line_items=[{"price": price_id, "quantity": 1}],
                metadata=metadata,
                allow_promotion_codes=request.promotion_codes or None,
                billing_address_collection="required" if request.billing_address else None,
                automatic_tax={"enabled": True} if request.automatic_tax else None,
                custom_fields=fields_of(request.custom_fields),
                **bought,
            )
            return _link_of(link)

        return await self.prices.sell(request.price, use, idempotency_key=idempotency_key)

    async def fetch_payment_link(self, link_id: str) -> PaymentLink:
        """The link as it is now."""
        return _link_of(await self.api.get(of(_LINKS, link_id)))


def _link_of(link: Shape) -> PaymentLink:
    with reading("a payment link"):
        return PaymentLink(
            id=needed(text(link, "id"), "id"),
            url=needed(text(link, "url", longest=5000), "url"),
            active=link.get("active") is True,
        )
