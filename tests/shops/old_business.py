"""A business that has sold at Stripe for a year, put there directly, and whoever asks for it counted."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from billing_core.adapters.simulated.cards import Behaviour, Card
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.money import Charge, IntentStatus, PaymentIntent
from billing_core.adapters.simulated.server import SimulatedStripe
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Line, Subscription
from billing_core.adapters.system import SystemClock
from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import Catalog, Interval
from billing_core.domain.subscription import Status

CARD = Card(Behaviour.PAYS, "4242")
OF_OLD = "price_of_old"
YEARLY, CANCELED, LOOKING, ODD = 20, 25, 40, 33


class CountingStripe(SimulatedStripe):
    """The simulated Stripe, which counts what is asked, and does something in place of a chosen answer."""

    def __init__(self, catalog: Catalog, deliver: Callable[[bytes, str], Awaitable[int]]) -> None:
        super().__init__(lambda: catalog, SystemClock(), "whsec_of_the_import", "http://stripe.test", deliver)
        self.asked = Counter[str]()
        self._at: tuple[str, int, Callable[[], None]] | None = None

    async def answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        path = url.partition("?")[0]
        self.asked[path] += 1
        if self._at is not None and self._at[:2] == (path, self.asked[path]):
            _, _, do = self._at
            self._at = None
            do()
            return 500, {}, b""
        return await super().answer(method, url, headers, body)

    def when(self, path: str, nth: int, do: Callable[[], None]) -> None:
        """At the nth request of that path from now on, this is done in place of an answer."""
        self._at = (path, self.asked[path] + nth, do)


def open_for_a_year(stripe: SimulatedStripe, customers: int, now: datetime) -> None:
    """So many customers, all of the shop's own making: most pay monthly, some yearly, some have left or only looked."""
    stripe._engine.change(lambda draft: _customers(draft, customers, now.replace(microsecond=0)))


def is_paying(n: int) -> bool:
    """Whether the nth customer pays for a plan of the catalog."""
    return all(n % kind != 0 for kind in (CANCELED, LOOKING, ODD))


def _customers(draft: Draft, customers: int, now: datetime) -> None:
    product = next(iter(draft.state.products))
    old = Price(
        id=OF_OLD, product_id=product, amount_minor=500, currency="usd", created_at=now, interval=Interval.MONTH
    )
    draft.put(old)
    for n in range(1, customers + 1):
        joined = now - timedelta(days=400, minutes=customers - n)
        metadata = {"user_id": f"user-{n}"}
        draft.put(
            Customer(id=f"cus_{n}", created_at=joined, email=f"u{n}@app.example", name=f"User {n}", metadata=metadata)
        )
        if n % LOOKING != 0:
            _subscription(draft, n, joined, now)


def _subscription(draft: Draft, n: int, joined: datetime, now: datetime) -> None:
    months = 12 if n % YEARLY == 0 else 1
    price = OF_OLD if n % ODD == 0 else f"price_basic_{'year' if months == 12 else 'month'}_usd"
    periods = 0
    while nth_month(joined, periods + months) <= now:
        periods += months
    start, end = nth_month(joined, periods), nth_month(joined, periods + months)
    has_left = n % CANCELED == 0
    draft.put(
        Subscription(
            id=f"sub_{n}",
            item_id=f"si_{n}",
            customer_id=f"cus_{n}",
            status=Status.CANCELED if has_left else Status.ACTIVE,
            price=price,
            currency="usd",
            metadata={},
            created_at=joined,
            anchor=joined,
            period_start=start,
            period_end=end,
            canceled_at=start if has_left else None,
            ended_at=start if has_left else None,
            latest_invoice_id=f"in_{n}",
        )
    )
    _invoice(draft, n, price, start, end)


def _invoice(draft: Draft, n: int, price: str, start: datetime, end: datetime) -> None:
    amount = draft.price(price).amount_minor
    draft.put(
        Invoice(
            id=f"in_{n}",
            customer_id=f"cus_{n}",
            subscription_id=f"sub_{n}",
            currency="usd",
            reason="subscription_cycle",
            created_at=start,
            lines=(Line(id=f"il_{n}", price=price, amount_minor=amount, start=start, end=end),),
            period_start=start,
            period_end=start,
            status=InvoiceStatus.PAID,
            amount_due=amount,
            amount_paid=amount,
            attempts=1,
            finalized_at=start,
            paid_at=start,
        ),
        PaymentIntent(
            id=f"pi_{n}",
            amount_minor=amount,
            currency="usd",
            created_at=start,
            customer_id=f"cus_{n}",
            invoice_id=f"in_{n}",
            inpay_id=f"inpay_{n}",
            status=IntentStatus.SUCCEEDED,
            card=CARD,
            latest_charge_id=f"ch_{n}",
            paid_at=start,
        ),
        Charge(
            id=f"ch_{n}",
            intent_id=f"pi_{n}",
            amount_minor=amount,
            currency="usd",
            created_at=start,
            card=CARD,
            customer_id=f"cus_{n}",
        ),
    )
