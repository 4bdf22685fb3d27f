"""The check of what passes between us and Stripe lets through what Stripe documents, and nothing else."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.stripe.forms import form_of
from tests.stripe.spec import Checked, problems_of_object, problems_of_request, spec

has_document = spec() is not None
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 500,
    "balance_transaction": None,
    "charge": "ch_1",
    "created": 1_800_000_000,
    "currency": "usd",
    "metadata": {},
    "payment_intent": "pi_1",
    "reason": None,
    "receipt_number": None,
    "source_transfer_reversal": None,
    "status": "succeeded",
    "transfer_reversal": None,
}


def asked(method: str, path: str, form: str) -> list[str]:
    return problems_of_request(method, path, form_of(form))


def answering(answer: dict[str, Any]) -> Checked:
    async def always(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        return 200, {}, json.dumps(answer).encode()

    return Checked(always)


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/v1/refunds", "payment_intent=pi_1&amount=500&reason=duplicate&metadata[a]=b"),
        ("GET", "/v1/subscriptions", "status=all&limit=100&created[gte]=1800000000&expand[0]=data.schedule"),
        ("POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&items[0][price]=price_1&cancel_at=&proration_date=1"),
        ("GET", "/v1/invoice_payments", "payment[type]=payment_intent&payment[payment_intent]=pi_1"),
        ("GET", "/v2/core/events/evt_1", ""),
    ],
)
def test_what_is_documented_passes(method: str, path: str, form: str) -> None:
    assert [] == asked(method, path, form)


@pytest.mark.parametrize(
    ("method", "path", "form", "problem"),
    [
        ("POST", "/v1/refunds", "invoice=in_1", "invoice is unknown to the SDK"),
        ("POST", "/v1/refunds", "amount=5.5", "amount=5.5 is no int"),
        ("POST", "/v1/subscriptions/sub_1", "items[0][prize]=x", "items[0][prize] is unknown to the SDK"),
        ("POST", "/v1/subscriptions/sub_1", "items=x", "items is no list"),
        ("POST", "/v1/checkout/sessions", "payment_method_types[]=card", "payment_method_types is unknown to the SDK"),
        ("GET", "/v1/invoices/upcoming/lines", "page=2", "page is unknown to the SDK"),
        ("GET", "/v1/pigeons", "", "GET /v1/pigeons is no request of the SDK's"),
    ],
)
def test_what_is_not_documented_is_told(method: str, path: str, form: str, problem: str) -> None:
    assert problem in asked(method, path, form)


async def test_an_exchange_that_fits_is_remembered() -> None:
    checked = answering(REFUND)
    await checked("POST", "https://api.stripe.com/v1/refunds", {}, b"charge=ch_1")

    assert [("/v1/refunds", {"charge": "ch_1"}, REFUND)] == [(x.path, x.form, x.answer) for x in checked.exchanges]


async def test_a_request_that_does_not_fit_never_leaves() -> None:
    checked = answering(REFUND)
    with pytest.raises(AssertionError, match="chargé is unknown"):
        await checked("POST", "/v1/refunds", {}, "chargé=ch_1".encode())
    assert [] == checked.exchanges


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": "500"}, "amount: '500' is no integer"),
        ({"charge": 7}, "charge: 7 is no string"),
        ({"payment_intent": {"object": "payment_intent", "id": "pi_1"}}, "payment_intent.livemode is missing"),
        ({"invoice": "in_1"}, "refund.invoice is unknown"),
    ],
)
def test_an_object_that_does_not_fit_is_told(change: dict[str, Any], problem: str) -> None:
    problems = problems_of_object(REFUND | change)

    assert has_document is any(problem in told for told in problems)


async def test_an_answer_that_does_not_fit_raises_with_its_place() -> None:
    checked = answering(REFUND | {"created": None})
    if not has_document:
        assert 200 == (await checked("GET", "/v1/refunds/re_1", {}, b""))[0]
        return
    with pytest.raises(AssertionError, match=r"answer\.created: None is no integer"):
        await checked("GET", "/v1/refunds/re_1", {}, b"")
