"""A payment provider that is played while a history is drawn.

It keeps its own contracts and bills them as such providers do: a change now credits the unused rest and charges the
new plan's, a change of interval moves the anchor.
"""

from datetime import datetime, timedelta
from fractions import Fraction

from attrs import define, evolve, field
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import Catalog, Interval, Kind, Pack, Plan, Price
from billing_core.domain.payments import Payment, Purchase, Sign, Span
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot
from billing_core.testing.builders import day
from billing_core.testing.histories import Carded, Fact, Told

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

# Where months are short: the last days of months, and of Februaries with and without a 29th.
OPENINGS = (
    day(2026, 1, 15, 9, 30),
    day(2026, 1, 31),
    day(2025, 11, 30, 23, 59),
    day(2024, 1, 29, 12),
    day(2024, 2, 29),
    day(2023, 12, 31, 1),
    day(2026, 3, 1),
)


def like(item: Plan | Pack, sold: Price) -> Price:
    """The item's price in the interval and currency of that price."""
    return next(price for price in item.prices if is_like(price, sold))


def is_sold_like(item: Plan | Pack, sold: Price) -> bool:
    return any(is_like(price, sold) for price in item.prices)


def is_like(price: Price, sold: Price) -> bool:
    return price.interval is sold.interval and price.money.currency == sold.money.currency


def is_other_interval(price: Price, sold: Price) -> bool:
    return price.interval is not sold.interval and price.money.currency == sold.money.currency


def prices_of(plans: list[Plan]) -> list[Price]:
    return [price for plan in plans for price in plan.prices]


@define
class Contract:
    """One subscription as the provider keeps it."""

    id: str
    created_at: datetime
    item: Plan | Pack
    sold: Price
    anchor: datetime
    trial: tuple[datetime, datetime] | None = None
    n: int = 0
    status: Status = Status.ACTIVE
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    pending: Plan | None = None

    @property
    def kind(self) -> Kind:
        return Kind.PLAN if isinstance(self.item, Plan) else Kind.PACK

    @property
    def interval(self) -> Interval:
        return self.sold.interval or Interval.MONTH

    @property
    def in_trial(self) -> bool:
        return self.status is Status.TRIALING

    @property
    def period(self) -> tuple[datetime, datetime]:
        if self.in_trial and self.trial is not None:
            return self.trial
        months = self.interval.months
        return nth_month(self.anchor, self.n * months), nth_month(self.anchor, (self.n + 1) * months)

    def snapshot(self, at: datetime) -> SubscriptionSnapshot:
        start, end = self.period
        pending = PendingChange(like(self.pending, self.sold).key, end) if self.pending else None
        return SubscriptionSnapshot(
            id=self.id,
            customer_id="cus_1",
            status=self.status,
            created_at=self.created_at,
            seen_at=at,
            price=self.sold.key,
            anchor=self.anchor,
            period_start=start,
            period_end=end,
            cancel_at=self.cancel_at,
            ended_at=self.ended_at,
            trial_start=self.trial[0] if self.trial else None,
            trial_end=self.trial[1] if self.trial else None,
            pending_change=pending,
        )


@define
class Provider:
    """The provider's side: it bills, and tells what it did."""

    draw: DrawFn
    catalog: Catalog
    now: datetime
    facts: list[Fact] = field(factory=list)
    anchors: dict[str, datetime] = field(factory=dict)
    trials: dict[str, tuple[datetime, datetime]] = field(factory=dict)
    contract: Contract | None = None
    drip: Contract | None = None
    made: int = 0

    def id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made:03d}"

    def plans(self, sold: Price | None = None) -> list[Plan]:
        """What is on sale: all plans, or those that a subscription at that price may change to."""
        plans = [plan for plan in self.catalog.in_force_at(self.now).plans if plan.prices]
        return [plan for plan in plans if sold is None or is_sold_like(plan, sold)]

    def say(self, told: Told) -> None:
        self.facts.append(Fact(self.now, told))

    def line(
        self, contract: Contract, item: Plan | Pack, sign: Sign, start: datetime, end: datetime, **more: bool
    ) -> Span:
        span = Span(key=self.id("il"), kind=contract.kind, item=item.key, sign=sign, start=start, end=end, **more)
        self.anchors[span.key] = contract.anchor
        return span

    def cost(self, item: Plan | Pack, sold: Price, share: Fraction = Fraction(1)) -> int:
        return int(like(item, sold).money.amount_minor * share)

    def bill(self, contract: Contract, amount_minor: int, *spans: Span) -> None:
        payment = Payment(
            id=self.id("in"),
            subscription_id=contract.id,
            amount_minor=amount_minor,
            currency=contract.sold.money.currency,
            paid_at=self.now,
            spans=spans,
        )
        first_word = self.draw(st.booleans())
        if first_word:
            self.say(payment)
        self.say(contract.snapshot(self.seen_at))
        if not first_word:
            self.say(payment)

    # What can happen

    def subscribe(self) -> None:
        plan = self.draw(st.sampled_from(self.plans()))
        monthly = [price for price in plan.prices if price.interval is Interval.MONTH]
        sold = self.draw(st.sampled_from([*monthly, *plan.prices]))
        contract = Contract(self.id("sub"), self.now, plan, sold, anchor=self.now)
        self.contract = contract
        if plan.trial is not None and self.draw(st.booleans()):
            contract.status = Status.TRIALING
            contract.trial = self.trials[contract.id] = (self.now, self.now + timedelta(days=plan.trial.days))
            contract.anchor = contract.trial[1]
            self.bill(contract, 0, self.line(contract, plan, Sign.CHARGE, *contract.trial))
            used = self.draw(st.sampled_from([None, False, True]))
            if used is not None:
                self.say(Carded(contract.snapshot(self.seen_at), used))
            return
        paid = self.draw(st.sampled_from([self.cost(plan, sold), 0]))
        self.bill(contract, paid, self.line(contract, plan, Sign.CHARGE, *contract.period))

    def renew(self) -> None:
        """The period ends: it is canceled, converted, changed or simply renewed; a payment may fail first."""
        contract = self.contract
        if contract is None:
            return
        self.now = max(self.now, contract.period[1])
        if contract.cancel_at is not None:
            self.end(contract)
            return
        if contract.in_trial:
            contract.status = Status.ACTIVE
        else:
            contract.n += 1
        self.move(contract, contract.pending or contract.item)
        if self.draw(st.integers(0, 3)) == 0:
            self.fail(contract)
        if contract.ended_at is None:
            line = self.line(contract, contract.item, Sign.CHARGE, *contract.period)
            self.bill(contract, self.cost(contract.item, contract.sold), line)

    def fail(self, contract: Contract) -> None:
        contract.status = Status.PAST_DUE
        self.say(contract.snapshot(self.seen_at))
        self.now += self.draw(st.sampled_from([DAY, 5 * DAY, 20 * DAY]))
        outcome = self.draw(st.sampled_from([Status.ACTIVE, Status.UNPAID, Status.CANCELED]))
        if outcome is Status.CANCELED:
            self.end(contract)
            return
        if outcome is Status.UNPAID:
            contract.status = outcome
            self.say(contract.snapshot(self.seen_at))
            self.now += DAY
        contract.status = Status.ACTIVE

    def change(self) -> None:
        """Another plan now: the unused rest is credited and the new plan's rest charged, also where that is less."""
        contract = self.contract
        if contract is None or contract.in_trial:
            return
        rest, end = self.rest_of(contract)
        old, new = contract.item, self.draw(st.sampled_from(self.plans(contract.sold)))
        lines = (
            self.line(contract, old, Sign.CREDIT, self.now, end, prorated=True),
            self.line(contract, new, Sign.CHARGE, self.now, end, prorated=True),
        )
        self.move(contract, new)
        amount = self.cost(new, contract.sold, rest) - self.cost(old, contract.sold, rest)
        self.bill(contract, amount, *lines)

    def switch(self) -> None:
        """Month to year or back: the anchor moves to now."""
        contract = self.contract
        if contract is None or contract.in_trial:
            return
        rest, end = self.rest_of(contract)
        old, was = contract.item, contract.sold
        other = [price for price in prices_of(self.plans()) if is_other_interval(price, was)]
        if not other:
            return
        credit = self.line(contract, old, Sign.CREDIT, self.now, end, prorated=True)
        contract.sold = self.draw(st.sampled_from(other))
        contract.anchor, contract.n = self.now, 0
        contract.cancel_at = contract.pending = None
        contract.item = next(plan for plan in self.plans() if contract.sold in plan.prices)
        charge = self.line(contract, contract.item, Sign.CHARGE, *contract.period)
        amount = contract.sold.money.amount_minor - self.cost(old, was, rest)
        self.bill(contract, amount, credit, charge)

    def move(self, contract: Contract, item: Plan | Pack) -> None:
        contract.item, contract.sold, contract.pending = item, like(item, contract.sold), None

    def rest_of(self, contract: Contract) -> tuple[Fraction, datetime]:
        """Moves on to an instant inside the period; which part of it is left, and its end."""
        start, end = contract.period
        self.now = max(self.now, start + SECOND)
        left = (end - self.now) // SECOND
        if left > 1:
            self.now += SECOND * self.draw(st.integers(0, left - 1) | st.sampled_from([0, left // 2, left - 1]))
        return Fraction((end - self.now) // SECOND, (end - start) // SECOND), end

    def change_later(self) -> None:
        if self.contract is not None and not self.contract.in_trial:
            self.rest_of(self.contract)
            self.contract.pending = self.draw(st.sampled_from(self.plans(self.contract.sold)))
            self.say(self.contract.snapshot(self.seen_at))

    def cancel_later(self) -> None:
        if self.contract is not None:
            self.contract.cancel_at = self.contract.period[1]
            self.say(self.contract.snapshot(self.seen_at))

    def cancel_now(self) -> None:
        """Ended at once, with or without a credit for the rest."""
        if self.contract is None:
            return
        contract = self.contract
        rest, end = self.rest_of(contract)
        self.end(contract)
        if not contract.trial and self.draw(st.booleans()):
            credit = self.line(contract, contract.item, Sign.CREDIT, self.now, end, prorated=True)
            self.bill(contract, -self.cost(contract.item, contract.sold, rest), credit)

    def end(self, contract: Contract) -> None:
        contract.status, contract.ended_at = Status.CANCELED, self.now
        self.say(contract.snapshot(self.seen_at))
        self.contract = None

    def buy_pack(self) -> None:
        version = self.catalog.in_force_at(self.now)
        once = [(pack, price) for pack in version.packs for price in pack.prices if price.interval is None]
        if not once:
            return
        pack, price = self.draw(st.sampled_from(once))
        purchase = Purchase(pack=pack.key, version=version.number, quantity=self.draw(st.integers(1, 2)))
        paid = Payment(
            id=self.id("pi"),
            subscription_id=None,
            amount_minor=price.money.amount_minor * purchase.quantity,
            currency=price.money.currency,
            paid_at=self.now,
            purchase=purchase,
        )
        self.say(paid)

    def drip_on(self) -> None:
        """A recurring pack beside the plan: its first month, then one more each time."""
        version = self.catalog.in_force_at(self.now)
        recurring = [(pack, price) for pack in version.packs for price in pack.prices if price.interval is not None]
        if not recurring:
            return
        if self.drip is None:
            pack, price = self.draw(st.sampled_from(recurring))
            self.drip = Contract(self.id("sub"), self.now, pack, price, self.now, n=-1)
        drip = evolve(self.drip, n=self.drip.n + 1)
        start, end = drip.period
        limit = self.contract.period[1] if self.contract is not None else end
        if start < limit and self.now < end:
            self.drip, self.now = drip, max(self.now, start)
            self.bill(drip, drip.sold.money.amount_minor, self.line(drip, drip.item, Sign.CHARGE, start, end))

    @property
    def seen_at(self) -> datetime:
        """A moment of its own for each thing that is seen, though many happen at one instant."""
        return self.now + len(self.facts) * timedelta(microseconds=1)

    def wait(self) -> None:
        limit = self.contract.period[1] if self.contract is not None else self.now + 60 * DAY
        self.now = max(self.now, min(limit - SECOND, self.now + self.draw(st.integers(0, 40 * 24)) * DAY / 24))
