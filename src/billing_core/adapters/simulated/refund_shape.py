"""Stripe's shapes of money that goes back, or that a bank asks back: refunds, disputes and warnings."""

from billing_core.adapters.simulated.draft import Json
from billing_core.adapters.simulated.money import Charge, Dispute, FraudWarning, Refund
from billing_core.adapters.simulated.shapes import seconds


def refund(value: Refund) -> Json:
    shape: Json = {
        "id": value.id,
        "object": "refund",
        "amount": value.amount_minor,
        "balance_transaction": f"txn_{value.id}",
        "charge": value.charge_id,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "customer": value.customer_id,
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": dict(value.metadata),
        "payment_intent": value.intent_id,
        "payment_method": None,
        "reason": value.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": value.status.value,
        "transfer_reversal": None,
    }
    if value.failure_reason is not None:
        shape |= {"failure_balance_transaction": f"txn_failed_{value.id}", "failure_reason": value.failure_reason}
    return shape


def fraud_warning(value: FraudWarning) -> Json:
    return {
        "id": value.id,
        "object": "radar.early_fraud_warning",
        "actionable": value.actionable,
        "charge": value.charge_id,
        "created": seconds(value.created_at),
        "fraud_type": value.kind,
        "livemode": False,
        "payment_intent": value.intent_id,
    }


def dispute(value: Dispute, charged: Charge) -> Json:
    return {
        "id": value.id,
        "object": "dispute",
        "amount": value.amount_minor,
        "balance_transactions": [],
        "charge": value.charge_id,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": value.status.is_inquiry and charged.left_minor > 0,
        "livemode": False,
        "metadata": {},
        "payment_intent": value.intent_id,
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if value.status.is_inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": value.reason,
        "status": value.status.value,
    }
