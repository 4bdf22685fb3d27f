"""Credit notes at the simulated Stripe: before an invoice is paid, and after."""

from typing import Any

import pytest

from tests.shops.simulated import DECLINES_LATER, GOOD
from tests.stripe.simulated_api import Api

PAID, OPEN = "in_00000001", "in_00000002"


@pytest.fixture
async def api() -> Api:
    """A shop with a paid invoice, and one whose payment was declined."""
    api = Api()
    await api.shop.subscribed(card=DECLINES_LATER)
    await api.shop.later(days=29)
    return api


async def shown(api: Api, invoice: str) -> Any:
    return await api.get(f"/v1/invoices/{invoice}")


async def test_less_is_due_after_a_note_and_so_much_is_charged(api: Api) -> None:
    note = await api.post("/v1/credit_notes", invoice=OPEN, amount=300, reason="product_unsatisfactory")
    await api.shop.replaced(GOOD)
    await api.shop.later(days=4)
    invoice = await shown(api, OPEN)

    assert ("pre_payment", 300, 0) == (note["type"], note["pre_payment_amount"], note["post_payment_amount"])
    assert ("paid", 700, 300) == (
        invoice["status"],
        invoice["amount_paid"],
        invoice["pre_payment_credit_notes_amount"],
    )
    assert 700 == (await api.get("/v1/charges"))["data"][0]["amount"]
    assert "credit_note.created" in await api.told()


async def test_an_invoice_that_is_credited_whole_is_paid_without_money(api: Api) -> None:
    await api.post("/v1/credit_notes", invoice=OPEN, amount=1000)
    invoice = await shown(api, OPEN)

    assert ("paid", 0, 0) == (invoice["status"], invoice["amount_paid"], invoice["amount_remaining"])
    assert "active" == (await api.get("/v1/subscriptions"))["data"][0]["status"]


async def test_a_note_that_was_voided_is_due_again(api: Api) -> None:
    note = await api.post("/v1/credit_notes", invoice=OPEN, amount=300)
    voided = await api.post(f"/v1/credit_notes/{note['id']}/void")

    assert ("void", 1000) == (voided["status"], (await shown(api, OPEN))["amount_due"])
    assert 400 == (await api.refused("POST", f"/v1/credit_notes/{note['id']}/void"))[0]
    assert "credit_note.voided" in await api.told()


async def test_what_was_paid_goes_back_to_the_card_the_balance_or_elsewhere(api: Api) -> None:
    back = {"refund_amount": 200, "credit_amount": 100, "out_of_band_amount": 50}
    note = await api.post("/v1/credit_notes", invoice=PAID, amount=350, memo="Sorry", **back)
    (refund,) = (await api.get("/v1/refunds"))["data"]

    assert ("post_payment", "Sorry", 350) == (note["type"], note["memo"], note["post_payment_amount"])
    assert [(refund["id"], 200)] == [(each["refund"], each["amount_refunded"]) for each in note["refunds"]]
    assert -100 == await api.shop.balance()
    assert ("paid", 1000, 350) == (
        (await shown(api, PAID))["status"],
        (await shown(api, PAID))["amount_paid"],
        (await shown(api, PAID))["post_payment_credit_notes_amount"],
    )
    assert [note] == (await api.get("/v1/credit_notes", invoice=PAID))["data"]
    assert note == await api.get(f"/v1/credit_notes/{note['id']}")


@pytest.mark.parametrize(
    ("invoice", "params"),
    [
        (PAID, {"amount": 100}),
        (PAID, {"amount": 1001, "credit_amount": 1001}),
        (PAID, {"amount": 100, "credit_amount": 90}),
        (OPEN, {"amount": 100, "refund_amount": 100}),
        (OPEN, {"amount": 1001}),
        (OPEN, {"amount": 0}),
        (OPEN, {}),
    ],
)
async def test_a_note_that_does_not_add_up_is_refused(api: Api, invoice: str, params: dict[str, int]) -> None:
    assert 400 == (await api.refused("POST", "/v1/credit_notes", invoice=invoice, **params))[0]
    assert [] == (await api.get("/v1/refunds"))["data"]


async def test_a_note_never_takes_back_more_than_was_paid(api: Api) -> None:
    for _ in range(2):
        await api.post("/v1/credit_notes", invoice=PAID, amount=500, credit_amount=500)

    assert 400 == (await api.refused("POST", "/v1/credit_notes", invoice=PAID, amount=1, credit_amount=1))[0]
