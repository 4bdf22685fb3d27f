"""One year of two customers, told in the shapes of one API version or another, or thin: the books end the same."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field, frozen

from billing_core.adapters.simulated import thin
from billing_core.adapters.simulated.older import Known, rendered
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.application.changing import ChangeWish
from billing_core.domain.account import Account
from billing_core.domain.catalog import Interval
from billing_core.domain.credits import Source
from billing_core.domain.subscription import Status
from billing_core.ports.facts import NotUnderstood
from billing_core.ports.gateway import When
from tests.stripe_samples import ENDIVE
from tests.stripe_spec import problems_of_object
from tests.use_case_shop import A_DAY, DECLINES_LATER, GOOD, Shop

Json = dict[str, Any]

THIN, BOTH = "thin", "thin, and whole from another endpoint"


@define
class OldShop(Shop):
    """A shop whose webhook endpoints are of these versions, in turn. `told` is what came, as it was made."""

    versions: tuple[str, ...] = (ENDIVE,)
    prices: Mapping[str, Json] = field(factory=dict)
    told: list[Json] = field(factory=list)

    async def handed_over(self, body: bytes, signature: str) -> int:
        event = json.loads(body)
        version = self.versions[len(self.told) % len(self.versions)]
        self.told.append(event)
        if version in {THIN, BOTH}:
            await self.receive_event(thin.notification(event))
        if version != THIN:
            rendering = ENDIVE if version == BOTH else version
            await self.receive_event(rendered(event, rendering, Known(self.prices.get, paid_by, lambda _: None)))
        return 200


def paid_by(invoice_id: str) -> tuple[str, str]:
    return f"pi_of_{invoice_id}", f"ch_of_{invoice_id}"


async def days(shop: Shop, number: int, step: timedelta = A_DAY) -> None:
    for _ in range(number):
        await shop.later(step)


async def a_year(shop: OldShop) -> list[Account]:
    """Ann tries, upgrades, goes back, is declined twice, and leaves; Bob pays for a year, buys a pack and stays."""
    await shop.subscribed("tryout")
    await shop.subscribed("basic", "bob", interval=Interval.YEAR)
    await days(shop, 45)
    await shop.bought("boost", "bob")
    await shop.changed(ChangeWish(tier="basic", when=When.NOW))
    await days(shop, 10)
    await shop.changed(ChangeWish(tier="pro"))
    await shop.changed(ChangeWish(tier="pro"), "bob")
    await days(shop, 2)
    await shop.changed(ChangeWish(tier="basic"))
    await days(shop, 48)
    ann = await shop.kept()
    assert ann.customer_id is not None
    await shop.stripe.replace_card(ann.customer_id, DECLINES_LATER)
    await days(shop, 24)
    await shop.stripe.replace_card(ann.customer_id, GOOD)
    await days(shop, 40)
    await shop.changed(ChangeWish(tier="pro"))
    await days(shop, 20)
    await shop.stripe.replace_card(ann.customer_id, DECLINES_LATER)
    await days(shop, 40)
    await days(shop, 16, 10 * A_DAY)
    return [await shop.kept("ann"), await shop.kept("bob")]


@frozen
class Year:
    """How it went where all was told in the newest version."""

    told: tuple[Json, ...]
    accounts: list[Account]
    prices: Mapping[str, Json]

    @property
    def known(self) -> Known:
        return Known(self.prices.get, paid_by, lambda _: None)


@pytest.fixture(scope="module")
def year() -> Year:
    shop = OldShop()
    accounts = asyncio.run(a_year(shop))
    subs = [told["data"]["object"] for told in shop.told if told["data"]["object"]["object"] == "subscription"]
    prices = {item["price"]["id"]: item["price"] for sub in subs for item in sub["items"]["data"]}
    return Year(tuple(shop.told), accounts, prices)


@pytest.mark.parametrize(
    "versions",
    [
        ("2020-08-27",),
        ("2024-06-20",),
        ("2025-03-31.basil",),
        ("2025-09-30.clover",),
        ("2026-03-25.dahlia",),
        ("2020-08-27", ENDIVE, "2024-06-20", "2025-03-31.basil"),
        (THIN,),
        (BOTH,),
        (THIN, "2024-06-20", BOTH),
    ],
    ids=" / ".join,
)
async def test_the_same_history_in_other_shapes_gives_the_same_books(year: Year, versions: tuple[str, ...]) -> None:
    shop = OldShop(versions=versions, prices=year.prices)

    assert year.accounts == await a_year(shop)
    assert [] == shop.failures
    assert [] == await shop.incidents()


def test_that_history_is_a_full_one(year: Year) -> None:
    ann, bob = year.accounts
    paid = [told["data"]["object"] for told in year.told if told["type"] == "invoice.paid"]
    assert {"invoice.payment_failed", "customer.subscription.deleted"} <= {told["type"] for told in year.told}
    assert {True, False} == {line["amount"] < 0 for invoice in paid for line in invoice["lines"]["data"]}
    assert len(paid) > 12
    assert [100] == [grant.amount for grant in bob.book.grants if grant.source is Source.PACK]
    assert [Status.CANCELED] == [sub.status for sub in ann.subscriptions]


@pytest.mark.parametrize(
    "version", [ENDIVE, "2026-03-25.dahlia", "2025-09-30.clover", "2025-03-31.basil", "2022-08-01"]
)
def test_each_event_says_the_same_in_other_shapes(year: Year, version: str) -> None:
    webhooks = StripeWebhooks(["whsec"], {price_id: price["lookup_key"] for price_id, price in year.prices.items()})
    for event in year.told:
        older = rendered(event, version, year.known)
        expected = webhooks.retranslate(json.dumps(event).encode()).fact

        assert not isinstance(expected, NotUnderstood)
        assert version == older["api_version"]
        assert expected == webhooks.retranslate(json.dumps(older).encode()).fact


def test_in_the_version_of_stripes_document_each_object_is_as_it_says(year: Year) -> None:
    told = [rendered(event, "2026-03-25.dahlia", year.known)["data"]["object"] for event in year.told]
    assert [] == [problem for each in told for problem in problems_of_object(each)]
