"""Asking Stripe for one subscription or one invoice."""

import pytest

from billing_core.adapters.stripe.fetching import Fetching
from billing_core.domain.subscription import PendingChange
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.stripe.canned import Refusal, page
from tests.stripe.samples import END, NOW, Json, a_line, lines
from tests.stripe.shop import StripeShop, a_price, a_running_subscription, a_schedule, an_item
from tests.stripe.till import a_fetched_invoice, priced

INVOICE = "/v1/invoices/in_1"
SUB = "/v1/subscriptions/sub_1"


def asking(path: str, answer: Json) -> tuple[StripeShop, Fetching]:
    shop = StripeShop()
    shop.on("GET", path, answer)
    return shop, Fetching(shop.api, shop.book)


async def test_a_subscription_comes_with_what_waits_for_it() -> None:
    waiting = a_running_subscription(schedule=a_schedule("price_basic", "price_pro"))
    shop, fetching = asking(SUB, waiting)

    snapshot = await fetching.fetch_subscription("sub_1", now=NOW)

    assert (snapshot.seen_at, snapshot.pending_change) == (NOW, PendingChange("pro_month", END))
    assert {"expand": {"0": "schedule"}} == shop.only("GET", SUB).form


async def test_a_price_that_came_up_meanwhile_is_asked_for() -> None:
    shop, fetching = asking(INVOICE, a_fetched_invoice(a_line(pricing=priced("price_late"))))
    shop.on("GET", "/v1/prices/price_late", a_price("price_late", "late_month"))

    paid = await fetching.fetch_invoice("in_1")

    assert paid is not None
    assert ["late_month"] == [line.price for line in paid.lines]


async def test_a_subscription_that_cannot_be_read_is_for_a_person() -> None:
    _, fetching = asking(SUB, a_running_subscription({**an_item(), "price": None}))
    with pytest.raises(GatewayRefused, match="subscription sub_1 cannot be read: no usable price"):
        await fetching.fetch_subscription("sub_1", now=NOW)


async def test_an_invoice_has_the_lines_of_every_page() -> None:
    shop, fetching = asking(INVOICE, a_fetched_invoice(lines=lines(a_line(), has_more=True)))
    first, last = a_line(pricing=priced("price_pro")), {**a_line(pricing=priced("price_basic")), "id": "il_9"}
    shop.on("GET", f"{INVOICE}/lines", page(first, has_more=True), page(last))

    paid = await fetching.fetch_invoice("in_1")

    assert paid is not None
    assert (["il_1", "il_9"], True) == ([line.key for line in paid.lines], paid.complete)
    assert shop.all("GET", f"{INVOICE}/lines")[1].form["starting_after"] == "il_1"


@pytest.mark.parametrize("status", ["draft", "open", "void", "uncollectible"])
async def test_an_invoice_that_is_not_paid_is_none(status: str) -> None:
    _, fetching = asking(INVOICE, a_fetched_invoice(status=status))
    assert await fetching.fetch_invoice("in_1") is None


async def test_an_invoice_whose_lines_could_be_mixed_up_is_for_a_person() -> None:
    old = {**a_line(), "id": "sub_1"}
    _, fetching = asking(INVOICE, a_fetched_invoice(old))
    with pytest.raises(GatewayRefused, match="its lines cannot be told apart"):
        await fetching.fetch_invoice("in_1")


async def test_what_is_unknown_is_said_to_be() -> None:
    shop, fetching = asking(INVOICE, {})
    shop.on("GET", INVOICE, Refusal(404, "resource_missing"))
    with pytest.raises(UnknownAtGateway):
        await fetching.fetch_invoice("in_1")
    with pytest.raises(UnknownAtGateway):
        await fetching.fetch_invoice("in_1/pay")


def a_means(fingerprint: object = "fp_1", **more: object) -> Json:
    return {"id": "pm_1", "object": "payment_method", "type": "card", "card": {"fingerprint": fingerprint}, **more}


def a_holder(means: object) -> Json:
    return {"id": "cus_1", "object": "customer", "invoice_settings": {"default_payment_method": means}}


async def test_the_subscriptions_own_card_goes_before_its_customers() -> None:
    own = a_running_subscription(default_payment_method=a_means("fp_own"), customer=a_holder(a_means("fp_customer")))
    shop, fetching = asking(SUB, own)

    assert await fetching.card_of("sub_1") == "fp_own"
    wanted = {"0": "default_payment_method", "1": "customer.invoice_settings.default_payment_method"}
    assert shop.only("GET", SUB).form == {"expand": wanted}


async def test_where_it_has_none_the_customers_card_pays() -> None:
    _, fetching = asking(SUB, a_running_subscription(customer=a_holder(a_means("fp_customer"))))

    assert await fetching.card_of("sub_1") == "fp_customer"


BANK_ACCOUNT = {
    "id": "pm_1",
    "object": "payment_method",
    "type": "us_bank_account",
    "us_bank_account": {"last4": "6789"},
}


@pytest.mark.parametrize(
    "means",
    [None, "pm_1", BANK_ACCOUNT, a_means(card=None), a_means(card=[]), a_means(""), a_means(7), a_means("fp\0"), [], 1],
)
async def test_what_is_no_card_with_a_fingerprint_tells_none(means: object) -> None:
    _, fetching = asking(SUB, a_running_subscription(default_payment_method=means, customer=a_holder(means)))

    assert await fetching.card_of("sub_1") is None


@pytest.mark.parametrize("customer", [None, "cus_1", {"id": "cus_1", "object": "customer", "deleted": True}, []])
async def test_a_customer_that_is_not_told_has_no_card(customer: object) -> None:
    _, fetching = asking(SUB, a_running_subscription(customer=customer))

    assert await fetching.card_of("sub_1") is None
