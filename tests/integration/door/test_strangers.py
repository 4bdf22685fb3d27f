"""Every route, and every stranger: who has no token, a wrong one, or that of another account."""

import json
import re
from collections.abc import AsyncIterator, Mapping

import pytest
from attrs import evolve, frozen
from httpx import Response
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http.auth import Tokens
from billing_core.entrypoints.web.sessions import SESSION_COOKIE
from tests.integration.door.test_bad_input import GOOD_BODIES
from tests.shops.http import SETTINGS, Shop, usual_app

TOLD = PROMPT, EMAIL, NAME = "a fox unlike all others", "ann.of.her.own@example.com", "Ann Archer-Unheard"
OWN = {"Authorization": f"Bearer {Tokens(SETTINGS).make('ann', email=EMAIL, name=NAME)}"}
OTHER = evolve(SETTINGS, jwt_secret="of another server altogether" * 2)


def routes() -> list[tuple[str, str]]:
    """Method and path of every route but the simulated ones, whose world is everybody's, and not there for money."""
    return sorted(
        (str(method), route.path_format)
        for route in usual_app().routes
        if isinstance(route, HTTPRoute) and not re.match("/dev(/|$)", route.path)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    )


ROUTES = routes()
EVERYBODYS = {
    ("GET", "/"),
    ("GET", "/api/v1/credits/packs"),
    ("GET", "/api/v1/gallery"),
    ("GET", "/api/v1/generations/prices"),
    ("GET", "/api/v1/subscriptions/tiers"),
    ("GET", "/gallery"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/schema"),
    ("GET", "/schema/openapi.json"),
    ("GET", "/schema/{path}"),
    ("GET", "/signin"),
    ("GET", "/subscription/cancel"),
    ("GET", "/subscription/success"),
    ("POST", "/api/v1/subscriptions/webhook"),  # whoever cannot sign as Stripe is answered with 400
    ("POST", "/signin"),
    ("POST", "/signout"),
}
OF_ANN = [(method, path) for method, path in ROUTES if "{" in path and "{tier}" not in path and "{path}" not in path]


@frozen
class Anns:
    """The ids of what is ann's, by the names that paths give them."""

    shop: Shop
    ids: Mapping[str, str]

    async def knock(self, method: str, path: str, *, bearer: str | None = None) -> Response:
        """A request for what is ann's. Pages get a form that was seen to be theirs; the API gets a good body."""
        filled = re.sub(r"{(\w+)}", lambda name: self.ids[name[1]], path)
        if path.startswith("/api/"):
            headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
            body = GOOD_BODIES.get(path) if method in {"POST", "PATCH"} else None
            return await self.shop.client.request(method, filled, headers=headers, json=body, follow_redirects=False)
        if method == "POST":
            return await self.shop.fill(filled, {}, follow_redirects=False)
        return await self.shop.client.request(method, filled, follow_redirects=False)

    async def seen(self) -> list[str]:
        """What ann sees of her own, but for how long its links last."""
        paths = ("/account", "/credits", "/credits/transactions", "/entitlements", "/generations", "/payments")
        image = await self.shop.ask("GET", f"/images/{self.ids['image_id']}")
        shown = [json.dumps(await self.shop.get(path, headers=OWN)) for path in paths]
        return [re.sub(r'expires=\d+&signature=\w+|(?<="url_expires_at": )"[^"]+"', "", text) for text in shown] + [
            image.content.hex()
        ]


@pytest.fixture
async def anns() -> AsyncIterator[Anns]:
    async with AsyncTestClient(usual_app()) as client:
        shop = Shop(client)
        await shop.subscribe("ann", "premium")
        generation = await shop.generate("ann", prompt=PROMPT, private=True)
        checkout = (await shop.ask("POST", "/credits/checkout", "ann", json={"pack": "pack_1k"})).json()
        hold = (await shop.ask("POST", "/credits/holds", "ann", json={"amount": 1, "reason": "upscale"})).json()
        ids = {
            "account_id": "ann",
            "event_id": "evt_1",
            "generation_id": generation["id"],
            "hold_id": hold["id"],
            "image_id": generation["images"][0]["id"],
            "incident_id": "inc_1",
            "key_id": "key_1",
            "name": "daily",
            "path": "openapi.json",
            "reference": "made_up",
            "session_id": checkout["session_id"],
            "step": "1.1",
            "tier": "premium",
            "warning_id": "issfr_1",
        }
        yield Anns(shop, ids)


def is_shut(answer: Response) -> bool:
    """Whether nothing was told: pages lead to where one signs in."""
    is_led_away = answer.status_code == 303 and answer.headers["location"].startswith("/signin?next=")
    return is_led_away or answer.status_code in {401, 404}


@pytest.mark.failure("F1", "F5")
@pytest.mark.parametrize(
    "bearer",
    [
        pytest.param(None, id="none"),
        pytest.param("garbage", id="garbage"),
        pytest.param(Tokens(OTHER).make("ann"), id="ann's of another server"),
        pytest.param(Tokens(OTHER).make("olga", admin=True), id="an operator's of another server"),
    ],
)
async def test_who_has_no_token_or_a_wrong_one_gets_what_is_everybodys(anns: Anns, bearer: str | None) -> None:
    if bearer is not None:
        anns.shop.client.cookies.set(SESSION_COOKIE, bearer)
        assert (await anns.shop.fill("/signin", {"token": bearer})).status_code == 422
    before = await anns.seen()
    answers = {route: await anns.knock(*route, bearer=bearer) for route in ROUTES}

    refusing_a_wrong_one = set() if bearer is None else {("GET", "/api/v1/generations/prices")}
    assert {route for route, answer in answers.items() if not is_shut(answer)} == EVERYBODYS - refusing_a_wrong_one
    assert not [route for route, answer in answers.items() if any(told in answer.text for told in TOLD)]
    assert before == await anns.seen()


@pytest.mark.failure("F5", "F15")
async def test_another_account_finds_nothing_of_anns_by_any_route(anns: Anns) -> None:
    bob = Tokens(SETTINGS).make("bob")
    await anns.shop.fill("/signin", {"token": bob})
    before = await anns.seen()
    answers = {route: await anns.knock(*route, bearer=bob) for route in ROUTES if route not in EVERYBODYS}
    found = [route for route, answer in answers.items() if any(told in answer.text for told in TOLD)]

    assert (await anns.shop.client.get("/account")).status_code == 200
    assert {route: answers[route].status_code for route in OF_ANN if answers[route].status_code not in {403, 404}} == {}
    assert {answer.status_code for (_, path), answer in answers.items() if "/admin" in path} == {403}
    assert found == []
    assert before == await anns.seen()


async def test_ann_herself_is_told_what_strangers_are_not(anns: Anns) -> None:
    await anns.shop.fill("/signin", {"token": OWN["Authorization"].removeprefix("Bearer ")})
    pages = [await anns.knock("GET", path) for path in ("/account", "/generations/{generation_id}")]
    shown = " ".join([page.text for page in pages] + [str(await anns.seen())])

    assert [told for told in TOLD if told not in shown] == []
