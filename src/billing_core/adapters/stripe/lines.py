"""Invoice lines, in the shapes of every API version since 2017.

Since basil a line tells its price under `pricing` and its origin under `parent`; before, both stood on the line.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from billing_core.adapters.stripe.prices import key_of
from billing_core.adapters.stripe.shapes import Misshapen, Shape, id_of, moment, needed, part, text, whole
from billing_core.domain.payments import Sign
from billing_core.ports.facts import InvoiceLine

# Until 2019-12-03 a line was named after what it came from, so the same id came again with every renewal.
_NOT_UNIQUE = ("sub_", "su_", "item_", "sli_", "ii_")
_QUANTITY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_MOST = 10**12


def has_unique_id(line: Shape) -> bool:
    """Whether the line's id is one that no other line will have."""
    return not needed(text(line, "id"), "line id").startswith(_NOT_UNIQUE)


def without_extras(listed: Sequence[Shape], prices: Mapping[str, str]) -> list[Shape]:
    """The lines without those at the prices of other items, where an item of the catalog is billed beside them: they
    are extras, as in a subscription. Only whole periods tell, since a proration may be what an item cost before."""
    billed = [(id_of(_origin(line), "subscription_item"), *_price(line, prices)) for line in listed if _is_whole(line)]
    ours = {item for item, _, is_known in billed if item is not None and is_known}
    extras = {price for item, price, _ in billed if ours and item is not None and price and item not in ours}
    return [line for line in listed if _price(line, prices)[0] not in extras]


def line_of(line: Shape, *, prices: Mapping[str, str], at: datetime) -> tuple[str | None, InvoiceLine] | None:
    """The line with the subscription it belongs to; None for a one-off item that the catalog does not price.

    `at` stands for the period of a one-off item that has none.
    """
    origin = _origin(line)
    subscription_id = id_of(origin, "subscription") or id_of(line, "subscription")
    prorated = _is_prorated(origin, needs_telling=subscription_id is not None)
    price, is_known = _price(line, prices)
    start, end = _period(line)
    is_billed = subscription_id is not None and (prorated or _is_subscription_item(line))
    is_stretch = is_billed and start is not None and start != end
    if price is None and is_stretch:
        raise Misshapen("a subscription's line has no price")
    if price is None or not (is_stretch or is_known):
        return None
    return subscription_id, InvoiceLine(
        key=needed(text(line, "id"), "line id"),
        price=price,
        sign=_sign(line, origin) if prorated else Sign.CHARGE,
        quantity=_quantity(line),
        start=start or at,
        end=end or at,
        prorated=prorated,
    )


def _origin(line: Shape) -> Shape:
    """What tells where the line comes from: its `parent`, where there is one, else the line. A kind of parent that is
    not known could hide a proration."""
    parent = part(line, "parent")
    origin = part(parent, text(parent, "type") or "") if parent else line
    if not origin:
        raise Misshapen("a line has an unknown parent")
    return origin


def _is_whole(line: Shape) -> bool:
    return not _is_prorated(_origin(line), needs_telling=False)


def _is_prorated(origin: Shape, *, needs_telling: bool) -> bool:
    prorated = origin.get("proration")
    if not isinstance(prorated, bool) and (prorated is not None or needs_telling):
        raise Misshapen("a subscription's line does not tell whether it is a proration")
    return prorated is True


def _is_subscription_item(line: Shape) -> bool:
    kinds = (part(line, "parent").get("type"), line.get("type"))
    return "subscription_item_details" in kinds or "subscription" in kinds


def _price(line: Shape, prices: Mapping[str, str]) -> tuple[str | None, bool]:
    """The key of the catalog, or Stripe's own id where ours is not known; and whether it is.

    Told by the price's id or, where that is not in our table, by the price itself, which may be expanded; before prices
    there were plans, with the same ids.
    """
    details = part(line, "pricing", "price_details")
    price_id = id_of(details, "price") or id_of(line, "price") or id_of(line, "plan")
    if price_id is None:
        return None, False
    key = prices.get(price_id) or key_of(part(details, "price")) or key_of(part(line, "price"))
    return key or price_id, key is not None


def _period(line: Shape) -> tuple[datetime, datetime] | tuple[None, None]:
    period = part(line, "period")
    start, end = moment(period, "start"), moment(period, "end")
    if start is None or end is None:
        if period.get("start") is None and period.get("end") is None:
            return None, None
        raise Misshapen("no usable line period")
    if end < start:
        raise Misshapen("a line's period ends before it starts")
    return start, end


def _sign(line: Shape, origin: Shape) -> Sign:
    """A proration tells by its amount and, where that is nothing, by what it credits."""
    amount = needed(whole(line, "amount"), "line amount")
    credited = part(origin, "proration_details", "credited_items")
    return Sign.CREDIT if amount < 0 or (amount == 0 and credited) else Sign.CHARGE


def _quantity(line: Shape) -> Decimal:
    exact = line.get("quantity_decimal")
    if isinstance(exact, Decimal):
        exact = format(exact, "f")  # the SDK's own objects hold decimals
    if exact is not None:
        if not isinstance(exact, str) or not _QUANTITY.fullmatch(exact):
            raise Misshapen("a line's quantity is no number")
        return Decimal(exact)
    if line.get("quantity") is None:
        return Decimal(1)
    quantity = needed(whole(line, "quantity"), "line quantity")
    if not 0 <= quantity < _MOST:
        raise Misshapen("a line's quantity is out of bounds")
    return Decimal(quantity)
