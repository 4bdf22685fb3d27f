"""Sending a customer to the portal."""

import pytest

from billing_core.adapters.stripe.portal import Portal
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.stripe.canned import CannedStripe, Json, Refusal, page

CONFIGURATIONS = "/v1/billing_portal/configurations"
SESSIONS = "/v1/billing_portal/sessions"
OPENED: Json = {"id": "bps_1", "url": "https://billing.stripe.com/p/session/secret"}
OURS: Json = {"id": "bpc_2", "metadata": {"billing_core": "default"}}
OTHER: Json = {"id": "bpc_1", "metadata": {}, "is_default": True}


async def opened(stripe: CannedStripe) -> str:
    return await Portal(stripe.api).open_portal("cus_1", return_url="https://app.test/account")


async def test_the_portal_has_our_settings() -> None:
    stripe = CannedStripe().on("GET", CONFIGURATIONS, page(OTHER, OURS)).on("POST", SESSIONS, OPENED)

    assert "https://billing.stripe.com/p/session/secret" == await opened(stripe)
    assert {"customer": "cus_1", "return_url": "https://app.test/account", "configuration": "bpc_2"} == stripe.only(
        "POST", SESSIONS
    ).form


async def test_before_the_first_sync_it_has_the_merchants_own() -> None:
    stripe = CannedStripe().on("GET", CONFIGURATIONS, page(OTHER)).on("POST", SESSIONS, OPENED)

    await opened(stripe)

    assert "configuration" not in stripe.only("POST", SESSIONS).form


async def test_every_click_asks_anew() -> None:
    stripe = CannedStripe().on("GET", CONFIGURATIONS, page(OURS)).on("POST", SESSIONS, OPENED)

    for _ in range(2):
        await opened(stripe)

    first, second = stripe.all("POST", SESSIONS)
    assert first.key != second.key


async def test_an_unknown_customer_is_said_to_be_unknown() -> None:
    missing = Refusal(400, "resource_missing", "No such customer: 'cus_1'", "customer")

    with pytest.raises(UnknownAtGateway):
        await opened(CannedStripe().on("GET", CONFIGURATIONS, page(OURS)).on("POST", SESSIONS, missing))


async def test_a_session_without_a_page_is_a_matter_for_a_person() -> None:
    stripe = CannedStripe().on("GET", CONFIGURATIONS, page(OURS)).on("POST", SESSIONS, {"id": "bps_1"})

    with pytest.raises(GatewayRefused):
        await opened(stripe)
