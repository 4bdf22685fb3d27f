"""A shop at Stripe, written by hand: its prices, a subscription that runs, and the schedule of one."""

from collections.abc import Mapping
from datetime import UTC, datetime

from billing_core.adapters.stripe.prices import PriceBook
from tests.stripe.canned import CannedStripe, Request, page
from tests.stripe.samples import END, START, Json, seconds

CREATED = datetime(2026, 10, 1, tzinfo=UTC)


def a_price(price_id: str, key: str | None, amount: int = 1000, interval: str | None = "month", **over: object) -> Json:
    """A price of ours; one without a key is somebody else's."""
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "currency": "usd",
        "lookup_key": key,
        "metadata": {"billing_core_price": key} if key else {},
        "product": "prod_1",
        "recurring": {"interval": interval, "interval_count": 1} if interval else None,
        "unit_amount": amount,
        **over,
    }


BASIC = a_price("price_basic", "basic_month", 1000)
PRO = a_price("price_pro", "pro_month", 3000)
YEAR = a_price("price_year", "basic_year", 10000, "year")
YEN = a_price("price_yen", "basic_month_jpy", 1500, currency="jpy")
ONCE = a_price("price_once", "handful", 500, None)


_BEGIN = b"expand[0]=schedule"


class StripeShop(CannedStripe):
    """A canned Stripe that sells these prices. A change that changes nothing is answered as if it were looked at."""

    def __init__(self) -> None:
        super().__init__()
        listed = (BASIC, PRO, YEAR, YEN, ONCE)
        self.on("GET", "/v1/prices", page(*listed))
        for price in listed:
            self.on("GET", f"/v1/prices/{price['id']}", price)
        self.book = PriceBook(self.api)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if (method, body) == ("POST", _BEGIN):
            method, url, body = "GET", f"{url}?{body.decode()}", b""
        return await super().__call__(method, url, headers, body)

    @property
    def changes(self) -> list[Request]:
        """What was asked to be changed."""
        return [request for request in self.asked if request.method != "GET"]

    @property
    def steps(self) -> list[str]:
        """The changes, a line each."""
        return [f"{request.method} {request.path}" for request in self.changes]

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys of the changes."""
        return [request.key for request in self.changes]


def an_item(price: Json = BASIC, **over: object) -> Json:
    return {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": seconds(START),
        "current_period_end": seconds(END),
        "price": price,
        "quantity": 1,
        **over,
    }


def a_running_subscription(*items: Json, **over: object) -> Json:
    """A subscription as it is since basil."""
    return {
        "id": "sub_1",
        "object": "subscription",
        "billing_cycle_anchor": seconds(START),
        "cancel_at": None,
        "cancel_at_period_end": False,
        "created": seconds(CREATED),
        "currency": "usd",
        "customer": "cus_1",
        "ended_at": None,
        "items": page(*(items or (an_item(),))),
        "latest_invoice": "in_1",
        "pending_update": None,
        "schedule": None,
        "status": "active",
        "trial_end": None,
        "trial_start": None,
        **over,
    }


def a_schedule(*prices: str, **over: object) -> Json:
    """A schedule whose present phase has the first price, and whose next one the second."""
    bounds = [(START, END), (END, datetime(2027, 1, 1, tzinfo=UTC))]
    phases: list[Json] = [
        {
            "start_date": seconds(start),
            "end_date": seconds(end),
            "items": [{"price": price, "quantity": 1, "metadata": {}, "discounts": [], "tax_rates": []}],
            "discounts": [],
            "default_tax_rates": [],
            "metadata": {},
            "trial_end": None,
        }
        for price, (start, end) in zip(prices, bounds, strict=False)
    ]
    return {
        "id": "sub_sched_1",
        "object": "subscription_schedule",
        "current_phase": {"start_date": seconds(START), "end_date": seconds(END)},
        "end_behavior": "release",
        "phases": phases,
        "status": "active",
        "subscription": "sub_1",
        **over,
    }
