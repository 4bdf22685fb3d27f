"""What a plan change wants of a subscription, checked against what Stripe has of it."""

from attrs import evolve, frozen

from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.fetching import UNDATED, Fetching
from billing_core.adapters.stripe.invoices import currency_of
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Shape, needed, part, text, whole
from billing_core.adapters.stripe.snapshots import item_of
from billing_core.domain.errors import CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.money import Money
from billing_core.domain.subscription import VERBS, SubscriptionSnapshot
from billing_core.ports.gateway import PlanChange

PRICES = "/v1/prices"


@frozen
class Move:
    """A change that the rules allow, to the second, with what Stripe has of the subscription, its item and the new
    price."""

    change: PlanChange
    now: SubscriptionSnapshot
    subscription: Shape
    item: Shape
    price: Shape
    money: Money

    @property
    def changes_nothing(self) -> bool:
        return self.change.price == self.now.price

    @property
    def items(self) -> list[dict[str, object]]:
        return [{"id": self.item.get("id"), "price": self.price.get("id"), "quantity": self.now.quantity}]

    @property
    def prorated_at(self) -> int | None:
        return int(self.change.as_of.timestamp()) if self.change.as_of else None


async def allowed(api: Api, prices: PriceBook, change: PlanChange, subscription: Shape) -> Move:
    """The change as a move of that subscription.

    Raises IllegalTransition, CurrencyLocked where it is paid in another currency, InvalidValue for a price that is paid
    once and for an instant that is not in the present period.
    """
    now = await Fetching(api, prices).snapshot(subscription, now=UNDATED)
    if now.status not in VERBS["change"]:
        raise IllegalTransition("change", now.status.value)
    if change.as_of is not None:
        at = change.as_of.replace(microsecond=0)
        if not now.period_start <= at < now.period_end:
            raise InvalidValue("as_of", "not in the present period")
        change = evolve(change, as_of=at)
    price = await api.get(of(PRICES, await prices.price_id(change.price)))
    with reading(f"the price {change.price}"):
        money = Money(needed(whole(price, "unit_amount"), "amount"), currency_of(price))
    if text(part(price, "recurring"), "interval") is None:
        raise InvalidValue("price", "is paid once")
    with reading(f"subscription {now.id}"):
        currency = currency_of(subscription)
    if currency != money.currency:
        raise CurrencyLocked(currency)
    item = await prices.read(lambda known: item_of(subscription, known))
    return Move(change, now, subscription, item, price, money)
