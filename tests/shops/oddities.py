"""Oddities: how each kind of incident comes about, over a simulated Stripe."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from attrs import evolve, field, frozen

from billing_core.adapters.books.encoding import Encoded
from billing_core.adapters.books.writes import AccountWrite
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.adapters.stripe.transport import Answering
from billing_core.application.importing import Importing
from billing_core.application.naming import Naming
from billing_core.domain.catalog import Catalog, Kind
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.entrypoints.keeping_step import importing_of, reconciling_of
from billing_core.ports.commit import Commit
from billing_core.ports.errors import GatewayRefused, Misconfigured, NoticeRefused
from billing_core.ports.gateway import CheckoutRequest, PaymentGateway, RefundReason
from billing_core.ports.model_watch import ModelProblem, ModelStanding
from billing_core.ports.records import Job, OwnerClaimed
from tests.shops.desk import Desk
from tests.shops.use_case import (
    A_DAY,
    A_MINUTE,
    A_SECOND,
    BACK,
    BASIC,
    DECLINES_LATER,
    ENTERPRISE,
    GOOD,
    PREMIUM,
    PRO,
    SECRET,
    TRYOUT,
    DistantStripe,
    MortalAccounts,
    Shop,
    a_customer,
    an_event,
    the_catalog,
)

K = IncidentKind
SUSPECT = "4100000000000019"
WITHOUT_BASIC = evolve(BASIC, prices=BASIC.prices[1:])
Step = Callable[[Shop], Awaitable[object]]

MAKERS: dict[IncidentKind, Step] = {}
SAVED: dict[str, AccountWrite] = {}


def makes(kind: IncidentKind) -> Callable[[Step], Step]:
    """The step makes an incident of that kind."""

    def keep(step: Step) -> Step:
        MAKERS[kind] = step
        return step

    return keep


def all_but_basic() -> Catalog:
    return the_catalog(WITHOUT_BASIC, PRO, PREMIUM, TRYOUT, ENTERPRISE)


def lacking() -> Catalog:
    return the_catalog(WITHOUT_BASIC, PRO, PREMIUM)


async def mended(shop: Shop) -> None:
    shop.wire(the_catalog())


async def paid_unheard(shop: Shop) -> list[bytes]:
    """Somebody has paid for a plan, but no webhook came: the bodies of its invoices."""
    started = await shop.opened()
    await shop.work()
    await shop.stripe.pay(started.session_id, GOOD)
    return await shop.sent("invoice.paid")


@frozen
class Telling:
    """A gateway that tells something else of subscriptions, or refuses checkouts."""

    gateway: PaymentGateway
    told: dict[str, Any] = field(factory=dict)
    refuses: bool = False

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        return evolve(await self.gateway.fetch_subscription(subscription_id, now=now), **self.told)

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> Any:
        if self.refuses:
            raise GatewayRefused("Your account cannot make charges")
        return await self.gateway.open_checkout(request, idempotency_key=idempotency_key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


# Money


@makes(K.ORPHAN_PAYMENT)
async def an_orphan(shop: Shop) -> None:
    session = await shop.use.buying()(a_customer("guest"), "boost", "usd", BACK)
    await shop.stripe.pay(session.session_id, GOOD)
    told = json.loads((await shop.sent("checkout.session.completed"))[0])
    told["id"] = "evt_by_link"
    told["data"]["object"] |= {"id": "cs_by_link", "customer": "cus_by_link", "payment_intent": "pi_by_link"}
    await shop.given(10)
    await shop.receive_event(told)
    await shop.later(11 * A_MINUTE)


@makes(K.UNEXPLAINED_PAYMENT)
async def unexplained(shop: Shop) -> None:
    started = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.stripe.pay(started.session_id, GOOD)
    told = json.loads((await shop.sent("checkout.session.completed"))[0])
    told["data"]["object"]["metadata"] = {}
    await shop.receive_event(told)


@makes(K.UNKNOWN_PRICE)
async def unknown_price(shop: Shop) -> None:
    (body,) = await paid_unheard(shop)
    shop.wire(lacking())
    await shop.receive(body)


@makes(K.PAYMENT_TOO_OLD)
async def too_old(shop: Shop) -> None:
    (body,) = await paid_unheard(shop)
    shop.clock.advance((31 + 181) * A_DAY)
    await shop.receive(body)


@makes(K.SLOT_PAID_LATE)
async def paid_late(shop: Shop) -> None:
    (body,) = await paid_unheard(shop)
    shop.clock.advance(40 * A_DAY)
    await shop.receive(body)
    await shop.work()


@makes(K.LINE_UNPLACED)
async def unplaced(shop: Shop) -> None:
    await shop.subscribed()
    told = json.loads((await shop.sent("invoice.paid"))[-1])
    told["id"] = "evt_odd_line"
    invoice = told["data"]["object"]
    invoice["id"] = "in_odd_line"
    line = invoice["lines"]["data"][0]
    line["id"] = "il_odd_line"
    line["period"]["end"] -= 5 * 86_400
    await shop.receive_event(told)


@makes(K.INVOICE_NOT_FINALIZED)
async def not_finalized(shop: Shop) -> None:
    await paid_unheard(shop)
    told = json.loads((await shop.sent("invoice.paid"))[-1])
    await shop.receive_event(an_event("invoice.finalization_failed", told["data"]["object"]))


@makes(K.INVOICE_OVERPAID)
async def overpaid(shop: Shop) -> None:
    await shop.subscribed()
    told = json.loads((await shop.sent("invoice.paid"))[-1])
    await shop.receive_event(an_event("invoice.overpaid", told["data"]["object"] | {"amount_overpaid": 5}))


async def the_invoice(shop: Shop) -> str:
    (invoice,) = (await shop.stripe.state()).invoices
    return invoice


@makes(K.PAYMENT_UNDER_REVIEW)
async def under_review(shop: Shop) -> None:
    await shop.subscribed()
    state = await shop.stripe.state()
    (intent,), (charge,) = state.intents, state.charges
    review = {"id": "prv_1", "object": "review", "charge": charge, "payment_intent": intent, "opened_reason": "rule"}
    await shop.receive_event(an_event("review.opened", review))


@makes(K.FRAUD_WARNING)
async def warned(shop: Shop) -> None:
    await shop.subscribed(card=SUSPECT)


async def gave_back(shop: Shop) -> None:
    """At Stripe; the webhooks of it are not heard."""
    invoice = await the_invoice(shop)
    await shop.gateway.refund(invoice, amount_minor=None, reason=RefundReason.FRAUDULENT, idempotency_key="back")


@makes(K.DISPUTE_OPENED)
async def disputed(shop: Shop) -> None:
    await shop.subscribed()
    await shop.stripe.bank.dispute(await the_invoice(shop))
    await shop.later(timedelta(hours=1))


async def won(shop: Shop) -> None:
    """The bank decides for us, and the webhooks of it are not heard."""
    (dispute,) = (await shop.stripe.state()).disputes
    if (await shop.stripe.state()).disputes[dispute].status.value == "lost":
        await shop.stripe.bank.appeal(dispute)
    await shop.stripe.bank.respond(dispute)
    await shop.stripe.bank.close(dispute, DisputeStatus.WON)


@makes(K.DISPUTE_LOST)
async def lost(shop: Shop) -> None:
    await shop.subscribed()
    dispute = await shop.stripe.bank.dispute(await the_invoice(shop))
    await shop.stripe.bank.close(dispute.id, DisputeStatus.LOST)
    await shop.later(timedelta(hours=1))


# Subscriptions


@makes(K.TRIAL_CARD_USED)
async def two_trials_with_one_card(shop: Shop) -> None:
    await shop.subscribed("tryout", "bob")
    await shop.subscribed("tryout")


@makes(K.SURPLUS_SUBSCRIPTION)
async def two_subscriptions(shop: Shop) -> None:
    """Two checkouts in two tabs, both paid; the job that cancels one of them has not run."""
    first = await shop.opened("basic")
    shop.clock.advance(A_SECOND)
    await shop.paid(first)
    shop.clock.advance(A_DAY)
    wanted = CheckoutRequest(
        account_id="ann",
        customer_id=(await shop.kept()).customer_id or "",
        kind=Kind.PLAN,
        item="pro",
        price="pro-month",
        version=1,
        recurring=True,
        success_url="https://shop.example",
        cancel_url="https://shop.example",
    )
    second = await shop.gateway.open_checkout(wanted, idempotency_key="the other tab")
    await shop.stripe.pay(second.id, GOOD)
    newer = (await shop.stripe.state()).sessions[second.id].subscription_id
    await shop.use.refreshing()("ann", str(newer))


async def is_one_plan(shop: Shop) -> None:
    statuses = [sub.status for sub in (await shop.stripe.state()).subscriptions.values()]
    assert [Status.CANCELED, Status.ACTIVE] == statuses
    await shop.settle()
    assert "pro" == await shop.plan()


@makes(K.UNEXPECTED_STATUS)
async def unforeseen(shop: Shop) -> None:
    telling = Telling(shop.gateway)
    shop.use.gateway.override(telling)
    subscription = await shop.subscribed()
    shop.clock.advance(A_DAY)
    telling.told["status"] = Status.INCOMPLETE
    await shop.use.refreshing()("ann", subscription)


async def is_active(shop: Shop) -> None:
    assert [Status.ACTIVE] == [sub.status for sub in (await shop.kept()).subscriptions]


@makes(K.OWNER_CONFLICT)
async def claimed_twice(shop: Shop) -> None:
    await shop.subscribed()
    await shop.opened(account="bob")
    told = json.loads((await shop.sent("checkout.session.completed"))[0])
    told["id"] = "evt_mixed_up"
    told["data"]["object"] |= {"id": "cs_bobs", "customer": (await shop.kept("bob")).customer_id}
    await shop.receive_event(told)


@makes(K.RECONCILE_GONE)
async def gone(shop: Shop) -> None:
    """The key is another shop's."""
    await shop.subscribed()
    ours = shop.stripe
    shop.stripe = DistantStripe(
        lambda: shop.catalog, shop.clock, SECRET, "https://shop.example", shop.handed_over, settings=shop.habits
    )
    shop.wire(shop.catalog)
    await shop.serving()
    _ = [result async for result in reconciling_of(shop.use)()]
    shop.stripe = ours


async def imported(shop: Shop, source: str) -> None:
    await shop.serving()
    importing: Importing = importing_of(shop.use)
    _ = [result async for result in importing(Naming(source))]


async def a_customer_by_hand(shop: Shop, email: str) -> None:
    """Made at Stripe's dashboard, so that it does not name an account."""
    status, _, body = await shop.stripe.answer(
        "POST",
        "https://api.stripe.com/v1/customers",
        {"Authorization": "Bearer sk_test_x", "Content-Type": "application/x-www-form-urlencoded"},
        urlencode({"email": email}).encode(),
    )
    assert status == 200, body


@makes(K.IMPORT_NO_ACCOUNT)
async def imported_without_a_name(shop: Shop) -> None:
    await shop.given(10)
    await a_customer_by_hand(shop, "ann@app.example")
    await imported(shop, "metadata.user_id")


async def is_linked(shop: Shop) -> None:
    (customer,) = (await shop.stripe.state()).customers
    assert ("ann", customer) == (await shop.memory.directory.owner_of(customer), (await shop.kept()).customer_id)


@makes(K.IMPORT_CONFLICT)
async def imported_two_of_one(shop: Shop) -> None:
    for _ in range(2):
        await a_customer_by_hand(shop, "ann@app.example")
    await imported(shop, "email")


# Work


@makes(K.WEBHOOK_FAILED)
async def refused(shop: Shop) -> None:
    """For a pack that the catalog does not have, until it is mended."""
    session = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.stripe.pay(session.session_id, GOOD)
    (body,) = await shop.sent("checkout.session.completed")
    shop.wire(the_catalog(packs=()))
    await shop.receive(body)


@makes(K.WEBHOOK_DEAD)
async def refused_to_the_last(shop: Shop) -> None:
    (body,) = await paid_unheard(shop)
    shop.wire(lacking())
    await shop.receive(body)
    while shop.jobs("retry-webhook"):
        shop.clock.advance(A_DAY)
        await shop.work()


@makes(K.ACCRUAL_FAILED)
async def unreadable_account(shop: Shop) -> None:
    await shop.given(10)
    rows = shop.memory.state.accounts
    kept = rows["ann"]
    shop.clock.advance(31 * A_DAY)
    SAVED["ann"] = kept
    rows["ann"] = kept._replace(snapshot=Encoded(99, b"{}"))
    await shop.use.accruing().run({})


@makes(K.JOB_FAILED)
async def without_a_handler(shop: Shop) -> None:
    job = Job(task="of-tomorrow", args={})
    await shop.memory.accounts.change("ann", lambda _: Commit(None, (), (job,)))
    stop = asyncio.Event()
    running = asyncio.create_task(shop.use.runner().run({}, stop=stop, periodic={}))
    while not await shop.incidents():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    stop.set()
    await running


@makes(K.GATEWAY_REFUSED)
async def refusing(shop: Shop) -> None:
    shop.use.gateway.override(Telling(shop.gateway, refuses=True))
    answer = await Desk(shop).ask(
        "POST",
        "/api/v1/subscriptions/checkout",
        json={"tier": "basic", "success_url": "https://shop.example/a", "cancel_url": "https://shop.example/b"},
    )
    assert (502, "gateway_refused") == (answer.status_code, answer.json()["code"])


@makes(K.NOT_ON_SALE)
async def archived(shop: Shop) -> None:
    await shop.serving()
    shop.catalog = all_but_basic()  # so Stripe sells no more than this, while the product has all
    price = {"id": "price_gone", "object": "price", "active": False, "product": "prod_1"}
    await shop.receive_event(an_event("price.deleted", price))
    await shop.work()


async def on_sale_again(shop: Shop) -> None:
    shop.catalog = the_catalog()


@makes(K.IMAGE_PROVIDER)
async def misconfigured(shop: Shop) -> None:
    shop.painter.told = [Misconfigured("openai", "the key was refused")]
    await shop.given(10)
    await shop.generated()


class Watch:
    async def standings(self) -> tuple[ModelStanding, ...]:
        return (ModelStanding(model="small", provider="openai", name="s-1", problem=ModelProblem.RETIRED),)


@makes(K.MODEL)
async def retired(shop: Shop) -> None:
    shop.use.model_watch.override(Watch())
    await shop.use.checking_models().run({})


# What Stripe tells in lists, told otherwise

Twist = Callable[[Any], object]


def twisting(stripe: DistantStripe, part: str, twist: Twist) -> Answering:
    """Stripe, but with something done to each object of the lists at that path."""

    async def answer(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, told, content = await stripe.answer(method, url, headers, body)
        if method == "GET" and urlsplit(url).path == part:
            page = json.loads(content)
            for each in page["data"]:
                twist(each)
            content = json.dumps(page).encode()
        return status, told, content

    return answer


def hears(shop: Shop, part: str, twist: Twist) -> None:
    """From now on the product hears this of Stripe, until it is wired anew."""
    shop.wire(shop.catalog)
    assert isinstance(shop.stripe, DistantStripe)
    shop.use.answering.override(twisting(shop.stripe, part, twist))


def without_items(subscription: Any) -> None:
    subscription["items"] = {"object": "list", "data": []}


def by_halves(invoice: Any) -> None:
    for line in invoice["lines"]["data"]:
        line["quantity_decimal"] = "0.5"


def on_new_books(shop: Shop, catalog: Catalog) -> None:
    """What Stripe knows is not known here any more."""
    shop.memory = MemoryBooks(shop.described, now=shop.clock.now)
    shop.accounts = MortalAccounts(shop.memory.accounts)
    shop.wire(catalog)


async def reconciled(shop: Shop) -> None:
    await shop.serving()
    _ = [result async for result in reconciling_of(shop.use)()]


@makes(K.RECONCILE_UNREADABLE)
async def told_without_items(shop: Shop) -> None:
    await shop.subscribed()
    hears(shop, "/v1/subscriptions", without_items)
    await reconciled(shop)


@makes(K.RECONCILE_FAILED)
async def missed_by_halves(shop: Shop) -> None:
    await paid_unheard(shop)
    (subscription,) = (await shop.stripe.state()).subscriptions
    await shop.memory.accounts.change("ann", lambda _: Commit(None, (), (OwnerClaimed(subscription),)))
    shop.wire(shop.catalog)
    shop.use.gateway.override(Telling(shop.gateway, told={"quantity": -1}))
    await reconciled(shop)


@makes(K.IMPORT_UNKNOWN_PRICE)
async def imported_without_its_price(shop: Shop) -> None:
    await shop.subscribed()
    on_new_books(shop, lacking())
    await imported(shop, "customer")


@makes(K.IMPORT_UNREADABLE)
async def imported_without_items(shop: Shop) -> None:
    await shop.subscribed()
    on_new_books(shop, shop.catalog)
    hears(shop, "/v1/subscriptions", without_items)
    await imported(shop, "customer")


@makes(K.IMPORT_FAILED)
async def imported_by_halves(shop: Shop) -> None:
    await shop.subscribed()
    on_new_books(shop, shop.catalog)
    hears(shop, "/v1/invoices", by_halves)
    await imported(shop, "customer")


class NoMail:
    async def send(self, _notice: object) -> None:
        raise NoticeRefused("550 no such mailbox")


@makes(K.NOTICE_REFUSED)
async def without_a_mailbox(shop: Shop) -> None:
    shop.use.notifier.override(NoMail())
    await shop.subscribed(card=DECLINES_LATER)
    await shop.later(31 * A_DAY)
