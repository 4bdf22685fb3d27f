"""Stripe's shape of a credit note."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.shapes import listed, seconds, seconds_or_none
from billing_core.adapters.simulated.subscriptions import CreditNote


def credit_note(draft: Draft, value: CreditNote) -> Json:
    amount = value.amount_minor
    refunds = [{"amount_refunded": value.refunded_minor, "refund": value.refund_id, "type": "refund"}]
    return {
        "id": value.id,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": seconds(value.created_at),
        "currency": value.currency,
        "customer": value.customer_id,
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": seconds(value.created_at),
        "invoice": value.invoice_id,
        "lines": listed([_line(value)], f"/v1/credit_notes/{value.id}/lines"),
        "livemode": False,
        "memo": value.memo,
        "metadata": dict(value.metadata),
        "number": value.id.upper(),
        "out_of_band_amount": value.elsewhere_minor or None,
        "pdf": f"{draft.world.base_url}/dev/credit_notes/{value.id}",
        "post_payment_amount": amount if value.is_of_paid else 0,
        "pre_payment_amount": 0 if value.is_of_paid else amount,
        "pretax_credit_amounts": [],
        "reason": value.reason,
        "refunds": refunds if value.refund_id else [],
        "shipping_cost": None,
        "status": "void" if value.voided_at else "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "post_payment" if value.is_of_paid else "pre_payment",
        "voided_at": seconds_or_none(value.voided_at),
    }


def _line(value: CreditNote) -> Json:
    return {
        "id": f"cnli_{value.id}",
        "object": "credit_note_line_item",
        "amount": value.amount_minor,
        "description": "Credit",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": value.amount_minor,
        "unit_amount_decimal": str(value.amount_minor),
    }
