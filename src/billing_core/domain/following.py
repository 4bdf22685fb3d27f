"""How the book follows the facts: what each slot and each purchase should have been given, and the events that mend it.

A rise grants the difference; a fall revokes what remains (newest grants first), then what expired unspent, and the
rest is debt, or a shortfall while an unlimited plan covers the slot. So upgrades, downgrades, refunds and month/year
switches need no rules of their own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.calendar import stamp
from billing_core.domain.catalog import Catalog, Kind, Plan
from billing_core.domain.credits import Grant, Source, takes_from
from billing_core.domain.payments import Payment, Purchase, Span
from billing_core.domain.slots import Slot, anchor_of, entitlement, slot_at, touched
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.values import changed

PLAN, PACK = Kind.PLAN, Kind.PACK


def tally_key(sub: Subscription, slot: Slot) -> str:
    """The slot's key: its subscription, its start and its end (two anchors may have slots that start together)."""
    return f"slot:{sub.id}:{stamp(slot.start)}:{stamp(slot.end)}"


def unopened_slots(account: Account, sub: Subscription, since: datetime | None) -> Iterator[tuple[str, Slot]]:
    """For each span that was paid for, the first of its slots that has no tally, counted from `since` on if given.

    Each with the key of its tally. Slots that differ by less than a second share a key, and so a tally.
    """
    paid = account.paid_for(sub.id)
    anchors, trial = paid.anchors(sub), sub.trial
    opened = [(tally.start, tally.end) for tally in sub.tallies]
    for span, _ in paid.spans:
        if since is None or span.end > since:
            for slot in touched(span, anchors, trial):
                if (since is not None and slot.start < since) or not sub.is_ours(slot):
                    continue
                if slot not in opened and sub.tally(key := tally_key(sub, slot)) is None:
                    yield key, slot
                    break


def unplaced_spans(account: Account, sub: Subscription) -> tuple[Span, ...]:
    """What was paid for but counts in no slot, since no anchor of the subscription has months that end with it."""
    paid = account.paid_for(sub.id)
    anchors, trial = paid.anchors(sub), sub.trial
    return tuple([s for s, _ in paid.spans if s.start < s.end and not touched(s, anchors, trial)])


def tally_in_progress(account: Account, subscription_id: str, at: datetime) -> Tally | None:
    """The subscription's slot that contains the instant; where an anchor moved and two do, the later one."""
    sub = account.subscription(subscription_id)
    running = [tally for tally in sub.tallies if tally.contains(at)] if sub else []
    return max(running, key=lambda tally: tally.start, default=None)


def refill(account: Account, at: datetime) -> Iterator[e.Event]:
    """What came back to a slot that is short was not spent after all: it fills what is missing."""
    short = [tally for sub in account.subscriptions for tally in sub.tallies if tally.shortfall]
    for tally in short:
        revoked = _revocation(account, tally, tally.shortfall, at)
        if revoked.amount:
            yield revoked
            yield e.ShortfallFilled(at=at, tally=tally.key, amount=revoked.amount)


def _revocation(account: Account, tally: Tally, by: int, at: datetime) -> e.CreditsRevoked:
    """As much of it as there is: what remains of the tally's grants, newest first, then what expired unspent.

    Before these goes what was given beyond the slot's due by its end, and came too late to be its own; behind them the
    rest of that, which was given back for debt. So falls are undone in their reverse order, see `Tally.comes_back`.
    """
    grants = [grant for grant in account.book.grants if grant.tally == tally.key]
    grants.sort(key=lambda grant: (grant.granted_at, grant.id), reverse=True)
    own = [grant for grant in grants if grant.period_start in (None, tally.start)]
    late = [grant for grant in grants if grant.period_start not in (None, tally.start)]
    first = min(by, tally.beyond, sum([grant.remaining for grant in late]))
    takes = takes_from(own, by - first)
    left = by - first - sum([take.amount for take in takes])
    expired = min(left, tally.expired)
    takes = (*takes_from(late, first + left - expired), *takes)
    return e.CreditsRevoked(at=at, tally=tally.key, takes=takes, expired=expired)


class Ledger:
    """What the facts of one account entitle it to, at one moment. Pure: it only reads."""

    def __init__(self, account: Account, catalog: Catalog, now: datetime) -> None:
        self.account, self.catalog, self.now = account, catalog, now
        self._facts: dict[str, tuple[Mapping[Slot, tuple[Span, ...]], dict[str, Payment]]] = {}
        self._tallies = {tally.key: (sub, tally) for sub in account.subscriptions for tally in sub.tallies}

    def corrections(self, key: str) -> tuple[e.Event, ...]:
        """The events that bring the tally of that key to its entitlement; none where it is there."""
        if key in self._tallies:
            return self._slot(*self._tallies[key])
        for payment in self.account.payments:
            if payment.purchase is not None and key == f"pack:{payment.id}":
                return self._purchase(payment, payment.purchase)
        return ()  # it was forgotten meanwhile

    def _purchase(self, payment: Payment, purchase: Purchase) -> tuple[e.Event, ...]:
        tally = next(t for t in self.account.purchases if t.key == f"pack:{payment.id}")
        pack = self.catalog.pack(purchase.pack, pinned=purchase.version)
        target = payment.kept * pack.credits * purchase.quantity // 1
        delta = target - tally.given
        if delta <= 0:
            return tuple(self._fall(tally, -delta, lenient=False))
        restored = min(delta, tally.reclaimed)
        amount = delta - restored
        grant = Grant(
            id=f"{tally.key}:{tally.grants}",
            source=Source.PACK,
            amount=amount,
            remaining=amount,
            granted_at=self.now,
            expires_at=self.now + pack.lasts if pack.lasts else None,
            tally=tally.key,
            payment_id=payment.id,
            version=purchase.version,
            reason=pack.name,
        )
        granted = (e.CreditsGranted(at=self.now, grant=grant, counted=amount),) if amount else ()
        return (*self._expired_again(tally, restored), *granted)

    def _slot(self, sub: Subscription, tally: Tally) -> tuple[e.Event, ...]:
        if tally.end is None or tally.closed:
            return ()
        slot = Slot(tally.start, tally.end)
        if sub.id not in self._facts:
            found = self.account.paid_for(sub.id)
            self._facts[sub.id] = found.slots(sub), {span.key: payment for span, payment in found.spans}
        slots, payments = self._facts[sub.id]
        spans = slots.get(slot, ())
        gives = [(span, payments[span.key].kept, self._allotment(sub, span, slot)) for span in spans]
        delta = entitlement(slot, gives) - tally.given
        if not (delta or tally.debt or tally.shortfall):
            return ()  # as nearly all are
        latest = self._latest_charge(spans, payments)
        lenient = latest is not None and self._is_unlimited(sub, latest)
        moved = () if tally.end <= self.now else tuple(self._conversion(tally, slot, max(0, delta), lenient=lenient))
        if delta > 0:
            paid = (latest, payments[latest.key]) if latest is not None else None
            return (*self._rise(sub, tally, slot, delta, paid=paid, spans=spans), *moved)
        return (*self._fall(tally, -delta, lenient=lenient), *moved)

    def _allotment(self, sub: Subscription, span: Span, slot: Slot) -> int:
        if span.kind is PACK:
            return self.catalog.pack(span.item, pinned=sub.version).credits
        plan = self._plan(sub, span)
        if self._in_trial(sub, span):
            if self.account.trialed != sub.id:
                return 0
            if plan.trial is not None and plan.trial.credits is not None:
                return plan.trial.credits
        if plan.initial_credits is not None and self._is_first(sub, span, slot):
            return plan.initial_credits
        return plan.allotment if isinstance(plan.allotment, int) else 0

    def _plan(self, sub: Subscription, span: Span) -> Plan:
        return self.catalog.plan(span.item, pinned=sub.version)

    def _is_first(self, sub: Subscription, span: Span, slot: Slot) -> bool:
        """Whether the plan's initial credits stand in for its allotment: in its first whole paid slot, once.

        Told by the facts alone, so that the order in which they arrive cannot matter.
        """
        if span.start != slot.start or not self._brings_initial(sub, span):
            return False
        tallies = (tally for s in self.account.subscriptions for tally in s.tallies)
        known = any(tally.initial_of == span.item and not tally.closed for tally in tallies)
        if span.item in self.account.initials and not known:
            return False  # they were given so long ago that what was paid for them is forgotten
        firsts = (
            (other.start, other.key)
            for s in self.account.subscriptions
            for other, payment in self.account.paid_for(s.id).spans
            if other.item == span.item and payment.kept > 0 and self._brings_initial(s, other)
        )
        return min(firsts, default=None) == (span.start, span.key)

    def _brings_initial(self, sub: Subscription, span: Span) -> bool:
        if span.kind is PACK or span.prorated or not span.is_charge or self._in_trial(sub, span):
            return False
        if sub.imported_at is not None:  # its customer was new elsewhere
            return False
        plan = self._plan(sub, span)
        return plan.initial_credits is not None and not plan.is_unlimited

    def _is_unlimited(self, sub: Subscription, span: Span) -> bool:
        return span.kind is PLAN and self._plan(sub, span).is_unlimited

    def _in_trial(self, sub: Subscription, span: Span) -> bool:
        return sub.trial is not None and sub.trial.start <= span.start and span.end <= sub.trial.end

    def _latest_charge(self, spans: tuple[Span, ...], payments: dict[str, Payment]) -> Span | None:
        charges = [s for s in spans if s.is_charge and s.start <= self.now and payments[s.key].kept > 0]
        return max(charges, key=lambda s: (s.start, payments[s.key].paid_at, s.key), default=None)

    def _rise(
        self,
        sub: Subscription,
        tally: Tally,
        slot: Slot,
        delta: int,
        *,
        paid: tuple[Span, Payment] | None,
        spans: tuple[Span, ...],
    ) -> Iterator[e.Event]:
        filled = min(delta, tally.shortfall)
        if filled:
            yield e.ShortfallFilled(at=self.now, tally=tally.key, amount=filled)
        back = tally.comes_back(delta - filled)
        more = delta - filled - back
        if not more:  # else that comes first, since it may pay what a fall made debt
            yield from self._expired_again(tally, min(back, tally.reclaimed))
        amount = more or max(0, back - tally.reclaimed)
        if amount == 0 or paid is None:
            return
        latest, payment = paid
        grant = Grant(
            id=f"{tally.key}:{tally.grants}",
            source=Source.PERIOD,
            amount=amount,
            remaining=amount,
            granted_at=self.now,
            tally=tally.key,
            subscription_id=sub.id,
            payment_id=payment.id,
            version=sub.version,
        )
        first = next((span for span in spans if self._is_first(sub, span, slot)), None)
        if first is not None and tally.initial_of is None:
            yield self._initial(self._plan(sub, first), grant)
        else:
            yield self._granted(sub, slot, grant, latest, is_own=not more)

    def _initial(self, plan: Plan, grant: Grant) -> e.CreditsGranted:
        ends = self.now + plan.initial_lasts if plan.initial_lasts else None
        initial = changed(grant, source=Source.INITIAL, expires_at=ends, reason=plan.name)
        return e.CreditsGranted(at=self.now, grant=initial, counted=grant.amount, initial_of=plan.key)

    def _granted(self, sub: Subscription, slot: Slot, grant: Grant, latest: Span, *, is_own: bool) -> e.CreditsGranted:
        if latest.kind is PACK:
            pack = self.catalog.pack(latest.item, pinned=sub.version)
            ends = self.now + pack.lasts if pack.lasts else None
            bought = changed(grant, source=Source.PACK, expires_at=ends, subscription_id=None, reason=pack.name)
            return e.CreditsGranted(at=self.now, grant=bought, counted=grant.amount)
        plan = self._plan(sub, latest)
        seat = slot if is_own or self.now < slot.end else self._slot_in_progress(sub, latest, slot)
        period = changed(grant, period_start=seat.start, expires_at=seat.end, reason=plan.name)
        return e.CreditsGranted(at=self.now, grant=period, counted=grant.amount)

    def _slot_in_progress(self, sub: Subscription, span: Span, slot: Slot) -> Slot:
        """Where the credits of a slot go that was paid after its end."""
        anchor = anchor_of(span, self.account.paid_for(sub.id).anchors(sub)) or slot.start
        return slot_at(anchor, self.now)

    def _expired_again(self, tally: Tally, amount: int) -> tuple[e.Event, ...]:
        """Credits that had expired when they were revoked come back as what they were."""
        if not amount:
            return ()
        return (e.CreditsRevoked(at=self.now, tally=tally.key, takes=(), expired=-amount),)

    def _fall(self, tally: Tally, by: int, *, lenient: bool) -> Iterator[e.Event]:
        revoked = _revocation(self.account, tally, by, self.now)
        if revoked.amount:
            yield revoked
        missing = by - revoked.amount
        still_owed = max(0, tally.settled - tally.debt - tally.shortfall)
        owed = min(missing, still_owed) if lenient else missing
        if owed:
            yield e.DebtIncurred(at=self.now, tally=tally.key, amount=owed)
        if missing > owed:
            yield e.ShortfallLeft(at=self.now, tally=tally.key, amount=missing - owed)

    def _conversion(self, tally: Tally, slot: Slot, rise: int, *, lenient: bool) -> Iterator[e.Event]:
        """What a slot in progress is short of is debt under a finite plan, and a shortfall under an unlimited one.

        What its grants paid towards debt stays debt under either: it would be open still, had they never been given.
        """
        waiting = max(0, tally.shortfall - rise)
        missing = tally.debt + waiting
        owed = min(missing, tally.settled) if lenient else missing
        if owed > tally.debt:
            yield e.DebtIncurred(at=self.now, tally=tally.key, amount=owed - tally.debt, from_shortfall=True)
        excused = max(0, tally.debt - owed)
        open_part = min(excused, self.account.book.debt)
        if open_part:
            yield e.DebtForgiven(at=self.now, amount=open_part, reason="unlimited plan", tally=tally.key)
        if excused > open_part:
            back = excused - open_part
            grant = Grant(
                id=f"returned:{tally.key}:{self.account.version}",
                source=Source.ADJUSTMENT,
                amount=back,
                remaining=back,
                granted_at=self.now,
                expires_at=slot.end,
                reason="unlimited plan",
            )
            yield e.DebtReturned(at=self.now, tally=tally.key, grant=grant)
