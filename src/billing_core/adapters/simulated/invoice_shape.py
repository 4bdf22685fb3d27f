"""Stripe's shape of an invoice: what it belongs to stands under `parent`, what a line is for under `pricing`."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.goods import Product
from billing_core.adapters.simulated.shapes import NO_TAX, hosted_invoice_url, listed, seconds, seconds_or_none
from billing_core.adapters.simulated.subscriptions import CreditNote, Invoice, InvoiceStatus, Line

SHOWN = 10
"""So many lines come with an invoice; all of them have an endpoint of their own."""


def line(draft: Draft, value: Line, invoice: Invoice) -> Json:
    sub, price = draft.subscription(invoice.subscription_id), draft.price(value.price)
    product = draft.find(Product, price.product_id)
    credited = None
    if value.credited is not None:
        from_invoice, _, from_line = value.credited.partition("/")
        credited = {"invoice": from_invoice, "invoice_line_items": [from_line]}
    details = {
        "invoice_item": None,
        "proration": value.prorated,
        "proration_details": {"credited_items": credited},
        "subscription": sub.id,
        "subscription_item": sub.item_id,
    }
    return {
        "id": value.id,
        "object": "line_item",
        "amount": value.amount_minor,
        "currency": invoice.currency,
        "description": f"{'Unused time on' if value.is_credit else f'{value.quantity} x'} {product.name}",
        "discount_amounts": [{"amount": amount, "discount": key} for key, amount in value.discounts],
        "discountable": not value.prorated,
        "discounts": [key for key, _ in value.discounts],
        "invoice": invoice.id,
        "livemode": False,
        "metadata": dict(sub.metadata),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"start": seconds(value.start), "end": seconds(value.end)},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price.id, "product": product.id},
            "type": "price_details",
            "unit_amount_decimal": str(price.amount_minor),
        },
        "quantity": value.quantity,
        "quantity_decimal": str(value.quantity),
        "subscription": sub.id,
        "subtotal": value.amount_minor,
        "taxes": [],
    }


def invoice(draft: Draft, value: Invoice) -> Json:
    sub, holder = draft.subscription(value.subscription_id), draft.customer(value.customer_id)
    details: Json = {"metadata": dict(sub.metadata), "subscription": sub.id}
    if value.prorated_at is not None:
        details["subscription_proration_date"] = seconds(value.prorated_at)
    is_final = value.status is not InvoiceStatus.DRAFT
    lines = [line(draft, each, value) for each in value.lines[:SHOWN]]
    return {
        "id": value.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": None,
        "amount_due": value.amount_due,
        "amount_overpaid": 0,
        "amount_paid": value.amount_paid,
        "amount_paid_off_stripe": value.elsewhere_minor,
        "amount_remaining": value.amount_due - value.amount_paid - value.elsewhere_minor,
        "amount_shipping": 0,
        "attempt_count": value.attempts,
        "attempted": value.attempts > 0 or value.status is InvoiceStatus.PAID,
        "auto_advance": value.next_attempt_at is not None,
        "automatic_tax": {**NO_TAX, "disabled_reason": None, "provider": None, "status": None},
        "billing_reason": value.reason,
        "collection_method": "charge_automatically",
        "created": seconds(value.created_at),
        "currency": value.currency,
        "customer": value.customer_id,
        "customer_account": None,
        "customer_email": holder.email,
        "customer_name": holder.name,
        "default_tax_rates": [],
        "discounts": [discount.id for discount in value.discounts],
        "effective_at": seconds_or_none(value.finalized_at),
        "ending_balance": value.starting_balance + value.used_minor if is_final else None,
        "hosted_invoice_url": hosted_invoice_url(value.id, draft.world) if is_final else None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "lines": listed(lines, f"/v1/invoices/{value.id}/lines") | {"has_more": len(value.lines) > SHOWN},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": seconds_or_none(value.next_attempt_at),
        "number": value.id.upper() if is_final else None,
        "parent": {"quote_details": None, "subscription_details": details, "type": "subscription_details"},
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": seconds(value.period_end),
        "period_start": seconds(value.period_start),
        "post_payment_credit_notes_amount": _credited_since(draft, value),
        "pre_payment_credit_notes_amount": value.noted_minor,
        "starting_balance": value.starting_balance,
        "status": value.status.value,
        "status_transitions": {
            "finalized_at": seconds_or_none(value.finalized_at),
            "marked_uncollectible_at": seconds_or_none(value.uncollectible_at),
            "paid_at": seconds_or_none(value.paid_at),
            "voided_at": seconds_or_none(value.voided_at),
        },
        "subtotal": value.subtotal,
        "total": value.total,
        "total_discount_amounts": _discounted(value),
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def _credited_since(draft: Draft, value: Invoice) -> int:
    notes = draft.named(CreditNote, value.id)
    return sum(note.amount_minor for note in notes if note.is_of_paid and note.voided_at is None)


def _discounted(value: Invoice) -> list[Json]:
    sums: dict[str, int] = {}
    for each in value.lines:
        for key, amount in each.discounts:
            sums[key] = sums.get(key, 0) + amount
    return [{"amount": amount, "discount": key} for key, amount in sums.items()]
