"""What a checkout asks of Stripe, and what becomes of its refusals."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.sessions import Sessions
from billing_core.domain.catalog import Kind
from billing_core.domain.checkout_page import BorderStyle, Branding, CustomField, FieldKind
from billing_core.domain.errors import CurrencyLocked, InvalidValue
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession
from tests.stripe.canned import CannedStripe, Json, Refusal, page
from tests.stripe.forms import Form

SESSIONS = "/v1/checkout/sessions"
CODES = "/v1/promotion_codes"
PRICES = "/v1/prices"
OPENED: Json = {"id": "cs_1", "url": "https://checkout.stripe.com/c/1", "expires_at": 1_800_086_400, "status": "open"}
PLAN = CheckoutRequest(
    account_id="acc_1",
    customer_id="cus_1",
    kind=Kind.PLAN,
    item="pro",
    price="pro_month",
    version=3,
    recurring=True,
    success_url="https://app.test/done?session={CHECKOUT_SESSION_ID}",
    cancel_url="https://app.test/back",
)
PACK = evolve(PLAN, kind=Kind.PACK, item="handful", price="handful", recurring=False)
METADATA = {
    "billing_core_account": "acc_1",
    "billing_core_kind": "plan",
    "billing_core_item": "pro",
    "billing_core_version": "3",
}


def a_price(price_id: str, key: str) -> Json:
    return {"id": price_id, "lookup_key": key, "active": True, "metadata": {}}


def selling() -> CannedStripe:
    """A Stripe that sells a plan and a pack, and opens every checkout."""
    prices = page(a_price("price_1", "pro_month"), a_price("price_2", "handful"))
    return CannedStripe().on("GET", PRICES, prices).on("POST", SESSIONS, OPENED)


async def opened(stripe: CannedStripe, request: CheckoutRequest) -> CheckoutSession:
    return await Sessions(stripe.api, PriceBook(stripe.api)).open_checkout(request, idempotency_key="k")


async def asked(request: CheckoutRequest, stripe: CannedStripe | None = None) -> Form:
    """What the checkout asks of Stripe."""
    stripe = stripe or selling()
    await opened(stripe, request)
    return stripe.only("POST", SESSIONS).form


async def test_a_plan_is_a_subscription_that_carries_what_was_bought() -> None:
    assert {
        "mode": "subscription",
        "customer": "cus_1",
        "client_reference_id": "acc_1",
        "line_items": {"0": {"price": "price_1", "quantity": "1"}},
        "success_url": "https://app.test/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://app.test/back",
        "metadata": METADATA,
        "subscription_data": {"metadata": METADATA},
    } == await asked(PLAN)


async def test_a_pack_is_one_payment_that_carries_what_was_bought() -> None:
    form = await asked(PACK)

    metadata = {**METADATA, "billing_core_kind": "pack", "billing_core_item": "handful"}
    assert ("payment", {"metadata": metadata}) == (form["mode"], form["payment_intent_data"])
    assert "subscription_data" not in form


async def test_the_session_has_a_page_and_an_end() -> None:
    expected = CheckoutSession(
        id="cs_1", url="https://checkout.stripe.com/c/1", expires_at=datetime(2027, 1, 16, 8, tzinfo=UTC)
    )

    assert expected == await opened(selling(), PLAN)


async def test_a_trial_with_a_card_only_has_its_days() -> None:
    form = await asked(evolve(PLAN, trial_days=14))

    assert {"metadata": METADATA, "trial_period_days": "14"} == form["subscription_data"]
    assert "payment_method_collection" not in form


async def test_a_trial_without_a_card_asks_for_none_and_ends_as_a_cancellation() -> None:
    form = await asked(evolve(PLAN, trial_days=14, trial_needs_card=False))

    assert "if_required" == form["payment_method_collection"]
    assert {
        "metadata": METADATA,
        "trial_period_days": "14",
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
    } == form["subscription_data"]


async def test_tax_and_address_are_asked_for_where_the_catalog_says_so() -> None:
    form = await asked(evolve(PLAN, automatic_tax=True, billing_address=True))

    assert ({"enabled": "true"}, {"address": "auto"}) == (form["automatic_tax"], form["customer_update"])
    assert "required" == form["billing_address_collection"]


async def test_the_page_asks_and_looks_as_the_catalog_says() -> None:
    company = CustomField(key="company", label="Company", optional=True)
    seats = CustomField(key="seats", label="How many are you?", kind=FieldKind.NUMERIC)
    look = Branding(display_name="Shop", button_color="#0066cc", border_style=BorderStyle.PILL)
    form = await asked(evolve(PLAN, custom_fields=(company, seats), branding=look))

    assert {
        "0": {"key": "company", "label": {"type": "custom", "custom": "Company"}, "type": "text", "optional": "true"},
        "1": {
            "key": "seats",
            "label": {"type": "custom", "custom": "How many are you?"},
            "type": "numeric",
            "optional": "false",
        },
    } == form["custom_fields"]
    assert {"display_name": "Shop", "button_color": "#0066cc", "border_style": "pill"} == form["branding_settings"]


async def test_a_look_of_which_nothing_is_said_is_not_sent() -> None:
    assert {"branding_settings", "custom_fields"}.isdisjoint(await asked(evolve(PLAN, branding=Branding())))


async def test_a_field_for_promotion_codes_is_shown_where_the_catalog_says_so() -> None:
    assert "true" == (await asked(evolve(PLAN, promotion_codes=True)))["allow_promotion_codes"]


async def test_a_named_promotion_code_is_applied_and_takes_the_place_of_the_field() -> None:
    stripe = selling().on("GET", CODES, page({"id": "promo_1"}))

    form = await asked(evolve(PLAN, promotion_code="SPRING", promotion_codes=True), stripe)

    assert {"0": {"promotion_code": "promo_1"}} == form["discounts"]
    assert "allow_promotion_codes" not in form
    assert ("SPRING", "true") == tuple(stripe.only("GET", CODES).form[name] for name in ("code", "active"))


@pytest.mark.parametrize(
    ("customers", "expected"),
    [((None, "cus_1"), "promo_1"), (("cus_1", None), "promo_0"), (("cus_2", None), "promo_1")],
)
async def test_of_the_promotions_by_one_code_the_customers_own_is_applied(
    customers: tuple[str | None, ...], expected: str
) -> None:
    promotions = ({"id": f"promo_{n}", "customer": customer} for n, customer in enumerate(customers))
    stripe = selling().on("GET", CODES, page(*promotions))

    form = await asked(evolve(PLAN, promotion_code="SPRING"), stripe)

    assert {"0": {"promotion_code": expected}} == form["discounts"]


@pytest.mark.failure("E11")
async def test_a_promotion_code_of_somebody_else_is_an_invalid_value() -> None:
    stripe = selling().on("GET", CODES, page({"id": "promo_1", "customer": "cus_2"}))

    with pytest.raises(InvalidValue, match="promotion_code"):
        await opened(stripe, evolve(PLAN, promotion_code="THEIRS"))


async def test_a_promotion_code_that_does_not_exist_is_an_invalid_value() -> None:
    stripe = selling().on("GET", CODES, page())

    with pytest.raises(InvalidValue, match="promotion_code"):
        await opened(stripe, evolve(PLAN, promotion_code="NONE"))
    assert [] == stripe.all("POST", SESSIONS)


@pytest.mark.failure("E11")
@pytest.mark.parametrize(
    "refusal", [Refusal(400, param="discounts[0][promotion_code]"), Refusal(400, "coupon_expired")]
)
async def test_a_promotion_code_that_is_not_for_this_customer_is_an_invalid_value(refusal: Refusal) -> None:
    stripe = selling().on("GET", CODES, page({"id": "promo_1"})).on("POST", SESSIONS, refusal)

    with pytest.raises(InvalidValue, match="promotion_code"):
        await opened(stripe, evolve(PLAN, promotion_code="FIRST"))


async def test_a_customer_who_pays_in_another_currency_is_told_which() -> None:
    refusal = Refusal(
        400,
        message="You cannot combine currencies on a single customer. This customer has an active subscription, "
        "subscription schedule, discount, quote, or invoice item with currency eur.",
    )

    with pytest.raises(CurrencyLocked, match="pays in eur"):
        await opened(selling().on("POST", SESSIONS, refusal), PLAN)


async def test_a_long_account_id_stands_in_the_metadata_alone() -> None:
    form = await asked(evolve(PLAN, account_id="x" * 201))

    assert "client_reference_id" not in form
    assert isinstance(form["metadata"], dict)
    assert "x" * 201 == form["metadata"]["billing_core_account"]


async def test_where_the_price_was_replaced_meanwhile_its_successor_is_sold() -> None:
    def answer(form: Form) -> Json | Refusal:
        inactive = Refusal(400, message="The price is inactive.", param="line_items[0][price]")
        return inactive if "price_1" in str(form) else OPENED

    stripe = selling().on("POST", SESSIONS, answer)
    book = PriceBook(stripe.api)
    await book.load()
    stripe.on("GET", PRICES, page(a_price("price_7", "pro_month")))

    session = await Sessions(stripe.api, book).open_checkout(PLAN, idempotency_key="k")

    assert "cs_1" == session.id
    assert ["k", "k:price_7"] == [request.key for request in stripe.all("POST", SESSIONS)]


async def test_a_price_without_a_successor_is_refused() -> None:
    refusal = Refusal(400, "resource_missing", "No such price: 'price_1'", "line_items[0][price]")

    with pytest.raises(UnknownAtGateway, match="price_1"):
        await opened(selling().on("POST", SESSIONS, refusal), PLAN)


@pytest.mark.parametrize("missing", ["id", "url", "expires_at"])
async def test_a_session_that_cannot_be_read_is_a_matter_for_a_person(missing: str) -> None:
    stripe = selling().on("POST", SESSIONS, {**OPENED, missing: None})

    with pytest.raises(GatewayRefused, match=missing):
        await opened(stripe, PLAN)


async def expire(stripe: CannedStripe) -> None:
    await Sessions(stripe.api, PriceBook(stripe.api)).expire_checkout("cs_1")


async def test_an_open_session_is_ended() -> None:
    stripe = CannedStripe().on("POST", f"{SESSIONS}/cs_1/expire", {**OPENED, "status": "expired"})

    await expire(stripe)

    assert 1 == len(stripe.asked)


@pytest.mark.parametrize("status", ["expired", "complete"])
async def test_a_session_that_is_not_open_is_left_alone(status: str) -> None:
    stripe = CannedStripe().on("POST", f"{SESSIONS}/cs_1/expire", Refusal(400))
    stripe.on("GET", f"{SESSIONS}/cs_1", {**OPENED, "status": status})

    await expire(stripe)


async def test_an_open_session_that_will_not_end_is_refused() -> None:
    stripe = CannedStripe().on("POST", f"{SESSIONS}/cs_1/expire", Refusal(400)).on("GET", f"{SESSIONS}/cs_1", OPENED)

    with pytest.raises(GatewayRefused):
        await expire(stripe)


async def test_a_session_that_nobody_knows_is_said_to_be_unknown() -> None:
    stripe = CannedStripe().on("POST", f"{SESSIONS}/cs_1/expire", Refusal(404, "resource_missing"))

    with pytest.raises(UnknownAtGateway):
        await expire(stripe)
