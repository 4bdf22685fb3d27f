"""What an error becomes for the one who asked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.exceptions import ClientException, NotFoundException

from billing_core.application.errors import CheckoutNotFound, PaymentDeclined
from billing_core.domain import errors
from billing_core.domain.options import Action, Option
from billing_core.entrypoints.http.answering import body_of, wait_s
from billing_core.entrypoints.http.problems import kind_of
from billing_core.entrypoints.http.refusals import RateLimited
from billing_core.ports.errors import OutcomeUnknown, StaleVersion, Unavailable

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOMORROW = Option(Action.WAIT, available_at=datetime(2026, 2, 1, tzinfo=UTC))


def told(error: Exception) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(body_of(error, kind_of(error)))
    return body


@pytest.mark.parametrize(
    ("error", "status", "code", "fields"),
    [
        (errors.ContactSales("team", "sales@example.com"), 422, "contact_sales", {"contact": "sales@example.com"}),
        (errors.AccountSuspended(("dispute",)), 403, "account_suspended", {"reasons": ["dispute"]}),
        (errors.AlreadySubscribed("basic", "past_due"), 409, "already_subscribed", {"current_status": "past_due"}),
        (errors.IllegalTransition("cancel", "canceled"), 409, "illegal_transition", {"current_status": "canceled"}),
        (errors.CurrencyLocked("eur"), 409, "currency_locked", {"currency": "eur"}),
        (errors.UnknownPlan("gold"), 422, "unknown_tier", {"tier": "gold"}),
        (CheckoutNotFound("cs_1"), 404, "not_found", {"session_id": "cs_1"}),
        (
            PaymentDeclined("expired_card", (Option(Action.SETTLE_PAYMENT),)),
            402,
            "payment_declined",
            {"decline_code": "expired_card", "options": [{"action": "settle_payment"}]},
        ),
        (
            errors.DailyQuotaExceeded(10, 10, (TOMORROW, Option(Action.UPGRADE, tier="basic"))),
            429,
            "daily_quota_exceeded",
            {
                "options": [
                    {"action": "wait", "available_at": "2026-02-01T00:00:00Z"},
                    {"action": "upgrade", "tier": "basic"},
                ]
            },
        ),
        (Unavailable("the gateway"), 503, "unavailable", {"retry_after_s": 1}),
        (StaleVersion("ann"), 503, "unavailable", {}),
        (OutcomeUnknown("the payment"), 503, "outcome_unknown", {}),
        (NotFoundException(), 404, "not_found", {}),
        (ClientException("whatever"), 400, "unreadable_request", {}),
        (errors.InvalidValue("n", "too many"), 422, "validation", {"errors": [{"field": "n", "problem": "too many"}]}),
    ],
)
def test_an_error_is_told_with_what_it_names(error: Exception, status: int, code: str, fields: dict[str, Any]) -> None:
    body = told(error)

    assert (status, code, f"/problems/{code}") == (body["status"], body["code"], body["type"])
    assert fields.items() <= body.items()
    assert body["detail"]


def test_what_nobody_foresaw_tells_nothing() -> None:
    assert told(KeyError("sk_live_1")) == {
        "type": "/problems/internal_error",
        "title": "Something went wrong on our side",
        "status": 500,
        "detail": "Something went wrong on our side",
        "code": "internal_error",
    }


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RateLimited(7, "checkout", 5), 7),
        (Unavailable("the books", retry_after_s=3), 3),
        (errors.TooManyConcurrent(2), 5),
        (errors.DailyQuotaExceeded(10, 10, (TOMORROW,)), 12 * 3600),
        (errors.DailyQuotaExceeded(10, 10), None),
        (errors.NoCustomer(), None),
    ],
)
def test_when_to_try_again(error: Exception, seconds: int | None) -> None:
    assert wait_s(error, lambda: NOON) == seconds
    assert wait_s(errors.DailyQuotaExceeded(1, 1, (TOMORROW,)), lambda: NOON + timedelta(days=9)) == 1
