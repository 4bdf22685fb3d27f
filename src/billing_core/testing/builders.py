"""Builders that read aloud: a small catalog, what a gateway would tell, and an account with all that happened to it.

The default catalog has a free plan (10 credits a month), `basic` (200), `pro` (500) and `premium` (unlimited), a pack
sold once and one sold monthly. Every builder takes what a test is about and fills in the rest.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from attrs import Factory, define

from billing_core.domain import account_at
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import (
    UNLIMITED,
    Catalog,
    CatalogVersion,
    Interval,
    Kind,
    Limit,
    Model,
    Pack,
    Plan,
    Price,
    Rate,
)
from billing_core.domain.events import Event
from billing_core.domain.money import Money
from billing_core.domain.payments import Payment, Purchase, Sign, Span
from billing_core.domain.subscription import Status, SubscriptionSnapshot


def day(year: int, month: int, day_: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant in UTC."""
    return datetime(year, month, day_, hour, minute, tzinfo=UTC)


NEW_YEAR = day(2026, 1, 1)


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "usd")


def a_plan(key: str = "basic", *, rank: int = 1, allotment: Limit = 200, **more: Any) -> Plan:
    """A plan with a monthly price `<key>-month` and a yearly one `<key>-year`; rank 0 is free and has none."""
    monthly = Price(f"{key}-month", usd(1000 * rank), Interval.MONTH)
    yearly = Price(f"{key}-year", usd(10_000 * rank), Interval.YEAR)
    default: dict[str, Any] = {
        "name": key.title(),
        "prices": (monthly, yearly) if rank else (),
        "models": ("small", "large") if rank else ("small",),
        "sizes": ("512x512", "1024x1024") if rank else ("512x512",),
        "qualities": ("low", "high") if rank else ("low",),
        "default_model": "small",
        "default_size": "512x512",
        "default_quality": "low",
        "images_per_request": 1 + rank,
        "max_concurrent": 1 + rank,
    }
    return Plan(key=key, rank=rank, allotment=allotment, **(default | more))


def a_pack(key: str = "boost", *, gives: int = 100, interval: Interval | None = None, **more: Any) -> Pack:
    """A pack with one price, `<key>-price`; an interval makes it recurring."""
    default: dict[str, Any] = {"name": key.title(), "prices": (Price(f"{key}-price", usd(500), interval),)}
    return Pack(key=key, credits=gives, **(default | more))


FREE = a_plan("free", rank=0, allotment=10)
BASIC = a_plan("basic", rank=1, allotment=200)
PRO = a_plan("pro", rank=2, allotment=500)
PREMIUM = a_plan("premium", rank=3, allotment=UNLIMITED)
BOOST = a_pack("boost", gives=100)
DRIP = a_pack("drip", gives=50, interval=Interval.MONTH)

RATES = tuple(
    Rate(model, size, quality, cost)
    for model, size, quality, cost in (
        ("small", "512x512", "low", 1),
        ("small", "512x512", "high", 2),
        ("small", "1024x1024", "low", 4),
        ("small", "1024x1024", "high", 8),
        ("large", "512x512", "low", 5),
        ("large", "1024x1024", "low", 20),
        ("large", "1024x1024", "high", 40),
    )
)


def a_version(
    *, number: int = 1, since: datetime = NEW_YEAR, plans: Iterable[Plan] = (FREE, BASIC, PRO, PREMIUM), **more: Any
) -> CatalogVersion:
    """One version of the catalog."""
    default: dict[str, Any] = {
        "packs": (BOOST, DRIP),
        "rates": RATES,
        "models": (Model("small", "simulated", "small-1"), Model("large", "simulated", "large-1")),
    }
    return CatalogVersion(number=number, since=since, plans=tuple(plans), **(default | more))


def a_catalog(*plans: Plan, **more: Any) -> Catalog:
    """A catalog of one version: the default one, with the plans given in place of those of their key."""
    chosen = {plan.key: plan for plan in (FREE, BASIC, PRO, PREMIUM, *plans)}
    return Catalog([a_version(plans=chosen.values(), **more)])


def a_snapshot(status: Status = Status.ACTIVE, *, price: str = "basic-month", **more: Any) -> SubscriptionSnapshot:
    """What the gateway tells of `sub_1`, anchored at New Year and in its first month unless told otherwise."""
    anchor: datetime = more.get("anchor", NEW_YEAR)
    start: datetime = more.get("period_start", anchor)
    months = 12 if price.endswith("-year") else 1
    default: dict[str, Any] = {
        "id": "sub_1",
        "customer_id": "cus_1",
        "created_at": anchor,
        "seen_at": start,
        "anchor": anchor,
        "period_start": start,
        "period_end": nth_month(start, months),
    }
    return SubscriptionSnapshot(status=status, price=price, **(default | more))


def a_charge(item: str = "basic", start: datetime = NEW_YEAR, end: datetime | None = None, **more: Any) -> Span:
    """A paid line: the month from its start, unless an end is given."""
    default: dict[str, Any] = {"key": f"il_{item}_{start:%Y%m%d%H%M}", "kind": Kind.PLAN, "sign": Sign.CHARGE}
    return Span(item=item, start=start, end=end or nth_month(start, 1), **(default | more))


def a_credit(item: str, start: datetime, end: datetime, **more: Any) -> Span:
    """A proration line that credits the unused rest of an item."""
    unlike = {"key": f"ic_{item}_{start:%Y%m%d%H%M}", "sign": Sign.CREDIT, "prorated": True}
    return a_charge(item, start, end, **(unlike | more))


def a_payment(*spans: Span, **more: Any) -> Payment:
    """A paid invoice of `sub_1` with these lines, paid when the first one starts."""
    lines = spans or (a_charge(),)
    paid_at = min(line.start for line in lines)
    default: dict[str, Any] = {
        "id": f"in_{paid_at:%Y%m%d%H%M}",
        "subscription_id": "sub_1",
        "amount_minor": 1000,
        "currency": "usd",
        "paid_at": paid_at,
        "spans": lines,
    }
    return Payment(**(default | more))


def a_purchase(pack: str = "boost", *, paid_at: datetime = NEW_YEAR, quantity: int = 1, **more: Any) -> Payment:
    """A pack that was bought once."""
    default: dict[str, Any] = {"id": f"pi_{pack}_{paid_at:%Y%m%d%H%M}", "subscription_id": None, "amount_minor": 500}
    bought = Purchase(pack=pack, version=1, quantity=quantity)
    return Payment(currency="usd", paid_at=paid_at, purchase=bought, **(default | more))


@define
class Life:
    """An account and everything that happened to it: ask it at a moment, and keep what it answers."""

    catalog: Catalog = Factory(a_catalog)
    account: Account = Account(id="ann")
    events: list[Event] = Factory(list)

    def at(self, now: datetime) -> AccountAt:
        return account_at.at(self.account, now, self.catalog)

    def keep(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """Folds the events into the account."""
        kept = tuple(events)
        for event in kept:
            self.account = self.account.evolve(event)
        self.events.extend(kept)
        return kept

    def touch(self, now: datetime) -> Account:
        """Brings the account to the moment and keeps what was due."""
        self.keep(self.at(now).due)
        return self.account

    def told(self, now: datetime, *facts: SubscriptionSnapshot | Payment) -> tuple[Event, ...]:
        """The gateway tells of subscriptions and payments."""
        snapshots = [fact for fact in facts if isinstance(fact, SubscriptionSnapshot)]
        payments = [fact for fact in facts if isinstance(fact, Payment)]
        return self.keep(self.at(now).learned(snapshots=snapshots, payments=payments))

    def spends(self, now: datetime, amount: int, *, hold_id: str = "spent") -> tuple[Event, ...]:
        """Holds the amount and captures all of it at once."""
        held = self.keep(self.at(now).hold(amount, hold_id=hold_id, until=None))
        return (*held, *self.keep(self.at(now).capture(hold_id)))


def an_account(*, opened_at: datetime = NEW_YEAR, available: int = 0, catalog: Catalog | None = None) -> Account:
    """An account that was opened and, where it shall have credits, adjusted by so many."""
    life = Life(catalog or a_catalog())
    life.touch(opened_at)
    if available:
        life.keep(life.at(opened_at).adjust(available, adjustment_id="opening", reason="a gift"))
    return life.account


def a_subscriber(plan: str = "basic", *, since: datetime = NEW_YEAR, catalog: Catalog | None = None) -> Life:
    """The life of somebody who subscribed to the plan, monthly, and paid the first month."""
    life = Life(catalog or a_catalog())
    life.touch(since)
    life.told(since, a_payment(a_charge(plan, since)), a_snapshot(price=f"{plan}-month", anchor=since))
    return life
