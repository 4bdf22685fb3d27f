"""Asking Stripe's API: paths, pages, keys, and the pace of bulk reading. Faults stand in the integration tests."""

import pytest

from billing_core.adapters.stripe.api import any_key, of, open_api, reading
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.shapes import Misshapen
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway
from tests.stripe.canned import CannedStripe, Json, page
from tests.stripe.forms import Form

CUSTOMERS = "/v1/customers"


def customers(form: Form) -> Json:
    """Two hundred and one customers, newest first."""
    after = form.get("starting_after")
    newest = int(str(after).removeprefix("cus_")) - 1 if after else 201
    ids = range(newest, max(0, newest - int(str(form["limit"]))), -1)
    return page(*({"id": f"cus_{n}"} for n in ids), has_more=min(ids) > 1)


async def test_pages_follow_each_other_to_the_end() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, customers)

    ids = [customer["id"] async for customer in stripe.api.pages(CUSTOMERS)]

    assert [f"cus_{n}" for n in range(201, 0, -1)] == ids
    assert [None, "cus_102", "cus_2"] == [request.form.get("starting_after") for request in stripe.asked]


async def test_pages_go_on_where_they_stopped() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, customers)

    assert ["cus_2", "cus_1"] == [told["id"] async for told in stripe.api.pages(CUSTOMERS, after="cus_3")]


async def test_only_what_is_looked_at_is_read() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, customers)

    async for _ in stripe.api.pages(CUSTOMERS):
        break

    assert 1 == len(stripe.asked)


@pytest.mark.parametrize(
    "broken",
    [
        page({"id": "cus_1"}, has_more=True),  # and so for ever
        page(has_more=True),
        page({}, has_more=True),
        {"data": [7], "has_more": False},
    ],
)
async def test_pages_that_cannot_be_followed_are_a_matter_for_a_person(broken: Json) -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, broken)

    with pytest.raises(GatewayRefused):
        assert [] == [told async for told in stripe.api.pages(CUSTOMERS) if not told]


async def test_bulk_reading_keeps_the_pace_and_a_single_request_does_not_wait() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    stripe = CannedStripe().on("GET", CUSTOMERS, customers).on("GET", f"{CUSTOMERS}/cus_1", {"id": "cus_1"})
    api = open_api(stripe, key="sk_test_x", pace=Pace(per_second=10, sleep=sleep, now=lambda: 0.0))

    assert 201 == len([told async for told in api.pages(CUSTOMERS)])
    await api.get(f"{CUSTOMERS}/cus_1")
    await api.in_bulk().get(f"{CUSTOMERS}/cus_1")

    assert pytest.approx([0.1, 0.2, 0.3]) == waits


async def test_a_pace_that_was_not_used_up_is_not_saved() -> None:
    now, waits = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(per_second=2, sleep=sleep, now=lambda: now[0])
    await pace.turn()
    now[0] = 10
    await pace.turn()
    await pace.turn()

    assert [0.5] == waits


@pytest.mark.parametrize(("spread", "expected"), [(0.0, [0.25, 0.5, 1, 1.5]), (1.0, [0.5, 1, 2, 3])])
def test_pauses_double_up_to_the_longest_and_are_spread(spread: float, expected: list[float]) -> None:
    assert expected == list(Patience(longest_s=3, spread=lambda: spread).lengths())


@pytest.mark.parametrize("key", ["customer:" + "x" * 300, "customer:Ünï", "customer:a b", "a\r\nHost: b", ""])
async def test_a_key_that_no_header_can_carry_has_another_name(key: str) -> None:
    stripe = CannedStripe().on("POST", CUSTOMERS, {"id": "cus_1"})

    for sent in (key, key, f"{key}:2"):
        await stripe.api.post(CUSTOMERS, key=sent)

    first, again, other = (request.key for request in stripe.asked)
    assert first == again != other
    assert first is not None and first.isalnum() and len(first) <= 64  # noqa: PT018


def test_a_key_for_anything_is_never_the_same() -> None:
    assert any_key() != any_key()


def test_a_path_leads_to_an_object_and_to_what_hangs_on_it() -> None:
    assert "/v1/customers/cus_1" == of(CUSTOMERS, "cus_1")
    assert "/v1/invoices/in_1/pay" == of("/v1/invoices", "in_1", "pay")
    assert "/v1/prices/price_pro-month.2" == of("/v1/prices", "price_pro-month.2")


@pytest.mark.parametrize(
    "object_id", ["", ".", "..", "cus_1/../../events", "cus_1?expand[]=x", "cus 1", "cus_é", "c" * 256]
)
def test_what_is_no_id_leads_nowhere(object_id: str) -> None:
    with pytest.raises(UnknownAtGateway):
        of(CUSTOMERS, object_id)


def test_what_cannot_be_read_is_a_matter_for_a_person() -> None:
    with pytest.raises(GatewayRefused, match="a price cannot be read: no usable id"), reading("a price"):
        raise Misshapen("no usable id")
