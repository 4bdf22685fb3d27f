"""Stripe's habits of delivery at the simulated one: out of order, twice, late, and to several endpoints."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field

from billing_core.adapters.simulated import Rendering, Settings, SimulatedStripe
from billing_core.domain.errors import InvalidValue
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import SECRET, SetClock, Shop
from tests.stripe.simulated_api import Api


async def delivered(settings: Settings) -> tuple[Shop, list[Any]]:
    """A shop that sold a subscription, and what its receiver got of that."""
    shop = Shop(settings=settings)
    await shop.subscribed()
    await shop.stripe.deliver_pending()
    return shop, got(shop)


def got(shop: Shop) -> list[Any]:
    return [json.loads(body) for body, _ in shop.receiver.got]


def ids(events: list[Any]) -> list[str]:
    return [event["id"] for event in events]


async def test_unless_told_otherwise_events_come_once_and_in_order() -> None:
    shop, events = await delivered(Settings())

    assert ids(await shop.events()) == ids(events)


async def test_several_events_of_one_second_come_in_another_order() -> None:
    shop, events = await delivered(Settings(shuffles=True))

    assert ids(await shop.events()) != ids(events)
    assert sorted(ids(await shop.events())) == sorted(ids(events))
    assert 1 == len({event["created"] for event in events})


async def test_the_order_follows_from_the_seed() -> None:
    async def order(seed: str) -> list[str]:
        _, events = await delivered(Settings(shuffles=True, seed=seed))
        return [event["type"] for event in events]

    assert await order("a") == await order("a") != await order("b")


async def test_some_events_come_twice() -> None:
    shop, events = await delivered(Settings(duplicates=0.5))
    again = [event_id for event_id in set(ids(events)) if ids(events).count(event_id) == 2]

    assert sorted(ids(await shop.events())) == sorted(set(ids(events)))
    assert 0 < len(again) < len(set(ids(events)))
    await shop.stripe.deliver_pending()
    assert len(events) == len(got(shop))


async def test_where_all_come_twice_each_does() -> None:
    shop, events = await delivered(Settings(duplicates=1.0))

    assert 2 * len(await shop.events()) == len(events)


async def test_a_share_is_a_share() -> None:
    with pytest.raises(InvalidValue):
        Settings(duplicates=1.5)


async def test_events_are_late_by_up_to_so_much_and_pass_each_other() -> None:
    shop, at_once = await delivered(Settings(delays=timedelta(minutes=10)))
    assert len(at_once) < len(await shop.events())

    for _ in range(10):
        await shop.later(minutes=1)
        await shop.stripe.deliver_pending()
    assert sorted(ids(await shop.events())) == sorted(ids(got(shop)))
    assert ids(await shop.events()) != ids(got(shop))


async def test_each_endpoint_of_the_receiver_gets_every_event_in_its_own_shapes() -> None:
    shop, events = await delivered(Settings(besides=(Rendering(api_version="2024-06-20"), Rendering(thin=True))))
    named = [event["id"] for event in await shop.events()]
    thin = [event for event in events if event["object"] == "v2.core.event"]
    versions = [event["api_version"] for event in events if event not in thin]

    assert 3 * len(named) == len(events)
    assert len(named) == len(thin) == versions.count("2024-06-20") == versions.count("2026-10-28.endive")


@define
class Posts:
    """What was posted, by its URL; each URL answers with its own status."""

    statuses: dict[str, int] = field(factory=dict)
    got: list[tuple[str, bytes, str]] = field(factory=list)

    async def __call__(self, url: str, body: bytes, signature: str) -> int:
        self.got.append((url, body, signature))
        return self.statuses.get(url, 200)

    def at(self, url: str) -> list[Any]:
        return [json.loads(body) for to, body, _ in self.got if to == url]


async def quiet(body: bytes, signature: str) -> int:
    return 200


@define
class Posting(Shop):
    """A shop whose Stripe can reach every URL."""

    posts: Posts = field(factory=Posts)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.stripe = SimulatedStripe(
            lambda: SHOP, self.clock, SECRET, "http://shop.test", quiet, settings=self.settings, post=self.posts
        )


async def test_an_endpoint_made_over_the_api_gets_what_it_asked_for_signed_with_its_own_secret() -> None:
    shop = Posting(clock=SetClock())
    api = Api(shop)
    old, new = "https://old.test/hook", "https://new.test/hook"
    told = {"url": old, "enabled_events": ["customer.created", "checkout.session.completed"]}
    made = await api.post("/v1/webhook_endpoints", **told, api_version="2024-06-20")
    await api.post("/v1/webhook_endpoints", url=new, enabled_events=["*"])
    await api.post("/v1/customers", email="a@app.test")
    await api.post("/v1/products", name="A thing")
    await shop.stripe.deliver_pending()
    ((_, body, signature),) = [post for post in shop.posts.got if post[0] == old]
    at = signature.split(",")[0].removeprefix("t=")
    mac = hmac.new(made["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()

    assert [("customer.created", "2024-06-20")] == [(x["type"], x["api_version"]) for x in shop.posts.at(old)]
    assert {"2026-10-28.endive"} == {x["api_version"] for x in shop.posts.at(new)}
    assert f"t={at},v1={mac}" == signature


async def test_only_the_endpoint_that_did_not_take_an_event_gets_it_again() -> None:
    shop = Posting(clock=SetClock())
    api = Api(shop)
    for url in ("https://up.test/hook", "https://down.test/hook"):
        await api.post("/v1/webhook_endpoints", url=url, enabled_events=["customer.created"])
    shop.posts.statuses["https://down.test/hook"] = 500
    await api.post("/v1/customers", email="a@app.test")
    await shop.stripe.deliver_pending()
    (sent,) = [sent for sent in await shop.stripe.sent() if sent.type == "customer.created"]
    assert (500, None) == (sent.last_status, sent.delivered_at)

    shop.posts.statuses.clear()
    await shop.later(minutes=5)
    await shop.stripe.deliver_pending()
    assert (1, 2) == tuple(len(shop.posts.at(f"https://{name}.test/hook")) for name in ("up", "down"))
    await shop.later(days=1)
    await shop.stripe.deliver_pending()
    assert 3 == len(shop.posts.got)
