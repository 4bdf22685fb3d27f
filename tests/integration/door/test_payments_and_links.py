"""What a customer paid, links that lead to a checkout, and the gateway's own links for strangers."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from attrs import evolve, frozen
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.references import PlanReference, References
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.rate_settings import RateSettings
from billing_core.entrypoints.settings import Settings
from billing_core.ports.gateway import PaymentGateway
from tests.shops.http import SETTINGS, Shop
from tests.shops.paper_gateway import PaperGateway, a_payment_shown

LINKS = "/subscriptions/payment-links"


@frozen
class PaperShop(Shop):
    """The server over a gateway on paper."""

    gateway: PaperGateway = PaperGateway()

    async def opened(self, url: str) -> Any:
        """What a browser gets that does not follow."""
        return await self.client.get(url.partition("testserver.local")[2], follow_redirects=False)

    async def link(self, tier: str = "basic", account: str = "ann") -> str:
        link: str = (await self.get(f"{LINKS}/{tier}", account))["payment_link"]
        return link


async def a_shop(settings: Settings = SETTINGS) -> AsyncIterator[PaperShop]:
    gateway = PaperGateway()
    parts = Parts(gateway=cast(PaymentGateway, gateway))
    app = build_app(settings, lambda: running(settings, parts))
    async with AsyncTestClient(app) as client:
        yield PaperShop(client, gateway=gateway)


@pytest.fixture
async def shop() -> AsyncIterator[PaperShop]:
    async for shop in a_shop():
        yield shop


@pytest.fixture
async def busy_shop() -> AsyncIterator[PaperShop]:
    """Two checkouts a minute."""
    async for shop in a_shop(evolve(SETTINGS, rates=RateSettings(checkout=2))):
        yield shop


# Payments


async def test_who_never_came_to_a_checkout_has_paid_nothing(shop: PaperShop) -> None:
    shop.gateway.paid.append(a_payment_shown())

    assert {"data": [], "next_cursor": None} == await shop.get("/payments")


async def test_payments_are_listed_newest_first_and_page_by_page(shop: PaperShop) -> None:
    await shop.opened(await shop.link())
    shop.gateway.paid.extend(a_payment_shown(n) for n in (3, 2, 1))

    first = await shop.get("/payments?limit=2")
    rest = await shop.get(f"/payments?limit=2&cursor={first['next_cursor']}")

    assert ["in_3", "in_2"] == [paid["id"] for paid in first["data"]]
    assert ["in_1"] == [paid["id"] for paid in rest["data"]]
    assert rest["next_cursor"] is None
    assert {
        "id": "in_1",
        "at": "2026-01-01T00:00:00Z",
        "kind": "subscription",
        "status": "succeeded",
        "amount": 999,
        "currency": "usd",
        "refunded": 0,
        "description": "Basic",
        "receipt_url": "https://gateway.example/receipt",
        "invoice_url": None,
        "livemode": False,
    } == rest["data"][0]


async def test_only_an_admin_is_told_of_the_gateways_page(shop: PaperShop) -> None:
    await shop.opened(await shop.link())
    shop.gateway.paid.append(a_payment_shown())

    (seen,) = (await shop.get("/payments"))["data"]
    (shown,) = (await shop.get("/payments", admin=True))["data"]

    assert "dashboard_url" not in seen
    assert "https://gateway.example/pages/in_1" == shown["dashboard_url"]


@pytest.mark.failure("F19")
@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 422), ("limit=101", 422), ("cursor=a%20b", 422), ("cursor=", 422), ("cursor=in_unknown", 409)],
)
async def test_a_bad_page_is_refused(shop: PaperShop, query: str, status: int) -> None:
    await shop.opened(await shop.link())

    assert status == (await shop.ask("GET", f"/payments?{query}")).status_code


# Links of a customer


async def test_there_is_a_link_for_each_tier_that_one_can_subscribe_to(shop: PaperShop) -> None:
    links = (await shop.get(LINKS))["payment_links"]

    assert {"basic", "premium"} == links.keys()
    assert links["basic"] == await shop.link("basic")


async def test_a_link_leads_its_owner_to_a_checkout_and_stays_the_same(shop: PaperShop) -> None:
    link = await shop.link()
    answers = [await shop.opened(link) for _ in range(2)]

    assert [303, 303] == [answer.status_code for answer in answers]
    assert {"https://gateway.example/cs_1"} == {answer.headers["location"] for answer in answers}
    (asked,) = shop.gateway.checkouts
    assert ("ann", "basic", "cus_ann") == (asked.account_id, asked.item, asked.customer_id)
    assert link == await shop.link()


async def test_a_link_is_for_the_interval_and_currency_that_were_asked_for(shop: PaperShop) -> None:
    told = await shop.get(f"{LINKS}/basic?interval=year")
    await shop.opened(told["payment_link"])

    (asked,) = shop.gateway.checkouts
    assert "year" in asked.price
    assert told["payment_link"].endswith(told["id"])


@pytest.mark.parametrize("account", ["x" * 255, "a@b.example", "ключ/%2F", "灯" * 255])
async def test_a_link_keeps_any_account_and_does_not_tell_it(shop: PaperShop, account: str) -> None:
    link = await shop.link(account=account)
    answer = await shop.opened(link)

    assert account not in link
    assert 303 == answer.status_code
    assert account == shop.gateway.checkouts[0].account_id


@pytest.mark.failure("F20")
async def test_what_is_not_our_link_is_not_there(shop: PaperShop) -> None:
    link = await shop.link()
    wrong = [link[:-1], link + "A", link[:-2] + ("AA" if link[-2:] != "AA" else "BB"), "/pay/x", "/pay/-"]

    for url in wrong:
        answer = await shop.opened(url if "testserver" in url else f"testserver.local{url}")
        assert 404 == answer.status_code, url
    assert [] == shop.gateway.checkouts


async def test_a_link_of_another_server_is_not_there(shop: PaperShop) -> None:
    foreign = References(b"another secret").sealed(
        PlanReference(account_id="ann", tier="basic", interval="month", currency="usd")
    )

    assert 404 == (await shop.client.get(f"/pay/{foreign}")).status_code


async def test_what_stands_in_the_way_is_told_on_a_page(shop: PaperShop) -> None:
    gone = References(SETTINGS.signing_key).sealed(
        PlanReference(account_id="ann", tier="basic", interval="month", currency="xxx")
    )
    answer = await shop.client.get(f"/pay/{gone}")

    assert (422, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(("tier", "code"), [("free", "not_for_sale"), ("nonsense", "unknown_tier")])
async def test_there_is_no_link_for_what_is_not_sold(shop: PaperShop, tier: str, code: str) -> None:
    answer = await shop.ask("GET", f"{LINKS}/{tier}")

    assert (422, code) == (answer.status_code, answer.json()["code"])


@pytest.mark.failure("E9")
async def test_links_are_made_and_opened_only_so_often(busy_shop: PaperShop) -> None:
    link = await busy_shop.link()

    assert 303 == (await busy_shop.opened(link)).status_code
    assert 429 == (await busy_shop.opened(link)).status_code
    assert 429 == (await busy_shop.ask("GET", LINKS)).status_code
    assert 200 == (await busy_shop.ask("GET", LINKS, "bob")).status_code


@pytest.mark.parametrize("path", [LINKS, f"{LINKS}/basic", "/payments"])
async def test_links_and_payments_need_a_token(shop: PaperShop, path: str) -> None:
    assert 401 == (await shop.ask("GET", path, None)).status_code


# Links of the gateway's own


async def sale_link(shop: PaperShop, **wish: Any) -> Any:
    answer = await shop.ask("POST", "/admin/payment-links", "root", admin=True, json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_admin_gets_one_link_per_price(shop: PaperShop) -> None:
    links = [await sale_link(shop, tier="basic") for _ in range(2)]
    yearly, pack = await sale_link(shop, tier="basic", interval="year"), await sale_link(shop, pack="pack_100k")

    assert {
        "id": "plink_1",
        "url": "https://gateway.example/plink_1",
        "livemode": False,
        "dashboard_url": "https://gateway.example/pages/plink_1",
    } == links[0]
    assert links[0] == links[1]
    assert ["plink_2", "plink_3"] == [yearly["id"], pack["id"]]
    assert [True, True, False] == [asked.recurring for asked in shop.gateway.asked.values()]


async def test_a_link_that_is_gone_or_switched_off_is_made_anew(shop: PaperShop) -> None:
    await sale_link(shop, tier="basic")
    shop.gateway.deactivate("plink_1")
    second = await sale_link(shop, tier="basic")
    del shop.gateway.links["plink_2"]
    third = await sale_link(shop, tier="basic")

    assert ["plink_2", "plink_3"] == [second["id"], third["id"]]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({}, "validation"),
        ({"tier": "basic", "pack": "pack_100k"}, "validation"),
        ({"tier": "free"}, "not_for_sale"),
        ({"tier": "nonsense"}, "unknown_tier"),
        ({"pack": "nonsense"}, "unknown_pack"),
        ({"tier": "basic", "currency": "xxx"}, "not_for_sale"),
    ],
)
async def test_a_link_for_what_is_not_sold_is_refused(shop: PaperShop, wish: dict[str, str], code: str) -> None:
    answer = await shop.ask("POST", "/admin/payment-links", "root", admin=True, json=wish)

    assert (422, code) == (answer.status_code, answer.json()["code"])


async def test_only_admins_sell_to_strangers(shop: PaperShop) -> None:
    assert 403 == (await shop.ask("POST", "/admin/payment-links", json={"tier": "basic"})).status_code


async def test_while_payments_are_switched_off_there_are_none_of_these(closed_shop: Shop) -> None:
    answers = [
        await closed_shop.ask("GET", "/payments"),
        await closed_shop.ask("GET", LINKS),
        await closed_shop.ask("POST", "/admin/payment-links", "root", admin=True, json={"tier": "basic"}),
    ]
    page = await closed_shop.client.get("/pay/anything")

    assert [(503, "payments_disabled")] * 3 == [(a.status_code, a.json()["code"]) for a in answers]
    assert (503, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
