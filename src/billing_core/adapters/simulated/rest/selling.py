"""The parameters that checkout sessions and payment links have in common: what is sold, to which conditions."""

from typing import Any

from attrs import frozen

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Price, Product
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.finding import referred
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.visits import Bought, Selling

_TOLD_AGAIN = (
    "branding_settings",
    "consent_collection",
    "custom_fields",
    "custom_text",
    "locale",
    "name_collection",
    "phone_number_collection",
    "submit_type",
    "tax_id_collection",
)
_MOST_LINES, _MOST_QUANTITY, _LONGEST_TRIAL = 20, 999_999, 730


def selling(draft: Draft, params: Params, mode: str | None, *, prefix: str) -> Selling:
    """Reads them; without a mode, the prices tell it. Raises Refused."""
    lines, prices = _lines(draft, params, prefix)
    is_recurring = any(price.interval for price in prices)
    mode = mode or ("subscription" if is_recurring else "payment")
    _ensure_fitting(params, mode, prices)
    trial = _of_subscription(params, mode)
    return Selling(
        mode=mode,
        lines=lines,
        currency=prices[0].currency,
        metadata=params.metadata(),
        subscription_metadata=trial.metadata,
        payment_metadata=_of_payment(params, mode),
        trial_days=trial.days,
        without_card=trial.without_card,
        collection=_collection(params, mode),
        makes_customer=_makes_customer(params, mode),
        allow_promotion_codes=params.flag("allow_promotion_codes") or False,
        billing_address_collection=params.choice("billing_address_collection", "auto", "required") or "auto",
        automatic_tax=params.inside("automatic_tax").flag("enabled") or False,
        details={name: params.anything(name) for name in _TOLD_AGAIN if params.has(name)},
    )


def _lines(draft: Draft, params: Params, prefix: str) -> tuple[tuple[Bought, ...], list[Price]]:
    rows = params.rows("line_items")
    params.needed("line_items", rows or None)
    if len(rows) > _MOST_LINES:
        raise params.refused("line_items", f"You can have at most {_MOST_LINES} line items.")
    prices = [_sold(draft, row) for row in rows]
    lines = []
    for row, price in zip(rows, prices, strict=True):
        quantity = row.needed("quantity", row.whole("quantity", least=1, most=_MOST_QUANTITY))
        lines.append(Bought(id=draft.new_id(prefix), price=price.id, quantity=quantity))
    if len({price.currency for price in prices}) > 1:
        raise params.refused("line_items", "All prices on a Checkout Session must have the same currency.")
    return tuple(lines), prices


def _sold(draft: Draft, row: Params) -> Price:
    price = row.needed("price", referred(draft, row, "price", Price, "price"))
    if not price.active or not draft.find(Product, price.product_id).active:
        raise row.refused("price", "The price specified is inactive. This field only accepts active prices.")
    return price


def _ensure_fitting(params: Params, mode: str, prices: list[Price]) -> None:
    recurring = [price for price in prices if price.interval is not None]
    if mode == "payment" and recurring:
        message = (
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use"
            " only one-time prices."
        )
        raise params.refused("line_items", message)
    if mode == "subscription" and not recurring:
        message = "You must provide at least one recurring price in `subscription` mode when using prices."
        raise params.refused("line_items", message)
    if mode == "subscription" and len(prices) > 1:
        raise params.refused("line_items", "The simulated Stripe sells one price per subscription.")


@frozen(kw_only=True)
class _Trial:
    """What `subscription_data` says."""

    metadata: dict[str, str]
    days: int = 0
    without_card: str = "create_invoice"


def _of_subscription(params: Params, mode: str) -> _Trial:
    if mode != "subscription" and params.has("subscription_data"):
        raise params.refused("subscription_data", f"You can not pass `subscription_data` in `{mode}` mode.")
    data = params.inside("subscription_data")
    data.text("description", longest=500)
    behavior = data.inside("trial_settings").inside("end_behavior")
    without = behavior.choice("missing_payment_method", "cancel", "create_invoice", "pause")
    return _Trial(
        metadata=data.metadata(),
        days=data.whole("trial_period_days", least=1, most=_LONGEST_TRIAL) or 0,
        without_card=without or "create_invoice",
    )


def _of_payment(params: Params, mode: str) -> dict[str, str]:
    if mode != "payment" and params.has("payment_intent_data"):
        raise params.refused("payment_intent_data", f"You can not pass `payment_intent_data` in `{mode}` mode.")
    data = params.inside("payment_intent_data")
    data.text("description")
    return data.metadata()


def _collection(params: Params, mode: str) -> str:
    collection: Any = params.choice("payment_method_collection", "always", "if_required")
    if collection is not None and mode != "subscription":
        message = "You can only set `payment_method_collection` if there are recurring prices."
        raise Refused(message=message, param="payment_method_collection")
    return collection or ("always" if mode == "subscription" else "if_required")


def _makes_customer(params: Params, mode: str) -> bool:
    creation = params.choice("customer_creation", "always", "if_required")
    if creation is not None and mode != "payment":
        message = "`customer_creation` can only be used in `payment` and `setup` mode."
        raise Refused(message=message, param="customer_creation")
    return mode == "subscription" or creation == "always"
