"""What a request wants a subscription's one item to become, and how the rest of the period is charged for it."""

from datetime import datetime

from billing_core.adapters.simulated.changing import Prorations, Unpaid, Wish
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.rest.errors import missing
from billing_core.adapters.simulated.rest.finding import referred
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.subscriptions import Subscription

_MOST = 999_999


def wish_of(draft: Draft, params: Params, sub: Subscription) -> Wish:
    """The wish of `items`, `proration_behavior` and `proration_date`. Raises Refused."""
    price, quantity = _item(draft, params, sub)
    prorations = params.choice("proration_behavior", *(known.value for known in Prorations))
    return Wish(
        price=price,
        quantity=quantity,
        at=_moment(draft, params, sub),
        prorations=Prorations(prorations or Prorations.CREATE.value),
    )


def unpaid_of(params: Params) -> Unpaid:
    """What `payment_behavior` says. Raises Refused."""
    said = params.choice("payment_behavior", *(known.value for known in Unpaid))
    return Unpaid(said or Unpaid.ALLOW.value)


def _item(draft: Draft, params: Params, sub: Subscription) -> tuple[Price, int]:
    rows = params.rows("items")
    now = draft.price(sub.price), sub.quantity
    if not rows:
        return now
    if len(rows) > 1:
        raise params.refused("items", "The simulated Stripe has subscriptions to one price only.")
    (row,) = rows
    item_id = row.must("id")
    if item_id != sub.item_id:
        raise missing("subscription item", item_id, param=row.name("id"), status=400)
    price, quantity = price_in(draft, row, sub), row.whole("quantity", least=1, most=_MOST)
    return price or now[0], quantity or now[1]


def price_in(draft: Draft, params: Params, sub: Subscription) -> Price | None:
    """The price that the parameter `price` names; None where there is none. Raises Refused for one that cannot be."""
    price = referred(draft, params, "price", Price, "price")
    if price is None or price.id == sub.price:
        return price
    if not price.active:
        message = "The price specified is inactive. This field only accepts active prices."
        raise params.refused("price", message)
    if price.interval is None:
        message = (
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
        raise params.refused("price", message)
    if price.currency != sub.currency:
        message = (
            f"The price specified only supports `{price.currency}`. This doesn't match the expected currency:"
            f" `{sub.currency}`."
        )
        raise params.refused("price", message)
    return price


def _moment(draft: Draft, params: Params, sub: Subscription) -> datetime:
    at = params.moment("proration_date") or draft.now
    if not sub.period_start <= at <= sub.period_end:
        message = "Cannot specify `proration_date` outside of the subscription's current period."
        raise params.refused("proration_date", message)
    return at
