"""How the book follows the facts: what each slot and each purchase should have been given, and the events that mend it.

A fall revokes what remains (newest grants first), then what expired unspent, and the rest is debt, or a shortfall while
an unlimited plan covers the slot. A rise undoes falls, the last one first, and grants the rest. So upgrades,
downgrades, refunds and month/year switches need no rules of their own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.allotments import PACK, Allotments
from billing_core.domain.catalog import Catalog, Plan
from billing_core.domain.credits import Grant, Source, takes_from
from billing_core.domain.payments import Payment, Purchase, Span
from billing_core.domain.slots import Slot, anchor_of, entitlement, slot_at
from billing_core.domain.subscription import Subscription, Tally
from billing_core.domain.values import changed


def refill(account: Account, at: datetime) -> Iterator[e.Event]:
    """What came back to a slot that is short was not spent after all: it fills what is missing."""
    short = [tally for sub in account.subscriptions for tally in sub.tallies if tally.shortfall]
    for tally in short:
        revoked = _revocation(account, tally, tally.shortfall, at)
        if revoked.amount:
            yield revoked
            yield e.ShortfallFilled(at=at, tally=tally.key, amount=revoked.amount)


def _revocation(account: Account, tally: Tally, by: int, at: datetime) -> e.CreditsRevoked:
    """As much of it as there is: what ends with a slot, newest first, then what expired unspent, then what lasts.

    What was given beyond the expired goes first, and what of that is not there is not taken from the expired either:
    so falls are undone in their reverse order, see `Tally.undone`.
    """
    grants = [grant for grant in account.book.grants if grant.tally == tally.key]
    grants.sort(key=lambda grant: (grant.granted_at, grant.id), reverse=True)
    late = [grant for grant in grants if grant.period_start not in (None, tally.start)]
    own = [grant for grant in grants if grant.period_start == tally.start]
    lasting = [grant for grant in grants if grant.period_start is None]
    beyond = min(by, tally.beyond)
    ending = sum([grant.remaining for grant in (*late, *own)])
    expired = min(tally.expired, max(0, by - max(beyond, ending)))
    return e.CreditsRevoked(
        at=at, tally=tally.key, takes=takes_from((*late, *own, *lasting), by - expired), expired=expired
    )


class Ledger:
    """What the facts of one account entitle it to, at one moment. Pure: it only reads."""

    def __init__(self, account: Account, catalog: Catalog, now: datetime) -> None:
        self.account, self.catalog, self.now = account, catalog, now
        self.allotments = Allotments(account, catalog)
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
        owed, restored = tally.undone(delta)
        if owed:
            return (self._debt_undone(tally, owed),)
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
        gives = [(span, payments[span.key].kept, self.allotments.whole(sub, span, slot)) for span in spans]
        entitled = entitlement(slot, gives)
        if sum([span.is_charge for span in spans]) > 1:
            entitled = min(entitled, self.allotments.most(sub, spans, slot))
        delta = entitled - tally.given
        if not (delta or tally.debt or tally.shortfall):
            return ()  # as nearly all are
        latest = self._latest_charge(spans, payments)
        lenient = latest is not None and self.allotments.is_unlimited(sub, latest)
        moved = () if tally.end <= self.now else tuple(self._conversion(tally, slot, max(0, delta), lenient=lenient))
        if delta > 0:
            paid = (latest, payments[latest.key]) if latest is not None else None
            return (*self._rise(sub, tally, slot, delta, paid=paid, spans=spans), *moved)
        return (*self._fall(tally, -delta, lenient=lenient), *moved)

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
        owed, back = tally.undone(delta - filled)
        if owed:  # what else comes back follows, since the next look finds the rest of the rise
            yield self._debt_undone(tally, owed)
            return
        expired = min(back, tally.reclaimed)
        yield from self._expired_again(tally, expired)
        own, new = back - expired, delta - filled - back
        if paid is None or not (own or new):
            return
        latest, payment = paid
        grant = Grant(
            id=f"{tally.key}:{tally.grants}",
            source=Source.PERIOD,
            amount=own or new,
            remaining=own or new,
            granted_at=self.now,
            tally=tally.key,
            subscription_id=sub.id,
            payment_id=payment.id,
            version=sub.version,
        )
        first = next((span for span in spans if self.allotments.is_first(sub, span, slot)), None)
        if first is not None and tally.initial_of is None:
            yield self._initial(self.allotments.plan(sub, first), grant)
        elif latest.kind is PACK:
            yield self._recurring(sub, grant, latest)
        else:
            seat = slot if own or self.now < slot.end else self._slot_in_progress(sub, latest, slot)
            yield from self._period(sub, seat, grant, latest)

    def _debt_undone(self, tally: Tally, amount: int) -> e.CreditsGranted:
        """What a fall made debt comes back as credits that last, since other credits may have paid it meanwhile.

        Where it is still open, they pay it at once. So it is worth the same in either order, whatever has ended.
        """
        grant = Grant(
            id=f"{tally.key}:{tally.grants}",
            source=Source.RETURNED,
            amount=amount,
            remaining=amount,
            granted_at=self.now,
            tally=tally.key,
            reason="debt undone",
        )
        return e.CreditsGranted(at=self.now, grant=grant, counted=amount)

    def _initial(self, plan: Plan, grant: Grant) -> e.CreditsGranted:
        ends = self.now + plan.initial_lasts if plan.initial_lasts else None
        initial = changed(grant, source=Source.INITIAL, expires_at=ends, reason=plan.name)
        return e.CreditsGranted(at=self.now, grant=initial, counted=grant.amount, initial_of=plan.key)

    def _recurring(self, sub: Subscription, grant: Grant, span: Span) -> e.CreditsGranted:
        pack = self.catalog.pack(span.item, pinned=sub.version)
        ends = self.now + pack.lasts if pack.lasts else None
        bought = changed(grant, source=Source.PACK, expires_at=ends, subscription_id=None, reason=pack.name)
        return e.CreditsGranted(at=self.now, grant=bought, counted=grant.amount)

    def _period(self, sub: Subscription, seat: Slot, grant: Grant, span: Span) -> Iterator[e.Event]:
        """Where the subscription has ended they are gone at once, before they could pay anything."""
        plan = self.allotments.plan(sub, span)
        period = changed(grant, period_start=seat.start, expires_at=seat.end, reason=plan.name)
        yield e.CreditsGranted(at=self.now, grant=period, counted=grant.amount)
        if sub.ended_at is not None:
            yield e.GrantExpired(at=self.now, grant_id=grant.id, amount=grant.amount)

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
                source=Source.RETURNED,
                amount=back,
                remaining=back,
                granted_at=self.now,
                expires_at=slot.end,
                reason="unlimited plan",
            )
            yield e.DebtReturned(at=self.now, tally=tally.key, grant=grant)
