"""An account against a naive model of it: lists and dicts, every day lived through one after the other."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import floor

from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing_core.domain.disputes import Dispute, DisputeStatus
from billing_core.domain.payments import Span
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.testing.builders import Life, a_charge, a_credit, a_payment, a_purchase, a_snapshot

GIVES = {"basic": 200, "pro": 500, "premium": 0}
COSTS = {"basic": 1000, "pro": 2000, "premium": 3000}
GRACE = timedelta(days=3)
REMEMBERED = timedelta(days=170)  # less than an account remembers: what it forgets, the model does not know


def months_after(anchor: date, n: int) -> date:
    year, month = anchor.year, anchor.month + n
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


@define(eq=False)
class Pot:
    """Some credits."""

    name: str
    left: int
    order: int
    given_on: date
    ends: date | None = None
    slot: "Month | None" = None
    month: date | None = None


@define(eq=False)
class Line:
    plan: str
    sign: int
    start: date
    end: date
    bill: str


@define(eq=False)
class Month:
    """A slot of the subscription."""

    start: date
    end: date
    lines: list[Line] = field(factory=list)
    given: int = 0
    owed: int = 0
    paid: int = 0
    short: int = 0
    expired: int = 0
    reclaimed: int = 0
    pots: int = 0
    basis: int | None = None
    withdrawn: int = 0
    unpaid: int = 0

    @property
    def stands(self) -> int:
        return self.given - self.owed - self.short

    @property
    def whole(self) -> int:
        """What it would stand at, had it never fallen."""
        return self.stands + self.short + self.unpaid + self.withdrawn + self.reclaimed


@define(eq=False)
class Contract:
    id: str
    plan: str
    anchor: date
    n: int = 0
    status: Status = Status.ACTIVE
    ends: date | None = None
    months: list[Month] = field(factory=list)
    last: Line | None = None

    @property
    def period(self) -> tuple[date, date]:
        return months_after(self.anchor, self.n), months_after(self.anchor, self.n + 1)


@define(eq=False)
class Model:
    today: date
    opened: date = field(init=False)
    pots: list[Pot] = field(factory=list)
    holds: dict[str, tuple[list[tuple[Pot, int]], date | None, int]] = field(factory=dict)
    debt: int = 0
    captured: int = 0
    contract: Contract | None = None
    past: list[Contract] = field(factory=list)
    bills: dict[str, list[int]] = field(factory=dict)
    packs: dict[str, Month] = field(factory=dict)
    free_given: set[date] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.opened = self.today
        self.free_credits()

    @property
    def available(self) -> int:
        return sum(pot.left for pot in self.pots)

    def kept(self, bill: str) -> Fraction:
        amount, refunded, lost = self.bills[bill]
        return 1 - Fraction(min(amount, refunded + lost), amount) if amount > 0 else Fraction(1)

    def plan(self) -> str:
        sub = self.contract
        if sub is None or sub.status not in {Status.ACTIVE, Status.PAST_DUE}:
            return "free"
        paid = [line for month in sub.months for line in month.lines if line.sign > 0 and self.kept(line.bill) > 0]
        if not paid:
            return "free"
        latest = paid[0]
        for line in paid:  # in the order in which they were billed
            if line.start >= latest.start:
                latest = line
        if sub.status is Status.PAST_DUE and self.today >= latest.end + GRACE:
            return "free"
        return latest.plan

    def burn(self, amount: int) -> list[tuple[Pot, int]]:
        far = date(9999, 1, 1)
        takes = []
        for pot in sorted(self.pots, key=lambda p: (p.order, p.ends or far, p.given_on, p.name)):
            part = min(pot.left, amount)
            if part:
                pot.left -= part
                amount -= part
                takes.append((pot, part))
        return takes

    def settle(self) -> None:
        self.fill()
        for pot, part in self.burn(self.debt):
            self.debt -= part
            if pot.slot is not None:
                pot.slot.paid += part

    def fill(self) -> None:
        """What came back to a month that is short was not used after all."""
        for sub in [*self.past, *([self.contract] if self.contract else [])]:
            for month in sub.months:
                month.short -= self.take(month, month.short)

    def put(self, pot: Pot) -> None:
        self.pots.append(pot)

    def drop(self, pot: Pot) -> None:
        self.pots.remove(pot)
        if pot.slot is not None:
            others = [p for p in self.pots if p.slot is pot.slot and p.month is not None]
            pot.slot.basis = pot.slot.whole - sum(p.left for p in others)
            pot.slot.expired += pot.left
            if pot.month == pot.slot.start:  # what was taken from it would be gone too
                pot.slot.reclaimed, pot.slot.withdrawn = pot.slot.reclaimed + pot.slot.withdrawn, 0

    # A day

    def next_day(self) -> None:
        self.today += timedelta(days=1)
        for hold_id in [name for name, (_, until, _) in self.holds.items() if until == self.today]:
            self.give_back(hold_id, 0)
        if self.contract is not None and self.contract.ends == self.today:
            self.end()
        self.expire()
        self.free_credits()

    def expire(self) -> None:
        for month in [m for sub in [*self.past, *([self.contract] if self.contract else [])] for m in sub.months]:
            if month.end <= self.today and month.short:
                if month.basis is not None:
                    month.basis -= month.short
                month.owed, month.short = month.owed + month.short, 0
        for pot in list(self.pots):
            if pot.month is not None and pot.slot is not None and self.is_past(pot.slot):
                self.drop(pot)
                continue
            if pot.ends is None or self.today < pot.ends:
                continue
            if pot.slot is None or pot.month is None:
                self.drop(pot)
                continue
            sub = self.contract
            followed = sub is not None and any(later.start > pot.month for later in sub.months)
            if followed or self.today >= pot.ends + GRACE:
                self.drop(pot)

    def is_past(self, month: Month) -> bool:
        return any(month in sub.months for sub in self.past)

    def end(self) -> None:
        if self.contract is None:
            return
        self.past.append(self.contract)
        self.contract = None
        self.expire()

    def free_credits(self) -> None:
        n = 0
        while months_after(self.opened, n + 1) <= self.today:
            n += 1
        start = months_after(self.opened, n)
        if start not in self.free_given and self.plan() == "free":
            self.free_given.add(start)
            self.put(Pot(f"free:{start}", 10, 10, self.today, months_after(self.opened, n + 1)))
            self.settle()

    # What is told

    def billed(self, bill: str, amount: int, lines: list[Line]) -> None:
        sub = self.contract
        assert sub is not None
        self.bills[bill] = [amount, 0, 0]
        for line in lines:
            start, end = sub.period
            month = next((m for m in sub.months if m.start == start), None)
            if month is None:
                month = Month(start, end)
                sub.months.append(month)
            month.lines.append(line)
        self.follow()

    def follow(self) -> None:
        self.expire()
        self.free_credits()
        for sub in [*self.past, *([self.contract] if self.contract else [])]:
            for month in sub.months:
                for _ in ("debt", "what comes back", "what is new"):
                    self.correct(sub, month)
                    self.settle()
                    self.expire()

    def correct(self, sub: Contract, month: Month) -> None:
        total = Fraction(0)
        latest: Line | None = None
        for line in month.lines:
            share = Fraction((line.end - line.start).days, (month.end - month.start).days)
            total += self.kept(line.bill) * line.sign * GIVES[line.plan] * share
            if line.sign > 0 and self.kept(line.bill) > 0 and (latest is None or line.start >= latest.start):
                latest = line
        endless = latest is not None and latest.plan == "premium"
        best = max([GIVES[line.plan] for line in month.lines if line.sign > 0], default=0)
        change = min(max(0, floor(total)), best) - month.stands
        if change and month.basis is None and month.end <= self.today:
            month.basis = month.whole
        if change > 0:
            self.rise(sub, month, change)
        else:
            self.fall(month, -change, endless=endless)
        if month.end > self.today:
            self.convert(month, endless=endless)

    def rise(self, sub: Contract, month: Month, change: int) -> None:
        """Falls are undone last one first, and their last resort was debt."""
        filled = min(change, month.short)
        month.short -= filled
        change -= filled
        lost = month.withdrawn + month.reclaimed
        top = month.whole if month.basis is None else month.basis
        debt = min(change, max(0, top - month.stands - month.short - lost))
        if debt:  # whoever paid it has it back, whatever has ended
            month.unpaid -= min(month.unpaid, debt)
            self.pour(sub, month, debt, None, None)
            return
        again = min(change, lost)
        gone = min(again, month.reclaimed)
        month.reclaimed -= gone
        month.expired += gone
        month.given += gone
        own = again - gone
        if own:
            month.withdrawn -= own
            self.pour(sub, month, own, month.start, month.end)
        elif change > again:
            n = 0
            while months_after(sub.anchor, n + 1) <= self.today:
                n += 1
            start, end = months_after(sub.anchor, n), months_after(sub.anchor, n + 1)
            if self.today < month.end:
                start, end = month.start, month.end
            month.unpaid -= min(month.unpaid, change - again)
            self.pour(sub, month, change - again, start, end)
            if self.is_past(month):  # too late to pay anything
                self.drop(self.pots[-1])

    def pour(self, sub: Contract, month: Month, amount: int, start: date | None, end: date | None) -> None:
        month.given += amount
        name = f"slot:{sub.id}:{month.start}:{month.pots}"
        self.put(Pot(name, amount, 20 if start is None else 10, self.today, end, month, start))
        month.pots += 1

    def take(self, month: Month, by: int) -> int:
        """What ends with a month, newest first, then what expired, then what lasts.

        But what it got beyond its due by its end was never more than that: where it is used, nothing expired covers it.
        """
        pots = sorted((p for p in self.pots if p.slot is month), key=lambda p: (p.given_on, p.name))[::-1]
        late = [pot for pot in pots if pot.month not in {None, month.start}]
        own = [pot for pot in pots if pot.month == month.start]
        lasting = [pot for pot in pots if pot.month is None]
        beyond = 0 if month.basis is None else min(by, max(0, month.stands - month.basis))
        ending = sum(pot.left for pot in late + own)
        part = min(month.expired, max(0, by - max(beyond, ending)))
        month.expired -= part
        month.reclaimed += part
        taken = part + self.pick(late, by - part)
        withdrawn = self.pick(own, by - taken)
        if month.end <= self.today:
            month.withdrawn += withdrawn
        taken += withdrawn
        again = self.pick(lasting, by - taken)
        month.unpaid += again
        taken += again
        month.given -= taken
        return taken

    def pick(self, pots: list[Pot], most: int) -> int:
        taken = 0
        for pot in pots:
            part = min(pot.left, most - taken)
            pot.left -= part
            taken += part
        return taken

    def fall(self, month: Month, by: int, *, endless: bool) -> None:
        missing = by - self.take(month, by)
        owed = min(missing, max(0, month.paid - month.owed - month.short)) if endless else missing
        month.owed += owed
        month.unpaid += owed
        self.debt += owed
        month.short += missing - owed

    def convert(self, month: Month, *, endless: bool) -> None:
        """What a month lacks since its credits were used is short in an endless plan; what they paid is still owed."""
        missing = month.owed + month.short
        owed = min(missing, month.paid) if endless else missing
        if owed > month.owed:
            self.debt += owed - month.owed
            month.unpaid += owed - month.owed
        elif owed < month.owed:
            excused = month.owed - owed
            month.unpaid -= min(month.unpaid, excused)
            still = min(excused, self.debt)
            self.debt -= still
            if excused > still:
                self.put(Pot(f"returned:{month.start}", excused - still, 20, self.today, month.end))
        month.owed, month.short = owed, missing - owed

    # What is done

    def give_back(self, hold_id: str, captured: int) -> None:
        takes, _, _ = self.holds.pop(hold_id)
        for pot, part in takes:
            used = min(part, captured)
            captured -= used
            self.captured += used
            if pot in self.pots:
                pot.left += part - used
            elif pot.slot is not None:
                pot.slot.expired += part - used
        self.settle()


class AccountMachine(RuleBasedStateMachine):
    """Both are told and do the same; after every step both must say the same."""

    @initialize(opened=st.sampled_from([date(2026, 1, 1), date(2026, 1, 31), date(2028, 1, 30), date(2027, 12, 31)]))
    def open(self, opened: date) -> None:
        self.made = 0
        self.life = Life()
        self.model = Model(opened)
        self.life.touch(self.now)

    @property
    def now(self) -> datetime:
        return midnight(self.model.today)

    def name(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made:03d}"

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        for _ in range(days):
            self.model.next_day()

    @rule(part=st.integers(0, 4), days=st.sampled_from([None, 1, 5, 40]))
    def hold(self, part: int, days: int | None) -> None:
        if len(self.model.holds) == 20:
            return
        amount = self.model.available * part // 4
        name = self.name("hold")
        until = None if days is None else self.model.today + timedelta(days=days)
        deadline = None if until is None else midnight(until)
        self.life.keep(self.life.at(self.now).hold(amount, hold_id=name, until=deadline))
        takes = [] if self.model.plan() == "premium" else self.model.burn(amount)
        self.model.holds[name] = (takes, until, amount)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), part=st.integers(0, 4))
    def capture(self, data: st.DataObject, part: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.holds)))
        amount = self.model.holds[name][2] * part // 4
        self.life.keep(self.life.at(self.now).capture(name, amount=amount))
        self.model.give_back(name, amount)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model.holds)))
        self.life.keep(self.life.at(self.now).release(name))
        self.model.give_back(name, 0)

    @rule(amount=st.integers(-300, 300).filter(bool), days=st.sampled_from([None, 10]))
    def adjust(self, amount: int, days: int | None) -> None:
        name = self.name("adjustment")
        ends = None if days is None else self.model.today + timedelta(days=days)
        expires_at = None if ends is None else midnight(ends)
        self.life.keep(self.life.at(self.now).adjust(amount, adjustment_id=name, reason="test", expires_at=expires_at))
        if amount < 0:
            self.model.burn(-amount)
        else:
            self.model.put(Pot(f"adjustment:{name}", amount, 20, self.model.today, ends))
            self.model.settle()

    @rule()
    def buy_pack(self) -> None:
        name = self.name("pi")
        self.life.told(self.now, a_purchase(paid_at=self.now, id=name))
        self.model.put(Pot(f"pack:{name}", 100, 30, self.model.today))
        self.model.settle()

    @precondition(lambda self: self.model.contract is None)
    @rule(plan=st.sampled_from(["basic", "pro"]))
    def subscribe(self, plan: str) -> None:
        sub = self.model.contract = Contract(self.name("sub"), plan, self.model.today)
        self.bill(COSTS[plan], Line(plan, 1, *sub.period, bill=""))

    @precondition(lambda self: self.model.contract and self.model.contract.period[1] <= self.model.today)
    @rule()
    def renew(self) -> None:
        sub = self.model.contract
        assert sub is not None
        unpaid = months_after(sub.anchor, sub.n + 2) if sub.status is Status.ACTIVE else sub.period[1]
        if unpaid <= self.model.today - REMEMBERED:
            return
        if sub.status is Status.ACTIVE:
            sub.n += 1
        sub.status = Status.ACTIVE
        self.bill(COSTS[sub.plan], Line(sub.plan, 1, *sub.period, bill=""))

    @precondition(lambda self: self.model.contract and self.model.contract.period[1] <= self.model.today)
    @rule()
    def fail_renewal(self) -> None:
        sub = self.model.contract
        assert sub is not None
        if sub.status is Status.ACTIVE:
            sub.n += 1
            sub.status = Status.PAST_DUE
            self.tell()
            self.model.follow()

    @precondition(lambda self: self.model.contract and self.model.contract.status is Status.ACTIVE)
    @rule(plan=st.sampled_from(["basic", "pro", "premium"]))
    def change(self, plan: str) -> None:
        sub = self.model.contract
        assert sub is not None
        start, end = sub.period
        if not start < self.model.today < end:
            return
        old, sub.plan = sub.plan, plan
        amount = (COSTS[plan] - COSTS[old]) * (end - self.model.today).days // (end - start).days
        rest = (self.model.today, end)
        self.bill(amount, Line(old, -1, *rest, bill=""), Line(plan, 1, *rest, bill=""))

    @precondition(lambda self: self.model.contract)
    @rule(now=st.booleans())
    def cancel(self, now: bool) -> None:
        sub = self.model.contract
        assert sub is not None
        if now:
            sub.status = Status.CANCELED
            self.tell()
            self.model.end()
            self.model.follow()
        elif sub.period[1] > self.model.today:
            sub.ends = sub.period[1]
            self.tell()

    @precondition(lambda self: self.taken())
    @rule(data=st.data(), part=st.integers(0, 4))
    def refund(self, data: st.DataObject, part: int) -> None:
        bill = data.draw(st.sampled_from(self.taken()))
        amount = self.model.bills[bill][0] * part // 4
        self.life.keep(self.life.at(self.now).refunded(bill, amount))
        self.goes_back(bill, refunded=amount)

    @precondition(lambda self: self.taken())
    @rule(data=st.data(), part=st.integers(1, 4), status=st.sampled_from(DisputeStatus))
    def dispute(self, data: st.DataObject, part: int, status: DisputeStatus) -> None:
        """An operator lets the customer go on at once."""
        bill = data.draw(st.sampled_from(self.taken()))
        amount = self.model.bills[bill][0] * part // 4
        seen_at = self.now + timedelta(microseconds=self.made)
        self.made += 1
        told = Dispute(id=f"dp_{bill}", payment_id=bill, status=status, amount_minor=amount, seen_at=seen_at)
        self.life.keep(self.life.at(self.now).learned(disputes=[told]))
        self.life.keep(self.life.at(self.now).reinstate(told.reason))
        self.goes_back(bill, lost=amount if status is DisputeStatus.LOST else 0)

    def taken(self) -> list[str]:
        """The bills that money was taken for, as far as an account remembers them."""
        old = self.now - REMEMBERED
        known = {p.id for p in self.life.account.payments if max([s.end for s in p.spans], default=p.paid_at) > old}
        return sorted(bill for bill, (amount, _, _) in self.model.bills.items() if amount > 0 and bill in known)

    def goes_back(self, bill: str, *, refunded: int | None = None, lost: int | None = None) -> None:
        amount, was_refunded, was_lost = self.model.bills[bill]
        stands = [amount, was_refunded if refunded is None else refunded, was_lost if lost is None else lost]
        if self.model.bills[bill] != stands:
            self.model.bills[bill] = stands
            self.model.follow()

    def bill(self, amount: int, *lines: Line) -> None:
        sub = self.model.contract
        assert sub is not None
        bill = self.name("in")
        spans = []
        for line in lines:
            line.bill = bill
            spans.append(self.span(line))
        paid = a_payment(*spans, id=bill, subscription_id=sub.id, amount_minor=amount, paid_at=self.now)
        sub.ends = None
        snapshot = self.snapshot()
        self.life.keep(self.life.at(self.now).learned(payments=[paid], snapshots=[snapshot]))
        self.model.billed(bill, amount, list(lines))

    def span(self, line: Line) -> Span:
        start, end = midnight(line.start), midnight(line.end)
        key = self.name("il")
        if line.sign < 0:
            return a_credit(line.plan, start, end, key=key)
        assert self.model.contract is not None
        return a_charge(line.plan, start, end, key=key, prorated=line.start != self.model.contract.period[0])

    def tell(self) -> None:
        self.life.told(self.now, self.snapshot())

    def snapshot(self) -> SubscriptionSnapshot:
        sub = self.model.contract
        assert sub is not None
        start, end = (midnight(on) for on in sub.period)
        return a_snapshot(
            sub.status,
            id=sub.id,
            price=f"{sub.plan}-month",
            anchor=midnight(sub.anchor),
            period_start=start,
            period_end=end,
            seen_at=self.now + timedelta(microseconds=self.made),
            cancel_at=None if sub.ends is None else midnight(sub.ends),
            ended_at=self.now if sub.status is Status.CANCELED else None,
        )

    @invariant()
    def both_say_the_same(self) -> None:
        held = self.life.at(self.now)
        book = held.account.book
        model = self.model

        assert (model.available, model.debt, model.captured) == (book.available, book.debt, book.totals.captured)
        assert model.plan() == held.in_force.plan.key
        assert sum(part for takes, _, _ in model.holds.values() for _, part in takes) == book.held
        assert sorted(model.holds) == sorted(hold.id for hold in book.holds)


TestAccountMachine = AccountMachine.TestCase
TestAccountMachine.settings = settings(max_examples=settings().max_examples, stateful_step_count=30)
