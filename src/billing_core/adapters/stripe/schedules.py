"""Subscription schedules: how a change waits for the end of a period.

A schedule rules what it is attached to: Stripe takes no cancellation of such a subscription, and no second schedule.
"""

from collections.abc import Mapping
from datetime import datetime

from billing_core.adapters.stripe.api import Api, nothing, of, reading
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.shapes import Shape, id_of, moment, needed, part, rows, text, whole

SCHEDULES = "/v1/subscription_schedules"

_KEPT = ("collection_method", "default_payment_method", "description", "metadata")
_OVER = frozenset({"released", "completed", "canceled"})


async def release(api: Api, schedule_id: str, *, key: str) -> None:
    """Takes the schedule off, with what it had in store; one that is off already is left alone."""
    try:
        await api.post(of(SCHEDULES, schedule_id, "release"), key=key, find=nothing)
    except Refused:
        if text(await api.get(of(SCHEDULES, schedule_id)), "status") not in _OVER:
            raise


async def let_wait(api: Api, subscription: Shape, item: Shape, price: Shape, *, until: datetime, key: str) -> None:
    """Makes the item of the subscription cost that price from then on. What waited before is forgotten.

    A schedule starts as the subscription is, and gets its second phase by a second request. One that is left without
    it changes nothing, and is taken up when this comes again.
    """
    subscription_id = text(subscription, "id")

    async def find() -> Shape | None:
        found = await api.get(of("/v1/subscriptions", subscription_id or ""), expand=["schedule"])
        return part(found, "schedule") or None

    schedule = part(subscription, "schedule") or await api.post(
        SCHEDULES, key=f"{key}:schedule", find=find, from_subscription=subscription_id
    )
    with reading(f"the schedule of subscription {subscription_id}"):
        path = of(SCHEDULES, needed(text(schedule, "id"), "id"))
        phases = phases_of(schedule, item, price, until=until)
    await api.post(path, key=f"{key}:phases", find=nothing, end_behavior="release", phases=phases)


def phases_of(schedule: Shape, item: Shape, price: Shape, *, until: datetime) -> list[Mapping[str, object]]:
    """The present phase as it is, ending then, and one interval of the new price: Stripe wants both as a whole. What is
    left out of a phase is lost, so discounts and taxes are said again. Raises Misshapen."""
    start = needed(moment(part(schedule, "current_phase"), "start_date"), "start of the present phase")
    present = next((phase for phase in rows(schedule, "phases") if moment(phase, "start_date") == start), None)
    phase = needed(present, "present phase")
    items = [_item(told) for told in rows(phase, "items")]
    old_id = id_of(item, "price") or id_of(item, "plan")
    moved = [{**told, "price": text(price, "id")} if told["price"] == old_id else told for told in items]
    recurring = part(price, "recurring")
    duration = {"interval": text(recurring, "interval"), "interval_count": whole(recurring, "interval_count") or 1}
    stay: dict[str, object] = {"items": items, "start_date": _seconds(start), "end_date": _seconds(until)}
    if phase.get("trial_end") is not None:
        stay["trial_end"] = phase["trial_end"]
    return [_kept(phase) | stay, _kept(phase) | {"items": moved, "duration": duration, "proration_behavior": "none"}]


def _kept(phase: Shape) -> dict[str, object]:
    kept = {name: phase[name] for name in _KEPT if phase.get(name)} | _taxes_and_discounts(phase, "default_tax_rates")
    automatic_tax = part(phase, "automatic_tax").get("enabled")
    return kept if automatic_tax is None else kept | {"automatic_tax": {"enabled": automatic_tax}}


def _item(told: Shape) -> dict[str, object]:
    item: dict[str, object] = {"price": needed(id_of(told, "price") or id_of(told, "plan"), "price of a phase")}
    if whole(told, "quantity") is not None:
        item["quantity"] = whole(told, "quantity")
    if told.get("metadata"):
        item["metadata"] = told["metadata"]
    return item | _taxes_and_discounts(told, "tax_rates")


def _taxes_and_discounts(told: Shape, taxes: str) -> dict[str, object]:
    """They are read as objects and written as ids; a discount is named by itself or by what it came of."""
    listed = told.get(taxes)
    rates = [rate["id"] if isinstance(rate, dict) else rate for rate in listed] if isinstance(listed, list) else []
    names = ("discount", "promotion_code", "coupon")
    discounts = [
        {name: id_of(discount, name)}
        for discount in rows(told, "discounts")
        for name in [next((name for name in names if id_of(discount, name)), "")]
        if name
    ]
    return {name: value for name, value in ((taxes, rates), ("discounts", discounts)) if value}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
