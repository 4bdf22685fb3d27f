"""Payment links, and the operator's pages."""

import pytest

from billing_core.ports.errors import IdempotencyKeyReused, UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway, PaymentLinkRequest
from billing_core.testing.contracts.gateway.base import GatewayContract
from billing_core.testing.contracts.gateway.shop import SHOP


def a_link(price: str = "basic_month") -> PaymentLinkRequest:
    """A request for a link that sells what that price of SHOP buys."""
    offer = SHOP.current.offers[price]
    return PaymentLinkRequest(
        kind=offer.kind,
        item=offer.item,
        price=price,
        version=SHOP.current.number,
        recurring=offer.price.interval is not None,
    )


class LinkContract(GatewayContract):
    """Links sell to whoever opens them."""

    @pytest.mark.parametrize("price", ["basic_month", "handful"])
    async def test_a_link_has_an_address_and_sells(self, gateway: PaymentGateway, price: str) -> None:
        link = await gateway.open_payment_link(a_link(price), idempotency_key="k")

        assert (link.url.startswith("http"), link.active) == (True, True)
        assert link == await gateway.fetch_payment_link(link.id)

    async def test_the_same_key_opens_one_link(self, gateway: PaymentGateway) -> None:
        first = await gateway.open_payment_link(a_link(), idempotency_key="k")

        assert first == await gateway.open_payment_link(a_link(), idempotency_key="k")
        with pytest.raises(IdempotencyKeyReused):
            await gateway.open_payment_link(a_link("handful"), idempotency_key="k")

    async def test_an_unknown_link_is_said_to_be(self, gateway: PaymentGateway) -> None:
        with pytest.raises(UnknownAtGateway):
            await gateway.fetch_payment_link("plink_unknown")

    async def test_everything_has_a_page_for_operators(self, gateway: PaymentGateway) -> None:
        customer_id = await self.customer(gateway)

        assert customer_id in gateway.page_of(customer_id)
        assert gateway.page_of(customer_id).startswith("http")
