"""Stripe's shapes of money that comes in: payment intents, charges, and what they pay.

Since basil neither a payment intent nor a charge tells of an invoice; what stands between them is an invoice payment.
"""

from billing_core.adapters.simulated.cards import BLOCKED, Card
from billing_core.adapters.simulated.draft import Json, World
from billing_core.adapters.simulated.money import Charge, IntentStatus, PaymentIntent
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.shapes import seconds, seconds_or_none
from billing_core.adapters.simulated.state import Customer

SCORES = {"normal": 12, "elevated": 66, "highest": 90}
GENERIC = "generic_decline"
_DECLINED = "Your card was declined."
_BROKEN = "processing_error"
_MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    _BROKEN: "An error occurred while processing your card. Try again in a little bit.",
}


def declined(decline_code: str, *, charge: str | None = None) -> Refused:
    """What Stripe answers to a declined card. An error of processing has a code of its own, and no reason."""
    return Refused(
        message=_message(decline_code),
        code=_code(decline_code),
        type="card_error",
        status=402,
        decline_code=None if decline_code == _BROKEN else decline_code,
        charge=charge,
    )


def _message(decline_code: str) -> str:
    return _MESSAGES.get(decline_code, _DECLINED)


def _code(decline_code: str) -> str:
    return _BROKEN if decline_code == _BROKEN else "card_declined"


def payment_intent(value: PaymentIntent) -> Json:
    is_paid = value.status is IntentStatus.SUCCEEDED
    return {
        "id": value.id,
        "object": "payment_intent",
        "amount": value.amount_minor,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": value.amount_minor if is_paid else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": seconds_or_none(value.canceled_at),
        "cancellation_reason": value.cancel_reason,
        "capture_method": "automatic",
        "client_secret": f"{value.id}_secret_simulated",
        "confirmation_method": "automatic",
        "created": seconds(value.created_at),
        "currency": value.currency,
        "customer": value.customer_id,
        "customer_account": None,
        "description": value.description,
        "excluded_payment_method_types": None,
        "last_payment_error": _last_error(value),
        "latest_charge": value.latest_charge_id,
        "livemode": False,
        "metadata": dict(value.metadata),
        "next_action": _next_action(value),
        "on_behalf_of": None,
        "payment_method": _payment_method(value) if is_paid else None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["us_bank_account" if value.card and value.card.is_bank_account else "card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": "off_session" if value.invoice_id else None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": value.status.value,
        "transfer_data": None,
        "transfer_group": None,
    }


def _payment_method(value: PaymentIntent | Charge) -> str | None:
    return f"pm_{value.customer_id or value.id}" if value.card else None


def _last_error(value: PaymentIntent) -> Json | None:
    if value.decline_code is None:
        return None
    error: Json = {"type": "card_error", "code": _code(value.decline_code), "message": _message(value.decline_code)}
    if value.latest_charge_id is not None:
        error |= {"charge": value.latest_charge_id}
    return error if value.decline_code == _BROKEN else error | {"decline_code": value.decline_code}


def _next_action(value: PaymentIntent) -> Json | None:
    if value.status is not IntentStatus.REQUIRES_ACTION:
        return None
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def charge(value: Charge, holder: Customer | None, world: World) -> Json:
    card = value.card
    return {
        "id": value.id,
        "object": "charge",
        "amount": value.amount_minor,
        "amount_captured": 0 if value.decline_code else value.amount_minor,
        "amount_refunded": value.refunded_minor,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": f"txn_{value.id}" if value.is_paid else None,
        "billing_details": {
            "address": None,
            "email": holder.email if holder else None,
            "name": holder.name if holder else None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "SIMULATED",
        "captured": value.decline_code is None,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "customer": value.customer_id,
        "description": value.description,
        "disputed": value.disputed,
        "failure_balance_transaction": None,
        "failure_code": None if value.decline_code is None else _code(value.decline_code),
        "failure_message": None if value.decline_code is None else _message(value.decline_code),
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": _outcome(value),
        "paid": value.is_paid,
        "payment_intent": value.intent_id,
        "payment_method": _payment_method(value),
        "payment_method_details": _method(card),
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": f"{world.base_url}/dev/receipts/{value.id}" if value.is_paid else None,
        "refunded": value.is_paid and value.left_minor == 0,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending" if value.pending else "succeeded" if value.is_paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _method(card: Card) -> Json:
    if card.is_bank_account:
        told: Json = {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "fingerprint": card.fingerprint,
            "last4": card.last4,
            "routing_number": "110000000",
        }
        return {"type": "us_bank_account", "us_bank_account": told}
    told = {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "network": "visa",
        "three_d_secure": None,
        "wallet": None,
    }
    return {"card": told, "type": "card"}


def _outcome(value: Charge) -> Json:
    is_good, is_blocked = value.decline_code is None, value.decline_code == BLOCKED.decline_code
    told: Json = {
        "advice_code": None if is_good or is_blocked else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if is_good else "declined_by_network",
        "reason": value.decline_code,
        "risk_level": value.card.risk,
        "risk_score": SCORES[value.card.risk],
        "seller_message": "Payment complete." if is_good else "The bank declined the payment.",
        "type": "authorized" if is_good else "issuer_declined",
    }
    if is_blocked:
        told |= {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    return told


def invoice_payment(value: PaymentIntent) -> Json:
    """A payment intent as the payment of its invoice."""
    is_paid, is_canceled = value.status is IntentStatus.SUCCEEDED, value.status is IntentStatus.CANCELED
    return {
        "id": value.inpay_id,
        "object": "invoice_payment",
        "amount_paid": value.amount_minor if is_paid else None,
        "amount_requested": value.amount_minor,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "invoice": value.invoice_id,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": value.id, "type": "payment_intent"},
        "status": "paid" if is_paid else "canceled" if is_canceled else "open",
        "status_transitions": {
            "canceled_at": seconds_or_none(value.canceled_at),
            "paid_at": seconds_or_none(value.paid_at),
        },
    }
