"""Stripe's shape of a subscription schedule."""

from billing_core.adapters.simulated.draft import Json
from billing_core.adapters.simulated.schedules import Phase, Schedule, ScheduleStatus
from billing_core.adapters.simulated.shapes import seconds, seconds_or_none


def schedule(value: Schedule) -> Json:
    current = value.phase if value.is_active else None
    is_released = value.status is ScheduleStatus.RELEASED
    return {
        "id": value.id,
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}},
        "canceled_at": seconds_or_none(value.canceled_at),
        "completed_at": seconds_or_none(value.completed_at),
        "created": seconds(value.created_at),
        "current_phase": current and {"start_date": seconds(current.start), "end_date": seconds(current.end)},
        "customer": value.customer_id,
        "customer_account": None,
        "default_settings": {
            "application_fee_percent": None,
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "description": None,
            "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": value.end_behavior.value,
        "livemode": False,
        "metadata": dict(value.metadata),
        "pause_schedules": [],
        "phases": [_phase(phase, value.currency) for phase in value.phases],
        "released_at": seconds_or_none(value.released_at),
        "released_subscription": value.subscription_id if is_released else None,
        "status": value.status.value,
        "subscription": None if is_released else value.subscription_id,
        "test_clock": None,
    }


def _phase(phase: Phase, currency: str) -> Json:
    item: Json = {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "price": phase.price,
        "quantity": phase.quantity,
        "tax_rates": [],
    }
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": currency,
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": seconds(phase.end),
        "invoice_settings": None,
        "items": [item],
        "metadata": dict(phase.metadata),
        "on_behalf_of": None,
        "proration_behavior": phase.proration_behavior,
        "start_date": seconds(phase.start),
        "transfer_data": None,
        "trial_end": seconds_or_none(phase.trial_end),
    }
