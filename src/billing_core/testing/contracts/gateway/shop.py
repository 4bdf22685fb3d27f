"""What the gateway under test sells, and how a customer asks for it."""

from datetime import UTC, datetime

from billing_core.domain.catalog import Catalog, CatalogVersion, Interval, Pack, Plan, Price
from billing_core.domain.money import Money
from billing_core.ports.gateway import CheckoutRequest


def _price(key: str, amount: int, interval: Interval | None, currency: str = "usd") -> Price:
    return Price(key, Money(amount, currency), interval)


def _plan(key: str, rank: int, *prices: Price) -> Plan:
    return Plan(
        key=key,
        name=key.title(),
        rank=rank,
        allotment=100 * rank,
        prices=prices,
        default_model="m",
        default_size="1024x1024",
        default_quality="standard",
    )


SHOP = Catalog(
    (
        CatalogVersion(
            number=1,
            since=datetime(2020, 1, 1, tzinfo=UTC),
            plans=(
                _plan("free", 0),
                _plan(
                    "basic",
                    1,
                    _price("basic_month", 1000, Interval.MONTH),
                    _price("basic_year", 10000, Interval.YEAR),
                    _price("basic_month_jpy", 1500, Interval.MONTH, "jpy"),
                ),
                _plan(
                    "pro",
                    2,
                    _price("pro_month", 3000, Interval.MONTH),
                    _price("pro_year", 30000, Interval.YEAR),
                    _price("pro_month_jpy", 4500, Interval.MONTH, "jpy"),
                ),
            ),
            packs=(
                Pack(key="handful", name="A handful", credits=10, prices=(_price("handful", 500, None),)),
                Pack(
                    key="refill",
                    name="A refill",
                    credits=10,
                    prices=(_price("refill_month", 400, Interval.MONTH),),
                ),
            ),
        ),
    )
)
"""The catalog that the gateway under test sells."""


def a_checkout(customer_id: str, price: str = "basic_month", account_id: str = "acc_1") -> CheckoutRequest:
    """A request to buy what that price of SHOP buys."""
    offer = SHOP.current.offers[price]
    return CheckoutRequest(
        account_id=account_id,
        customer_id=customer_id,
        kind=offer.kind,
        item=offer.item,
        price=price,
        version=SHOP.current.number,
        recurring=offer.price.interval is not None,
        success_url="https://app.test/done?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://app.test/back",
    )
