"""One year of three customers, told in the shapes of one API version or another, or thin: the books end the same."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

from billing_core.adapters.simulated import shapes, thin
from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.adapters.simulated.older import Known, rendered
from billing_core.adapters.simulated.state import State
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.application.changing import ChangeWish
from billing_core.domain.account import Account
from billing_core.domain.catalog import Interval
from billing_core.domain.credits import Source
from billing_core.domain.subscription import Status
from billing_core.ports.facts import NotUnderstood
from billing_core.ports.gateway import RefundReason, When
from tests.shops.use_case import A_DAY, DECLINES_LATER, GOOD, Shop
from tests.stripe.samples import ENDIVE
from tests.stripe.spec import problems_of_object

Json = dict[str, Any]

THIN, BOTH = "thin", "thin, and whole from another endpoint"


@define
class OldShop(Shop):
    """A shop whose webhook endpoints are of these versions, in turn. `told` is what came, as it was made."""

    versions: tuple[str, ...] = (ENDIVE,)
    told: list[Json] = field(factory=list)

    async def handed_over(self, body: bytes, signature: str) -> int:
        event = json.loads(body)
        version = self.versions[len(self.told) % len(self.versions)]
        self.told.append(event)
        if version in {THIN, BOTH}:
            await self.receive_event(thin.notification(event))
        if version != THIN:
            rendering = ENDIVE if version == BOTH else version
            await self.receive_event(rendered(event, rendering, known_of(await self.stripe.state())))
        return 200


def known_of(state: State) -> Known:
    """What older shapes tell beside an object, as the simulated Stripe knows it now."""
    paying = {intent.invoice_id: intent for intent in state.intents.values() if intent.invoice_id}

    def payment_of(invoice_id: str) -> tuple[str | None, str | None]:
        intent = paying.get(invoice_id)
        return (intent.id, intent.latest_charge_id) if intent else (None, None)

    def invoice_of(payment_id: str) -> str | None:
        charge = state.charges.get(payment_id)
        intent = state.intents.get(charge.intent_id if charge else payment_id)
        return intent.invoice_id if intent else None

    return Known(lambda price_id: shapes.price(state.prices[price_id]), payment_of, invoice_of)


async def days(shop: Shop, number: int, step: timedelta = A_DAY) -> None:
    for _ in range(number):
        await shop.later(step)


async def a_year(shop: OldShop) -> list[Account]:
    """Ann tries, upgrades, goes back, is declined twice, and leaves; Bob pays for a year, buys a pack and stays; Carl
    wants his money back."""
    await shop.subscribed("basic", "carl")
    await shop.bought("boost", "carl")
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
    await wants_it_back(shop)
    then = await shop.kept("carl")
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
    return [in_the_end(account) for account in (then, *[await shop.kept(name) for name in ("ann", "bob", "carl")])]


def in_the_end(account: Account) -> Account:
    """The account but for how often it was written, and when the gateway was last asked: by more news, more often."""
    payments = tuple(evolve(payment, refunds_seen_at=None) for payment in account.payments)
    return evolve(account, version=0, payments=payments)


async def wants_it_back(shop: OldShop) -> None:
    """A part of Carl's first month goes back, and the price of his pack nearly; his second month is disputed for
    nothing, his third for good; and of his fourth his bank warns."""
    state, bank, carl = await shop.stripe.state(), shop.stripe.bank, (await shop.kept("carl")).customer_id
    first, second, third, fourth = (x.id for x in state.invoices.values() if x.customer_id == carl)
    pack = next(x.id for x in state.intents.values() if x.customer_id == carl and x.invoice_id is None)
    await refunded(shop, first, 400)
    await bank.fail_refund(await refunded(shop, pack, None))
    won, lost = await bank.dispute(second), await bank.dispute(third)
    await bank.warn(fourth)
    await days(shop, 1)
    await bank.respond(won.id)
    await days(shop, 1)
    await bank.close(won.id, DisputeStatus.WON)
    await bank.close(lost.id, DisputeStatus.LOST)
    await days(shop, 1)


async def refunded(shop: OldShop, payment: str, amount_minor: int | None) -> str:
    """The id of the refund, which everything has followed."""
    reason = RefundReason.REQUESTED
    await shop.gateway.refund(payment, amount_minor=amount_minor, reason=reason, idempotency_key=f"back {payment}")
    await shop.settle()
    return next(reversed((await shop.stripe.state()).refunds))


@frozen
class Year:
    """How it went where all was told in the newest version."""

    told: tuple[Json, ...]
    accounts: list[Account]
    incidents: list[str]
    prices: Mapping[str, Json]
    known: Known


@pytest.fixture(scope="module")
def year() -> Year:
    shop = OldShop()
    accounts, incidents, state = asyncio.run(lived(shop))
    subs = [told["data"]["object"] for told in shop.told if told["data"]["object"]["object"] == "subscription"]
    prices = {item["price"]["id"]: item["price"] for sub in subs for item in sub["items"]["data"]}
    return Year(tuple(shop.told), accounts, incidents, prices, known_of(state))


async def lived(shop: OldShop) -> tuple[list[Account], list[str], State]:
    return await a_year(shop), await shop.incidents(), await shop.stripe.state()


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
    shop = OldShop(versions=versions)

    assert year.accounts == await a_year(shop)
    assert [] == shop.failures
    assert year.incidents == await shop.incidents()


def test_that_history_is_a_full_one(year: Year) -> None:
    carl, ann, bob, _ = year.accounts
    told = {told["type"] for told in year.told}
    paid = [told["data"]["object"] for told in year.told if told["type"] == "invoice.paid"]
    assert {"invoice.payment_failed", "customer.subscription.deleted"} <= told
    assert {"refund.created", "refund.failed", "charge.refunded", "charge.dispute.closed"} <= told
    assert {"charge.dispute.funds_reinstated", "radar.early_fraud_warning.created"} <= told
    assert {True, False} == {line["amount"] < 0 for invoice in paid for line in invoice["lines"]["data"]}
    assert len(paid) > 12
    assert [100] == [grant.amount for grant in bob.book.grants if grant.source is Source.PACK]
    assert [Status.CANCELED] == [sub.status for sub in ann.subscriptions]
    assert {"won", "lost"} == {dispute.status.value for dispute in carl.disputes}
    assert [400, 0] == [sum(p.refunded_minor for p in carl.payments if p.id.startswith(x)) for x in ("in_", "pi_")]
    assert ("fraud_warning", 1) == (year.incidents[-1], len(carl.suspended_for))


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
