"""Hypothesis strategies: catalogs, and what a payment provider would really tell of an account's subscriptions.

A `History` is drawn by playing the provider: it keeps its own contracts, bills them as such providers do (a change now
credits the unused rest and charges the new plan's, a change of interval moves the anchor), and tells facts. Beside
them it tells what a test needs to judge the books on its own: from which anchor each line is really counted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from attrs import define, evolve, field, frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from billing_core.domain.account_at import AccountAt
from billing_core.domain.calendar import nth_month
from billing_core.domain.catalog import UNLIMITED, Catalog, Interval, Kind, Plan, Trial
from billing_core.domain.events import Event
from billing_core.domain.payments import Payment, Purchase, Sign, Span
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot
from billing_core.testing.builders import a_pack, a_plan, a_version, day

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


@frozen
class Refund:
    """So much of a payment is refunded by now, in all."""

    payment_id: str
    refunded_minor: int


Told = SubscriptionSnapshot | Payment | Refund


@frozen(repr=False)
class Fact:
    """Something that the provider tells, and when."""

    at: datetime
    told: Told

    def __repr__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {_in_short(self.told)}"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # how Hypothesis prints an example
        printer.text(repr(self))


@frozen(kw_only=True, repr=False)
class History:
    """What a provider told of an account, in the order in which it happened.

    `anchors` names, for each invoice line by its key, the instant from which the months of its slots are counted;
    `trials` the trial of each subscription that had one, `[start, end)`.
    """

    catalog: Catalog
    opened_at: datetime
    facts: tuple[Fact, ...]
    ends_at: datetime
    anchors: Mapping[str, datetime]
    trials: Mapping[str, tuple[datetime, datetime]]

    def __repr__(self) -> str:
        """One line per fact, so that a counterexample can be read."""
        sold = [
            f"{v.number} {p.key} {p.allotment} initial={p.initial_credits} trial={p.trial}"
            for v in self.catalog.versions
            for p in v.plans
        ]
        facts = [repr(fact) for fact in self.facts]
        grace = self.catalog.current.grace
        return "\n  ".join([f"History(opened {self.opened_at}, ends {self.ends_at}, grace {grace}", *sold, *facts, ")"])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # how Hypothesis prints an example
        printer.text(repr(self))

    @property
    def payments(self) -> dict[str, Payment]:
        """Every payment as it stands at the end, with what was refunded of it."""
        known: dict[str, Payment] = {}
        for fact in self.facts:
            if isinstance(fact.told, Payment):
                known[fact.told.id] = fact.told
            elif isinstance(fact.told, Refund):
                paid = known[fact.told.payment_id]
                known[paid.id] = evolve(paid, refunded_minor=fact.told.refunded_minor)
        return known


def _in_short(told: Told) -> str:
    match told:
        case Payment():
            spans = (f"{'+' if s.is_charge else '-'}{s.item} [{s.start}, {s.end}) {s.key}" for s in told.spans)
            return f"{told.id} {told.amount_minor} of {told.subscription_id} {' '.join(spans) or told.purchase}"
        case SubscriptionSnapshot():
            ends = f" ends {told.ends_at}" if told.ends_at else ""
            return f"{told.id} {told.status.value} {told.price} anchor {told.anchor}{ends}"
        case Refund():
            return repr(told)


def tell(held: AccountAt, told: Told) -> tuple[Event, ...]:
    """What the account answers when it is told the fact."""
    if isinstance(told, Refund):
        return held.refunded(told.payment_id, told.refunded_minor)
    if isinstance(told, Payment):
        return held.learned(payments=[told])
    return held.learned(snapshots=[told])


@st.composite
def catalogs(draw: DrawFn, *, initials: bool = True, trials: bool = True, unlimited: bool = True) -> Catalog:
    """A free plan, two or three finite ones, perhaps an unlimited one; packs, grace, initial credits and trials.

    Dearer plans give more, as products are sold; sometimes a second version with other allotments follows.
    """
    n = draw(st.integers(2, 3))
    allotments = sorted(draw(st.lists(st.integers(1, 900), min_size=n, max_size=n, unique=True)))
    free = a_plan("free", rank=0, allotment=draw(st.sampled_from([10, 0, 1])))
    finite = [
        _a_paid_plan(draw, f"tier{rank}", rank, allotment, initials=initials, trials=trials)
        for rank, allotment in enumerate(allotments, start=1)
    ]
    endless = [a_plan("endless", rank=n + 1, allotment=UNLIMITED)] if unlimited and draw(st.booleans()) else []
    packs = (
        a_pack("boost", gives=100, lasts=draw(st.sampled_from([None, 10 * DAY]))),
        a_pack("drip", gives=50, interval=Interval.MONTH),
    )
    grace = draw(st.sampled_from([3 * DAY, timedelta(0), 7 * DAY]))
    first = a_version(since=day(2023, 1, 1), plans=(free, *finite, *endless), packs=packs, grace=grace)
    if draw(st.booleans()):
        return Catalog([first])
    later = [evolve(plan, allotment=allotment + 7) for plan, allotment in zip(finite, allotments, strict=True)]
    return Catalog([first, evolve(first, number=2, since=day(2026, 2, 1), plans=(free, *later, *endless))])


def _a_paid_plan(draw: DrawFn, key: str, rank: int, allotment: int, *, initials: bool, trials: bool) -> Plan:
    initial = draw(st.sampled_from([None, allotment + 300, allotment])) if initials else None
    trial = draw(st.sampled_from([None, Trial(days=14), Trial(days=40, credits=25)])) if trials else None
    return a_plan(key, rank=rank, allotment=allotment, initial_credits=initial, trial=trial)


@define
class _Contract:
    """One subscription as the provider keeps it."""

    id: str
    created_at: datetime
    plan: Plan
    interval: Interval
    anchor: datetime
    trial: tuple[datetime, datetime] | None = None
    n: int = 0
    status: Status = Status.ACTIVE
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    pending: Plan | None = None
    kind: Kind = Kind.PLAN

    @property
    def in_trial(self) -> bool:
        return self.status is Status.TRIALING

    @property
    def period(self) -> tuple[datetime, datetime]:
        if self.in_trial and self.trial is not None:
            return self.trial
        months = self.interval.months
        return nth_month(self.anchor, self.n * months), nth_month(self.anchor, (self.n + 1) * months)

    @property
    def price(self) -> str:
        return "drip-price" if self.kind is Kind.PACK else f"{self.plan.key}-{self.interval.value}"

    def snapshot(self, at: datetime) -> SubscriptionSnapshot:
        start, end = self.period
        pending = PendingChange(f"{self.pending.key}-{self.interval.value}", end) if self.pending else None
        return SubscriptionSnapshot(
            id=self.id,
            customer_id="cus_1",
            status=self.status,
            created_at=self.created_at,
            seen_at=at,
            price=self.price,
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
class _Provider:
    """The provider's side: it bills, and tells what it did."""

    draw: DrawFn
    catalog: Catalog
    now: datetime
    facts: list[Fact] = field(factory=list)
    anchors: dict[str, datetime] = field(factory=dict)
    trials: dict[str, tuple[datetime, datetime]] = field(factory=dict)
    contract: _Contract | None = None
    drip: _Contract | None = None
    refunded: dict[str, int] = field(factory=dict)
    made: int = 0

    def id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made:03d}"

    def plans(self) -> list[Plan]:
        return [plan for plan in self.catalog.in_force_at(self.now).plans if plan.rank]

    def say(self, told: Told) -> None:
        self.facts.append(Fact(self.now, told))

    def line(self, contract: _Contract, plan: Plan, sign: Sign, start: datetime, end: datetime, **more: bool) -> Span:
        item = "drip" if contract.kind is Kind.PACK else plan.key
        span = Span(key=self.id("il"), kind=contract.kind, item=item, sign=sign, start=start, end=end, **more)
        self.anchors[span.key] = contract.anchor
        return span

    def cost(self, plan: Plan, interval: Interval, share: Fraction = Fraction(1)) -> int:
        price = next(price for price in plan.prices if price.interval is interval)
        return int(price.money.amount_minor * share)

    def bill(self, contract: _Contract, amount_minor: int, *spans: Span) -> None:
        payment = Payment(
            id=self.id("in"),
            subscription_id=contract.id,
            amount_minor=amount_minor,
            currency="usd",
            paid_at=self.now,
            spans=spans,
        )
        first_word = self.draw(st.booleans())
        if first_word:
            self.say(payment)
        self.say(contract.snapshot(self.now))
        if not first_word:
            self.say(payment)

    # What can happen

    def subscribe(self) -> None:
        plan = self.draw(st.sampled_from(self.plans()))
        interval = self.draw(st.sampled_from([Interval.MONTH, Interval.MONTH, Interval.YEAR]))
        contract = _Contract(self.id("sub"), self.now, plan, interval, anchor=self.now)
        self.contract = contract
        if plan.trial is not None and self.draw(st.booleans()):
            contract.status = Status.TRIALING
            contract.trial = self.trials[contract.id] = (self.now, self.now + timedelta(days=plan.trial.days))
            contract.anchor = contract.trial[1]
            self.bill(contract, 0, self.line(contract, plan, Sign.CHARGE, *contract.trial))
            return
        paid = self.draw(st.sampled_from([self.cost(plan, interval), 0]))
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
        contract.plan, contract.pending = contract.pending or contract.plan, None
        if self.draw(st.integers(0, 3)) == 0:
            self.fail(contract)
        if contract.ended_at is None:
            line = self.line(contract, contract.plan, Sign.CHARGE, *contract.period)
            self.bill(contract, self.cost(contract.plan, contract.interval), line)

    def fail(self, contract: _Contract) -> None:
        contract.status = Status.PAST_DUE
        self.say(contract.snapshot(self.now))
        self.now += self.draw(st.sampled_from([DAY, 5 * DAY, 20 * DAY]))
        outcome = self.draw(st.sampled_from([Status.ACTIVE, Status.UNPAID, Status.CANCELED]))
        if outcome is Status.CANCELED:
            self.end(contract)
            return
        if outcome is Status.UNPAID:
            contract.status = outcome
            self.say(contract.snapshot(self.now))
            self.now += DAY
        contract.status = Status.ACTIVE

    def change(self) -> None:
        """Another plan now: the unused rest is credited and the new plan's rest charged, also where that is less."""
        contract = self.contract
        if contract is None or contract.in_trial:
            return
        rest, end = self.rest_of(contract)
        old, new = contract.plan, self.draw(st.sampled_from(self.plans()))
        lines = (
            self.line(contract, old, Sign.CREDIT, self.now, end, prorated=True),
            self.line(contract, new, Sign.CHARGE, self.now, end, prorated=True),
        )
        contract.plan, contract.pending = new, None
        amount = self.cost(new, contract.interval, rest) - self.cost(old, contract.interval, rest)
        self.bill(contract, amount, *lines)

    def switch(self) -> None:
        """Month to year or back: the anchor moves to now."""
        contract = self.contract
        if contract is None or contract.in_trial:
            return
        rest, end = self.rest_of(contract)
        old, old_interval = contract.plan, contract.interval
        credit = self.line(contract, old, Sign.CREDIT, self.now, end, prorated=True)
        contract.interval = Interval.YEAR if old_interval is Interval.MONTH else Interval.MONTH
        contract.anchor, contract.n = self.now, 0
        contract.cancel_at = contract.pending = None
        contract.plan = self.draw(st.sampled_from([old, *self.plans()]))
        charge = self.line(contract, contract.plan, Sign.CHARGE, *contract.period)
        amount = self.cost(contract.plan, contract.interval) - self.cost(old, old_interval, rest)
        self.bill(contract, amount, credit, charge)

    def rest_of(self, contract: _Contract) -> tuple[Fraction, datetime]:
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
            self.contract.pending = self.draw(st.sampled_from(self.plans()))
            self.say(self.contract.snapshot(self.now))

    def cancel_later(self) -> None:
        if self.contract is not None:
            self.contract.cancel_at = self.contract.period[1]
            self.say(self.contract.snapshot(self.now))

    def cancel_now(self) -> None:
        """Ended at once, with or without a credit for the rest."""
        if self.contract is None:
            return
        contract = self.contract
        rest, end = self.rest_of(contract)
        self.end(contract)
        if not contract.trial and self.draw(st.booleans()):
            credit = self.line(contract, contract.plan, Sign.CREDIT, self.now, end, prorated=True)
            self.bill(contract, -self.cost(contract.plan, contract.interval, rest), credit)

    def end(self, contract: _Contract) -> None:
        contract.status, contract.ended_at = Status.CANCELED, self.now
        self.say(contract.snapshot(self.now))
        self.contract = None

    def buy_pack(self) -> None:
        version = self.catalog.in_force_at(self.now).number
        purchase = Purchase(pack="boost", version=version, quantity=self.draw(st.integers(1, 2)))
        amount = 500 * purchase.quantity
        paid = Payment(
            id=self.id("pi"),
            subscription_id=None,
            amount_minor=amount,
            currency="usd",
            paid_at=self.now,
            purchase=purchase,
        )
        self.say(paid)

    def drip_on(self) -> None:
        """A recurring pack beside the plan: its first month, then one more each time."""
        if self.drip is None:
            self.drip = _Contract(
                self.id("sub"), self.now, self.plans()[0], Interval.MONTH, self.now, kind=Kind.PACK, n=-1
            )
        drip = evolve(self.drip, n=self.drip.n + 1)
        start, end = drip.period
        limit = self.contract.period[1] if self.contract is not None else end
        if start < limit and self.now < end:
            self.drip, self.now = drip, max(self.now, start)
            self.bill(drip, 500, self.line(drip, drip.plan, Sign.CHARGE, start, end))

    def refund(self) -> None:
        """More of a payment is refunded, or a refund of it failed."""
        paid = [f.told for f in self.facts if isinstance(f.told, Payment) and f.told.amount_minor > 0]
        if paid:
            payment = self.draw(st.sampled_from(paid))
            before = self.refunded.get(payment.id, 0)
            after = self.draw(st.sampled_from([payment.amount_minor, payment.amount_minor // 2, 1, 0]))
            if after != before:
                self.refunded[payment.id] = after
                self.say(Refund(payment.id, after))

    def wait(self) -> None:
        limit = self.contract.period[1] if self.contract is not None else self.now + 60 * DAY
        self.now = max(self.now, min(limit - SECOND, self.now + self.draw(st.integers(0, 40 * 24)) * DAY / 24))


@st.composite
def histories(
    draw: DrawFn,
    *,
    of: SearchStrategy[Catalog] | None = None,
    max_steps: int = 7,
    extras: bool = True,
) -> History:
    """What a provider would tell of one account: subscriptions one after another, with all that befalls them.

    `extras` are packs, recurring or not, and refunds.
    """
    catalog = draw(of if of is not None else catalogs())
    opened_at = draw(st.sampled_from(OPENINGS))
    provider = _Provider(draw, catalog, opened_at)
    provider.now += draw(st.sampled_from([0, 1, 20])) * DAY
    more = (provider.buy_pack, provider.refund, provider.refund, provider.drip_on) if extras else ()
    while_subscribed: tuple[Callable[[], None], ...] = (
        provider.renew,
        provider.renew,
        provider.change,
        provider.change,
        provider.switch,
        provider.change_later,
        provider.cancel_later,
        provider.cancel_now,
        provider.wait,
        *more,
    )
    provider.subscribe()
    for _ in range(draw(st.integers(0, max_steps))):
        if provider.contract is None:
            draw(st.sampled_from((provider.subscribe, provider.subscribe, provider.wait, *more)))()
        else:
            draw(st.sampled_from(while_subscribed))()
    return History(
        catalog=catalog,
        opened_at=opened_at,
        facts=tuple(provider.facts),
        ends_at=provider.now,
        anchors=provider.anchors,
        trials=provider.trials,
    )
