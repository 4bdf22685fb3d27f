"""Subscriptions, in the shapes of every API version since 2017.

Since basil the billing period stands on the items, since each item may have another; before, on the subscription.
"""

from collections.abc import Mapping
from datetime import datetime

from billing_core.adapters.stripe.prices import PRICE, key_of
from billing_core.adapters.stripe.shapes import (
    Misshapen,
    Shape,
    customer_of,
    id_of,
    moment,
    needed,
    part,
    rows,
    text,
    whole,
)
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot

_STATUSES = {status.value: status for status in Status}


def snapshot_of(subscription: Shape, *, prices: Mapping[str, str], seen_at: datetime) -> SubscriptionSnapshot:
    """The subscription, with the change that its schedule holds where that is expanded. Raises Misshapen."""
    item = item_of(subscription, prices)
    start, end = period_of(subscription, item)
    price = price_of(item, prices)
    return SubscriptionSnapshot(
        id=needed(text(subscription, "id"), "id"),
        customer_id=needed(customer_of(subscription), "customer"),
        status=status_of(subscription),
        created_at=needed(moment(subscription, "created"), "created"),
        seen_at=seen_at,
        price=price,
        quantity=quantity_of(subscription, item),
        anchor=needed(moment(subscription, "billing_cycle_anchor"), "anchor"),
        period_start=start,
        period_end=end,
        cancel_at=moment(subscription, "cancel_at"),
        cancel_at_period_end=subscription.get("cancel_at_period_end") is True,
        ended_at=moment(subscription, "ended_at"),
        trial_start=moment(subscription, "trial_start"),
        trial_end=moment(subscription, "trial_end"),
        pending_change=_pending(part(subscription, "schedule"), price, prices),
    )


def status_of(subscription: Shape) -> Status:
    """Raises Misshapen for a status that came up after this was written: it could mean anything."""
    status = needed(text(subscription, "status"), "status")
    if status not in _STATUSES:
        raise Misshapen(f"unknown status {status}")
    return _STATUSES[status]


def item_of(subscription: Shape, prices: Mapping[str, str]) -> Shape:
    """The item that the subscription is for: of several, the one whose price is in the catalog.

    Raises Misshapen where that is true of more than one, since credits and access follow one price.
    """
    listed = rows(part(subscription, "items"), "data")
    if part(subscription, "items").get("has_more") is True:
        raise Misshapen("more items than were told")
    if len(listed) < 2:
        return needed(next(iter(listed), None), "item")
    known = [item for item in listed if _key(item, prices)]
    ours = [item for item in known if text(part(item, "price", "metadata"), PRICE)] if len(known) > 1 else known
    if len(known) > 1 and len(ours) != 1:
        raise Misshapen("several items with a price of the catalog")
    return (ours or listed)[0]


def period_of(subscription: Shape, item: Shape) -> tuple[datetime, datetime]:
    """The present billing period, half-open. Raises Misshapen."""
    told = item if "current_period_end" in item else subscription
    start = needed(moment(told, "current_period_start"), "period start")
    end = needed(moment(told, "current_period_end"), "period end")
    if end < start:
        raise Misshapen("the period ends before it starts")
    return start, end


def price_of(item: Shape, prices: Mapping[str, str]) -> str:
    """The catalog's key of an item's price, or Stripe's own id where the catalog knows none. Before prices there were
    plans, with the same ids. Raises Misshapen."""
    return _key(item, prices) or needed(_price_id(item), "price")


def quantity_of(subscription: Shape, item: Shape) -> int:
    """How many were bought; one where nothing tells, as for metered prices."""
    quantity = next((whole(told, "quantity") for told in (item, subscription) if told.get("quantity") is not None), 1)
    if quantity is None or quantity < 0:
        raise Misshapen("no usable quantity")
    return quantity


def next_phase(schedule: Shape) -> Shape | None:
    """What an active schedule leads to after its present phase. Raises Misshapen."""
    if text(schedule, "status") != "active":
        return None
    ends = moment(part(schedule, "current_phase"), "end_date")
    following = [(moment(phase, "start_date"), phase) for phase in rows(schedule, "phases")]
    return next((phase for start, phase in following if ends is not None and start is not None and start >= ends), None)


def _pending(schedule: Shape, price: str, prices: Mapping[str, str]) -> PendingChange | None:
    """Phases follow each other without a gap, so the next one starts where the present one ends."""
    phase = next_phase(schedule)
    if phase is None:
        return None
    listed = rows(phase, "items") or rows(phase, "plans")
    keyed = [item for item in listed if _key(item, prices)] or listed
    following = price_of(needed(next(iter(keyed), None), "item of the next phase"), prices)
    at = needed(moment(phase, "start_date"), "start of the next phase")
    return PendingChange(following, at) if following != price else None


def _key(item: Shape, prices: Mapping[str, str]) -> str | None:
    price_id = _price_id(item)
    return (prices.get(price_id) if price_id else None) or key_of(part(item, "price"))


def _price_id(item: Shape) -> str | None:
    return id_of(item, "price") or id_of(item, "plan")
