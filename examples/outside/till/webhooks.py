"""What Till tells, verified and in the words of billing-core. Most of it is a reason to ask, not a thing to believe."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from billing_core.domain.catalog import Kind
from billing_core.ports.errors import BadSignature
from billing_core.ports.facts import (
    CheckoutNews,
    CheckoutProgressed,
    Fact,
    InvoiceTouched,
    NothingToDo,
    PaymentTouched,
    SubscriptionTouched,
)
from billing_core.ports.webhooks import Delivery

MAY_BE_OLD = timedelta(minutes=5)
SIGNATURE = re.compile(r"at=(\d{1,12}),mac=([0-9a-f]{64})", re.ASCII)


def signature_of(body: bytes, secret: str, *, at: datetime) -> str:
    """As Till signs: when it was sent, and a MAC over that and the body."""
    seconds = int(at.timestamp())
    return f"at={seconds},mac={_mac(secret, seconds, body)}"


def _mac(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), b"%d." % seconds + body, "sha256").hexdigest()


@frozen
class TillWebhooks:
    """The port `Webhooks`, for what Till signs with the secret."""

    secret: str

    def translate(self, body: bytes, signature: str, *, now: datetime) -> Delivery:
        found = SIGNATURE.fullmatch(signature)
        if found is None:
            raise BadSignature("the signature cannot be read")
        seconds = int(found[1])
        if abs(now.timestamp() - seconds) > MAY_BE_OLD.total_seconds():
            raise BadSignature("it was signed at another time")
        if not hmac.compare_digest(found[2], _mac(self.secret, seconds, body)):
            raise BadSignature("the signature is not ours")
        return self.retranslate(body)

    def retranslate(self, body: bytes) -> Delivery:
        try:
            told = json.loads(body)
            return Delivery(
                event_id=_text(told["id"]),
                type=_text(told["kind"]),
                created_at=datetime.fromtimestamp(told["at"], UTC),
                livemode=False,
                fact=_fact(told),
                body=body,
            )
        except (ValueError, TypeError, LookupError, RecursionError, OverflowError) as error:
            raise BadSignature("the body cannot be read") from error


def _fact(told: Mapping[str, Any]) -> Fact:
    match told["kind"]:
        case "visit":
            return progressed(told, at=datetime.fromtimestamp(told["at"], UTC))
        case "contract":
            return SubscriptionTouched(subscription_id=_text(told["contract"]), customer_id=_text(told["customer"]))
        case "bill":
            return InvoiceTouched(
                invoice_id=_text(told["bill"]),
                subscription_id=_text(told["contract"]),
                customer_id=_text(told["customer"]),
            )
        case "money":
            return PaymentTouched(payment=_text(told["bill"]))
        case kind:
            return NothingToDo(_text(kind))


def progressed(outcome: Mapping[str, Any], *, at: datetime) -> CheckoutProgressed:
    """A visit at which something was paid."""
    note = outcome["note"]
    return CheckoutProgressed(
        session_id=_text(outcome["visit"]),
        customer_id=_text(outcome["customer"]),
        account_hint=note["account"],
        status=CheckoutNews.PAID,
        kind=Kind(note["kind"]),
        item=note["item"],
        version=note["version"],
        quantity=1,
        subscription_id=outcome["contract"],
        payment_id=outcome["bill"],
        amount_minor=outcome["amount"],
        currency=outcome["currency"],
        at=at,
    )


def _text(value: object) -> str:
    """Raises TypeError for what is none."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
