"""Stripe's shape of a subscription: the periods stand on its item, a schedule and a pending update beside it."""

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.shapes import NO_TAX, listed, price, seconds, seconds_or_none
from billing_core.adapters.simulated.subscriptions import Subscription


def subscription(draft: Draft, sub: Subscription) -> Json:
    return {
        "id": sub.id,
        "object": "subscription",
        "application": None,
        "automatic_tax": {**NO_TAX, "disabled_reason": None},
        "billing_cycle_anchor": seconds(sub.anchor),
        "billing_cycle_anchor_config": None,
        "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None if sub.is_over else seconds_or_none(sub.ends_at),
        "cancel_at_period_end": sub.cancel_at_period_end and not sub.is_over,
        "canceled_at": seconds_or_none(sub.canceled_at),
        "cancellation_details": {"comment": None, "feedback": None, "reason": sub.cancel_reason},
        "collection_method": "charge_automatically",
        "created": seconds(sub.created_at),
        "currency": sub.currency,
        "customer": sub.customer_id,
        "customer_account": None,
        "default_payment_method": None,
        "discounts": [discount.id for discount in sub.discounts],
        "ended_at": seconds_or_none(sub.ended_at),
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listed([_item(draft, sub)], f"/v1/subscription_items?subscription={sub.id}"),
        "latest_invoice": sub.latest_invoice_id,
        "livemode": False,
        "metadata": dict(sub.metadata),
        "pause_collection": _uncollected(sub),
        "pending_setup_intent": None,
        "pending_update": _pending_update(draft, sub),
        "schedule": sub.schedule_id,
        "start_date": seconds(sub.created_at),
        "status": sub.status.value,
        "status_details": _paused(sub),
        "test_clock": None,
        "trial_end": seconds_or_none(sub.trial_end),
        "trial_settings": {"end_behavior": {"missing_payment_method": sub.without_card}},
        "trial_start": seconds_or_none(sub.trial_start),
    }


def _uncollected(sub: Subscription) -> Json | None:
    if sub.uncollected is None:
        return None
    return {"behavior": sub.uncollected.value, "resumes_at": seconds_or_none(sub.collects_at)}


def _paused(sub: Subscription) -> Json | None:
    if sub.paused_at is None or sub.pause_reason is None:
        return None
    why = {"type": sub.pause_reason.value}
    return {"paused": {"subscription": why, "transitioned_at": seconds(sub.paused_at), "type": "subscription"}}


def _pending_update(draft: Draft, sub: Subscription) -> Json | None:
    update = sub.pending_update
    if update is None:
        return None
    return {
        "billing_cycle_anchor": seconds(update.anchor) if update.anchor != sub.anchor else None,
        "cancel_at_period_end": update.cancel_at_period_end,
        "discounts": None,
        "expires_at": seconds(min(update.expires_at, sub.period_end)),
        "metadata": None,
        "subscription_items": [_item(draft, evolve(sub, price=update.price, quantity=update.quantity))],
        "trial_end": None,
        "trial_from_plan": None,
    }


def _item(draft: Draft, sub: Subscription) -> Json:
    return {
        "id": sub.item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": seconds(sub.created_at),
        "current_period_end": seconds(sub.period_end),
        "current_period_start": seconds(sub.period_start),
        "discounts": [],
        "metadata": {},
        "price": price(draft.price(sub.price)),
        "quantity": sub.quantity,
        "subscription": sub.id,
        "tax_rates": [],
    }
