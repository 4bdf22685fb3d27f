"""Interleavings: facts that come late, twice or never, while credits are given, spent and fall due between them.

An account that lives through one is watched at every step by books of another kind: invoices counted second by second,
events counted one by one, and the reasons for which it should be suspended.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import define, field, frozen
from hypothesis import strategies as st

from billing_core.domain.account import Account
from billing_core.domain.disputes import Dispute
from billing_core.domain.events import Event, PaymentTooOld, SubscriptionSuperseded
from billing_core.domain.fraud import FraudPolicy, suspension_for
from billing_core.domain.payments import Payment
from billing_core.domain.retention import is_closed
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.testing.builders import Life
from billing_core.testing.histories import Carded, Fact, History, Refund, Told, Warned, tell
from billing_core.testing.provider import DAY
from tests.late_facts import last_told
from tests.lives import HOUR, Doing, do, lives
from tests.naive_slots import Key, Naive, kept
from tests.recount import Recount

AT_ONCE = timedelta(0)
LATE = (AT_ONCE, AT_ONCE, AT_ONCE, HOUR, DAY, 9 * DAY, 40 * DAY, 100 * DAY)
TIMES = (1, 1, 1, 1, 2, 0)
Step = tuple[datetime, Fact | Doing]


@frozen
class Interleaving:
    """A history, and in which order and when its facts are heard and things are done."""

    history: History
    steps: tuple[Step, ...]


@st.composite
def interleavings(draw: st.DrawFn, *, max_steps: int = 10) -> Interleaving:
    """Each fact is told once, twice or never, at once or late; what all of them come to is told at the end."""
    history, doings = draw(lives(max_steps=max_steps))
    steps: list[Step] = [(doing.at, doing) for doing in doings]
    for fact in history.facts:
        times = draw(st.sampled_from(TIMES))
        steps += [(fact.at + draw(st.sampled_from(LATE)), fact) for _ in range(times)]
    ends_at = max([history.ends_at, *(at for at, _ in steps)]) + DAY
    steps += [(ends_at, fact) for fact in last_told(history.facts)]
    mixed = draw(st.permutations(steps))
    return Interleaving(history, tuple(sorted(mixed, key=lambda step: step[0])))


@define
class Watched:
    """An account that lives through an interleaving, and what is known of it from elsewhere."""

    history: History
    life: Life = field(init=False)
    recount: Recount = field(factory=Recount)
    payments: dict[str, Payment] = field(factory=dict)
    snapshots: dict[str, SubscriptionSnapshot] = field(factory=dict)
    disputes: dict[str, Dispute] = field(factory=dict)
    warned: set[str] = field(factory=set)
    refunds: dict[str, Refund] = field(factory=dict)
    lost: dict[str, int] = field(factory=dict)
    suspended_for: set[str] = field(factory=set)
    used: set[str] = field(factory=set)
    seen: tuple[object, ...] = ()

    def __attrs_post_init__(self) -> None:
        self.life = Life(self.history.catalog)
        self.keep(self.life.at(self.history.opened_at).due)

    @property
    def account(self) -> Account:
        return self.life.account

    def keep(self, events: tuple[Event, ...]) -> None:
        """Folds the events one by one, and looks at the books after each."""
        for event in events:
            self.life.keep((event,))
            self.recount.add(event)
            assert self.recount.is_conserved(self.account), f"not conserved after {event}"
        self.payments |= {payment.id: payment for payment in self.account.payments}
        self.snapshots |= {sub.id: sub.snapshot for sub in self.account.subscriptions if sub.snapshot}

    def meet(self, at: datetime, what: Fact | Doing, n: int) -> None:
        held = self.life.at(at)
        if isinstance(what, Doing):
            if what.verb == "lift":
                self.suspended_for.difference_update(held.account.suspended_for[:1])
            self.keep(do(held, what, n))
        elif not (isinstance(what.told, Warned) and what.told.id in self.warned):  # a case is opened once
            self.hear(at, what.told)

    def hear(self, at: datetime, told: Told) -> None:
        """What goes back of a payment that nobody has heard of brings the payment with it, as who asks is told both."""
        if isinstance(told, (Refund, Dispute)) and self.life.at(at).account.payment(told.payment_id) is None:
            self.keep(tell(self.life.at(at), self._paid(told.payment_id)))
        self._mind(self.life.at(at).account, at, told)
        self.keep(tell(self.life.at(at), told))
        again = tell(self.life.at(at), told)
        assert all(isinstance(event, (SubscriptionSuperseded, PaymentTooOld)) for event in again), again

    def _paid(self, payment_id: str) -> Payment:
        told = (fact.told for fact in self.history.facts)
        return next(one for one in told if isinstance(one, Payment) and one.id == payment_id)

    def _mind(self, account: Account, at: datetime, told: Told) -> None:
        """What went back, and what the account should be suspended for, once it has heard this."""
        if isinstance(told, Carded):
            self.used |= {told.id} if told.used else set()
        elif isinstance(told, Warned):
            self.warned.add(told.id)
            if told.policy is FraudPolicy.SUSPEND:
                self.suspended_for.add(suspension_for(told.id))
        elif isinstance(told, (Refund, Dispute)):
            payment = account.payment(told.payment_id)
            is_open = payment is not None and not is_closed(payment, at)
            if isinstance(told, Dispute):
                self._mind_dispute(told, is_known=payment is not None)
                if is_open:
                    disputes = [one for one in self.disputes.values() if one.payment_id == told.payment_id]
                    self.lost[told.payment_id] = sum(one.lost_minor for one in disputes)
            elif is_open:
                self.refunds[told.payment_id] = max(self.refunds.get(told.payment_id, told), told, key=_seen)

    def _mind_dispute(self, told: Dispute, *, is_known: bool) -> None:
        before = self.disputes.get(told.id)
        if (before is None and told.status.is_over and not is_known) or (before and before.seen_at >= told.seen_at):
            return
        self.disputes[told.id] = told
        if not told.status.suspends:
            self.suspended_for.discard(told.reason)
        elif before is None or not before.status.suspends:
            self.suspended_for.add(told.reason)

    # The laws

    def ensure_lawful(self) -> None:
        """The laws of entitlement, of what is available, of what went back, and of suspension."""
        book = self.account.book
        assert all(grant.remaining >= 0 for grant in book.grants)
        assert book.debt >= 0
        assert book.debt == 0 or book.available == 0
        assert self.suspended_for == set(self.account.suspended_for)
        for payment in self.account.payments:
            refund = self.refunds.get(payment.id)
            assert payment.refunded_minor == (refund.refunded_minor if refund else 0)
            assert payment.lost_minor == self.lost.get(payment.id, 0)
        self._ensure_packs_are_given()
        if all(sub.snapshot for sub in self.account.subscriptions):  # else nobody knows yet how its lines are counted
            self._ensure_slots_are_given()

    def _ensure_packs_are_given(self) -> None:
        for payment in self.account.payments:
            if payment.purchase is not None:
                due = kept(payment) * 100 * payment.purchase.quantity // 1
                assert due == self.recount.worth[f"pack:{payment.id}"], payment

    def _ensure_slots_are_given(self) -> None:
        given: dict[Key, int] = {}
        for sub in self.account.subscriptions:
            for tally in sub.tallies:
                if tally.end is not None and not tally.closed:
                    assert tally.given == self.recount.worth[tally.key]
                    given[sub.id, tally.start, tally.end] = tally.given
        if (self.payments, self.snapshots, self.used, given) == self.seen:
            return
        self.seen = dict(self.payments), dict(self.snapshots), set(self.used), given
        naive = Naive.told(self.history, self.payments, self.snapshots.values(), self.used)
        wanted = {slot: naive.entitled.get(slot, 0) for slot in given}
        assert wanted == given, {slot: (wanted[slot], given[slot]) for slot in given if wanted[slot] != given[slot]}
        assert all(credits_ <= naive.best.get(slot, 0) for slot, credits_ in given.items())


def _seen(told: Refund) -> tuple[datetime, int]:
    return told.seen_at, told.refunded_minor


def watched(interleaving: Interleaving) -> Iterator[Watched]:
    """The account after each step."""
    watch = Watched(interleaving.history)
    for n, (at, what) in enumerate(interleaving.steps):
        watch.meet(at, what, n)
        yield watch
