"""Payment links say what they sell, and nobody's name."""

import pytest
from attrs import evolve

from billing_core.adapters.stripe.links import Links
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.domain.catalog import Kind
from billing_core.domain.checkout_page import CustomField
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from billing_core.ports.gateway import PaymentLink, PaymentLinkRequest
from tests.stripe.canned import CannedStripe, Json, Refusal, page

LINKS = "/v1/payment_links"
LINK: Json = {"id": "plink_1", "url": "https://buy.stripe.com/1", "active": True}
PLAN = PaymentLinkRequest(kind=Kind.PLAN, item="pro", price="pro_month", version=3, recurring=True)
PACK = evolve(PLAN, kind=Kind.PACK, item="handful", price="handful", recurring=False)
METADATA = {"billing_core_kind": "plan", "billing_core_item": "pro", "billing_core_version": "3"}


def selling() -> CannedStripe:
    prices = [
        {"id": f"price_{n}", "lookup_key": key, "active": True, "metadata": {}}
        for n, key in enumerate(("pro_month", "handful"), start=1)
    ]
    return CannedStripe().on("GET", "/v1/prices", page(*prices)).on("POST", LINKS, LINK)


def links(stripe: CannedStripe) -> Links:
    return Links(stripe.api, PriceBook(stripe.api))


async def test_a_link_to_a_plan_carries_what_is_bought_and_no_account() -> None:
    stripe = selling()

    link = await links(stripe).open_payment_link(PLAN, idempotency_key="k")

    assert PaymentLink(id="plink_1", url="https://buy.stripe.com/1", active=True) == link
    asked = stripe.only("POST", LINKS)
    assert "k" == asked.key
    assert {
        "line_items": {"0": {"price": "price_1", "quantity": "1"}},
        "metadata": METADATA,
        "subscription_data": {"metadata": METADATA},
    } == asked.form


async def test_a_link_to_a_pack_makes_a_customer_of_who_buys_it() -> None:
    stripe = selling()

    await links(stripe).open_payment_link(PACK, idempotency_key="k")

    form = stripe.only("POST", LINKS).form
    metadata = {**METADATA, "billing_core_kind": "pack", "billing_core_item": "handful"}
    assert ("always", {"metadata": metadata}) == (form["customer_creation"], form["payment_intent_data"])
    assert "subscription_data" not in form


async def test_a_link_asks_what_the_catalog_wants_to_know() -> None:
    stripe = selling()
    asked = CustomField(key="company", label="Company")
    request = evolve(PLAN, promotion_codes=True, billing_address=True, automatic_tax=True, custom_fields=(asked,))

    await links(stripe).open_payment_link(request, idempotency_key="k")

    form = stripe.only("POST", LINKS).form
    assert ("true", "required", {"enabled": "true"}) == (
        form["allow_promotion_codes"],
        form["billing_address_collection"],
        form["automatic_tax"],
    )
    label = {"type": "custom", "custom": "Company"}
    assert {"0": {"key": "company", "label": label, "type": "text", "optional": "false"}} == form["custom_fields"]


async def test_a_link_is_fetched_as_it_is_now() -> None:
    stripe = CannedStripe().on("GET", f"{LINKS}/plink_1", {**LINK, "active": False})

    assert PaymentLink(id="plink_1", url="https://buy.stripe.com/1", active=False) == await links(
        stripe
    ).fetch_payment_link("plink_1")


async def test_a_link_that_is_not_there_is_said_to_be_unknown() -> None:
    stripe = CannedStripe().on("GET", f"{LINKS}/plink_2", Refusal(404, "resource_missing"))

    with pytest.raises(UnknownAtGateway):
        await links(stripe).fetch_payment_link("plink_2")


async def test_a_link_without_an_address_is_a_matter_for_a_person() -> None:
    stripe = CannedStripe().on("GET", f"{LINKS}/plink_1", {"id": "plink_1"})

    with pytest.raises(GatewayRefused):
        await links(stripe).fetch_payment_link("plink_1")
