"""The verbs: what may be done to an account at a moment. Each checks its rule and returns events.

`at(account, now, catalog)` first brings the account to that moment, so nobody can forget what is due, and every verb's
events begin with it: `(*due, *its own)`. Time never runs backwards on an account: `now` is at least its last instant.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from attrs import frozen

from billing_core.domain import events as e
from billing_core.domain import news
from billing_core.domain.account import Account
from billing_core.domain.accrual import accrue, settlement
from billing_core.domain.catalog import Catalog
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.domain.credits import Grant, Hold, Outcome, Source, split
from billing_core.domain.disputes import Dispute
from billing_core.domain.errors import (
    AccountSuspended,
    CaptureExceedsHold,
    HoldLapsed,
    HoldNotFound,
    IllegalTransition,
    InsufficientCredits,
    InvalidValue,
    TooManyConcurrent,
)
from billing_core.domain.given import ensure_amount, ensure_text, ensure_whole
from billing_core.domain.payments import Payment
from billing_core.domain.plan_in_force import PlanInForce, plan_in_force
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.domain.values import changed
from billing_core.domain.ways_out import for_credits


@frozen(slots=False)
class AccountAt:
    """An account brought to `now`, with the events that brought it there."""

    account: Account
    due: tuple[e.Event, ...]
    now: datetime
    catalog: Catalog

    @cached_property
    def in_force(self) -> PlanInForce:
        """The plan that the account has now."""
        return plan_in_force(self.account, self.now, self.catalog)

    # What the customer does

    def note_profile(self, *, email: str, name: str) -> tuple[e.Event, ...]:
        """Keeps the customer's e-mail and name, where they are new. Raises InvalidValue."""
        ensure_text("email", email)
        ensure_text("name", name)
        if (self.account.email, self.account.name) == (email, name):
            return self.due
        return (*self.due, e.ProfileNoted(at=self.now, email=email, name=name))

    def hold(
        self, amount: int, *, hold_id: str, until: datetime | None, reason: str = "", images: int = 0
    ) -> tuple[e.Event, ...]:
        """Sets credits aside. Under an unlimited plan the hold is covered: it takes from no grant, now or later.

        Raises InvalidValue, AccountSuspended, TooManyConcurrent (open holds), InsufficientCredits.
        """
        ensure_amount(amount, least=0)
        ensure_text("reason", reason)
        if until is not None and until <= self.now:
            raise InvalidValue("until", "must lie ahead")
        self.ensure_not_suspended()
        self.ensure_credits(amount)
        covered = self.in_force.plan.is_unlimited
        hold = Hold(
            id=hold_id,
            amount=amount,
            takes=() if covered else self.account.book.burn(amount),
            placed_at=self.now,
            until=until,
            covered=covered,
            images=images,
            reason=reason,
        )
        return (*self.due, e.HoldPlaced(at=self.now, hold=hold))

    def capture(
        self, hold_id: str, *, amount: int | None = None, images: int = 0, attempt: int | None = None
    ) -> tuple[e.Event, ...]:
        """Takes what was held, or less of it; the rest goes back to the very grants that it came from.

        `attempt` is the one that did the work, where the work is attempted. Raises HoldNotFound, HoldLapsed,
        IllegalTransition (settled already, or a later attempt has begun), CaptureExceedsHold, InvalidValue.
        """
        hold = self._open_hold("capture", hold_id, attempt)
        taken = hold.amount if amount is None else amount
        ensure_amount(taken, least=0)
        if taken > hold.amount:
            raise CaptureExceedsHold(hold.amount, taken)
        _, rest = split(hold.takes, taken)
        back, expired = self.account.book.returns(rest)
        captured = e.HoldCaptured(at=self.now, hold_id=hold_id, amount=taken, back=back, expired=expired, images=images)
        return self._settled(captured)

    def start(self, hold_id: str, *, attempt: int) -> tuple[e.Event, ...]:
        """Notes that an attempt at the work began. Their numbers rise, so of two workers with the same one, one begins.

        Raises HoldNotFound, HoldLapsed, IllegalTransition (settled already, or that attempt or a later one has begun).
        """
        hold = self._open_hold("start the work of", hold_id)
        if attempt <= hold.attempt:
            raise IllegalTransition(f"start attempt {attempt}", f"at attempt {hold.attempt}")
        return (*self.due, e.WorkStarted(at=self.now, hold_id=hold_id, attempt=attempt))

    def call_off(self, hold_id: str) -> tuple[e.Event, ...]:
        """Gives everything back, as long as the work has not started.

        Raises HoldNotFound, HoldLapsed, IllegalTransition (it has started, or ended).
        """
        if self._open_hold("cancel", hold_id).attempt:
            raise IllegalTransition("cancel", "running")
        return self.release(hold_id)

    def release(self, hold_id: str, *, attempt: int | None = None) -> tuple[e.Event, ...]:
        """Gives everything back. `attempt` is the last that whoever gives the work up knows of, where it is attempted.

        Raises HoldNotFound, HoldLapsed, IllegalTransition (settled already, or a later attempt has begun).
        """
        back, expired = self.account.book.returns(self._open_hold("release", hold_id, attempt).takes)
        return self._settled(e.HoldReleased(at=self.now, hold_id=hold_id, back=back, expired=expired))

    # What the gateway tells

    def customer_known(self, customer_id: str) -> tuple[e.Event, ...]:
        """Links the gateway's customer to the account."""
        if self.account.customer_id == customer_id:
            return self.due
        return (*self.due, e.CustomerLinked(at=self.now, customer_id=customer_id))

    def customer_gone(self, customer_id: str) -> tuple[e.Event, ...]:
        """Lets go of the gateway's customer, if it is the account's: who buys next becomes a new one."""
        if self.account.customer_id != customer_id:
            return self.due
        return (*self.due, e.CustomerUnlinked(at=self.now, customer_id=customer_id))

    def checkout_opened(self, checkout: Checkout) -> tuple[e.Event, ...]:
        """Keeps a session. An open one for another wish of that kind is over: the gateway was asked to end it."""
        over = (
            e.CheckoutMoved(at=self.now, session_id=c.session_id, status=CheckoutStatus.EXPIRED)
            for c in self.account.checkouts
            if c.kind is checkout.kind and c.status is CheckoutStatus.OPEN and c.session_id != checkout.session_id
        )
        known = any(c.session_id == checkout.session_id for c in self.account.checkouts)
        opened = () if known else (e.CheckoutOpened(at=self.now, checkout=checkout),)
        return (*self.due, *over, *opened)

    def learned(
        self,
        *,
        snapshots: Iterable[SubscriptionSnapshot] = (),
        trial_cards: Iterable[e.TrialCardSeen] = (),
        payments: Iterable[Payment] = (),
        checkouts: Iterable[e.CheckoutMoved] = (),
        refunds: Iterable[e.PaymentRefunded] = (),
        disputes: Iterable[Dispute] = (),
        imported: bool = False,
    ) -> tuple[e.Event, ...]:
        """Takes in facts of the gateway, in any order and any number of times; the book follows them at once.

        It follows subscriptions, payments and what went back of them; a checkout only says where they come from. A
        subscription that is new here and `imported` was sold elsewhere: it is pinned to the oldest catalog version that
        knows its price, and the slots that have ended were given there. The card of a trial is told with or after its
        subscription.
        """
        facts: list[e.Event] = []
        account = self.account

        def take(events: Iterable[e.Event]) -> None:
            nonlocal account
            for event in events:
                account = account.evolve(event)
                facts.append(event)

        for payment in payments:
            take(news.of_payment(account, payment, self.now, self.catalog))
        for snapshot in snapshots:
            take(news.of_snapshot(account, snapshot, self.now, self.catalog, imported=imported))
        for card in trial_cards:
            take(news.of_trial_card(account, card, self.now))
        for refund in refunds:
            take(news.of_refund(account, refund, self.now))
        for dispute in disputes:
            take(news.of_dispute(account, dispute, self.now))
        followed = len(facts)
        for moved in checkouts:
            take(news.of_checkout(account, moved, self.now))
        return (*self.due, *facts, *(self._followed(account) if followed else ()))

    def refunded(self, payment_id: str, refunded_minor: int, *, seen_at: datetime | None = None) -> tuple[e.Event, ...]:
        """So much of the payment is refunded in all, cumulatively; the book follows, unless its time is closed.

        Of two amounts the one that was seen later is believed; one without a date is believed as it comes.
        """
        told = e.PaymentRefunded(at=self.now, payment_id=payment_id, refunded_minor=refunded_minor, seen_at=seen_at)
        return self.learned(refunds=[told])

    def follow(self) -> tuple[e.Event, ...]:
        """Has the book follow the facts that are known already; it has done so, unless something went wrong."""
        return (*self.due, *self._followed(changed(self.account)))  # a copy that has noted nothing of what is due

    # What an operator does

    def adjust(
        self, amount: int, *, adjustment_id: str, reason: str, expires_at: datetime | None = None
    ) -> tuple[e.Event, ...]:
        """Gives credits, or takes at most what is available. Raises InvalidValue."""
        ensure_whole("amount", amount)
        ensure_text("reason", reason)
        if amount == 0:
            raise InvalidValue("amount", "must not be 0")
        ensure_amount(abs(amount), least=1)
        if not reason.strip():
            raise InvalidValue("reason", "must say why")
        if amount < 0:
            takes = self.account.book.burn(-amount)
            return (*self.due, e.CreditsTaken(at=self.now, takes=takes, reason=reason)) if takes else self.due
        if expires_at is not None and expires_at <= self.now:
            raise InvalidValue("expires_at", "must lie ahead")
        grant = Grant(
            id=f"adjustment:{adjustment_id}",
            source=Source.ADJUSTMENT,
            amount=amount,
            remaining=amount,
            granted_at=self.now,
            expires_at=expires_at,
            reason=reason,
        )
        return self._settled(e.CreditsGranted(at=self.now, grant=grant))

    def forgive(self, *, reason: str) -> tuple[e.Event, ...]:
        """Lets all open debt go."""
        if not self.account.book.debt:
            return self.due
        return (*self.due, e.DebtForgiven(at=self.now, amount=self.account.book.debt, reason=reason))

    def suspend(self, reason: str) -> tuple[e.Event, ...]:
        """Adds a reason to suspend; the account is suspended while any stands."""
        if reason in self.account.suspended_for:
            return self.due
        return (*self.due, e.Suspended(at=self.now, reason=reason))

    def reinstate(self, reason: str) -> tuple[e.Event, ...]:
        """Takes a reason to suspend away."""
        if reason not in self.account.suspended_for:
            return self.due
        return (*self.due, e.Reinstated(at=self.now, reason=reason))

    # How

    def ensure_not_suspended(self) -> None:
        """Raises AccountSuspended."""
        if self.account.suspended_for:
            raise AccountSuspended(self.account.suspended_for)

    def ensure_credits(self, amount: int) -> None:
        """That so many can be held, whether or not the account is suspended.

        Raises TooManyConcurrent (open holds), InsufficientCredits.
        """
        plan, book = self.in_force.plan, self.account.book
        if len(book.holds) >= plan.max_holds:
            raise TooManyConcurrent(plan.max_holds)
        if not plan.is_unlimited and amount > book.available:
            raise InsufficientCredits(amount, book.available, for_credits(self.account, self.now, self.catalog))

    def _open_hold(self, verb: str, hold_id: str, attempt: int | None = None) -> Hold:
        hold = self.account.book.hold(hold_id)
        if hold is not None:
            if attempt is not None and hold.has_gone_on(attempt):
                raise IllegalTransition(f"{verb} a hold by attempt {attempt}", f"at attempt {hold.attempt}")
            return hold
        ended = next((s.outcome for s in self.account.book.settled if s.id == hold_id), None)
        if ended is None:
            raise HoldNotFound(hold_id)
        if ended is Outcome.LAPSED:
            raise HoldLapsed(hold_id)
        raise IllegalTransition(f"{verb} a hold", ended.value)

    def _settled(self, event: e.Event) -> tuple[e.Event, ...]:
        """The event, and what is filled and paid at once from what it gave."""
        return (*self.due, event, *settlement(self.account.evolve(event), self.now))

    def _followed(self, account: Account) -> tuple[e.Event, ...]:
        of_slots = [tally.key for sub in account.subscriptions for tally in sub.tallies]
        of_packs = [tally.key for tally in account.purchases]
        return accrue(account, self.now, self.catalog, unsettled=frozenset(of_slots + of_packs))[1]


def at(account: Account, now: datetime, catalog: Catalog) -> AccountAt:
    """The account brought to `now`, or to its last instant if that is later. One never seen is opened here."""
    now = now if account.as_of is None else max(now, account.as_of)
    opening: tuple[e.Event, ...] = ()
    if account.opened_at is None:
        opening = (e.AccountOpened(now),)
        account = account.evolve(opening[0])
    account, due = accrue(account, now, catalog)
    return AccountAt(account, (*opening, *due), now, catalog)
