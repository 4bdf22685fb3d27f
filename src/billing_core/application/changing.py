"""Changing the plan: one quote, shown before and done exactly so.

A quote names the instant from which the gateway prorates, so that the charge is what was shown to the cent; it is
signed, so that nobody can move that instant.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from attrs import frozen

from billing_core.application.booking import span_of
from billing_core.application.errors import PaymentDeclined, QuoteStale
from billing_core.application.refreshing import Refreshing
from billing_core.application.requests import RequestKey, cause_of, name_at_gateway
from billing_core.application.subscribing import sold_price
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog, Interval, Kind, Offer, Plan
from billing_core.domain.errors import InvalidValue, NoSubscription
from billing_core.domain.options import Action, Option
from billing_core.domain.payments import Payment
from billing_core.domain.plan_in_force import plan_subscription
from billing_core.domain.subscription import Subscription
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.gateway import ChangeQuote, ChangeStatus, PaymentGateway, PlanChange, When
from billing_core.ports.ids import IdSource

QUOTE_HOLDS = timedelta(minutes=10)


@frozen(kw_only=True)
class ChangeWish:
    """The plan to move to; what is None stays as it is, or (when) follows from the price."""

    tier: str
    interval: Interval | None = None
    when: When | None = None


@frozen(kw_only=True)
class Quote:
    """What the change costs and does. `due_now` below zero is credited to the customer's balance."""

    quote: str
    expires_at: datetime
    when: When
    due_now: int
    next_amount: int
    next_at: datetime
    currency: str
    credits_delta: int
    debt: int
    gains: tuple[str, ...]
    losses: tuple[str, ...]


@frozen(kw_only=True)
class Changed:
    """How the change ended, with the quote that it was done by."""

    quote: Quote
    status: ChangeStatus
    hosted_invoice_url: str | None = None


@frozen(kw_only=True)
class _Plan:
    """What the rules made of a wish."""

    sub: Subscription
    current: Plan
    target: Plan
    change: PlanChange


@frozen
class _Intent:
    """What the gateway is about to be asked, by which name, and the quote that was shown for it."""

    quote: Quote
    change: PlanChange
    mark: str = ""


class _FirstTry(Exception):
    """The request was never tried before."""


def _first_of(request: RequestKey | None) -> Cause[Changed | _Intent] | None:
    return cause_of(request, Changed, intent_type=_Intent)


@frozen
class Quoting:
    """Prices a change without making it."""

    accounts: AccountRepository
    gateway: PaymentGateway
    catalog: Catalog
    clock: Clock
    secret: bytes

    async def __call__(self, account_id: str, wish: ChangeWish, *, as_of: datetime | None = None) -> Quote:
        """Raises NoSubscription, IllegalTransition, UnknownPlan, NotForSale, ContactSales, InvalidValue."""
        now = self.clock.now()
        held = at(await self.accounts.get(account_id), now, self.catalog)
        planned = planned_change(held, wish, as_of or now.replace(microsecond=0))
        quoted = await self.gateway.preview_change(planned.change)
        available, debt = self._effect(held, planned, quoted)
        expires_at = quoted.as_of + QUOTE_HOLDS
        return Quote(
            quote=self._sign(account_id, planned.change, quoted),
            expires_at=expires_at,
            when=planned.change.when,
            due_now=quoted.due_now_minor,
            next_amount=quoted.next_amount.amount_minor,
            next_at=quoted.next_at,
            currency=quoted.currency,
            credits_delta=available,
            debt=debt,
            gains=tuple(f for f in planned.target.features if f not in planned.current.features),
            losses=tuple(f for f in planned.current.features if f not in planned.target.features),
        )

    def _effect(self, held: AccountAt, planned: _Plan, quoted: ChangeQuote) -> tuple[int, int]:
        """How available credits would move, and the debt there would be, if the quoted invoice were paid now."""
        if planned.change.when is When.PERIOD_END or not quoted.lines:
            return 0, held.account.book.debt
        payment = Payment(
            id="quote",
            subscription_id=planned.sub.id,
            amount_minor=quoted.due_now_minor,
            currency=quoted.currency,
            paid_at=quoted.as_of,
            spans=tuple(span_of(line, self.catalog, pinned=planned.sub.version) for line in quoted.lines),
        )
        after = held.account
        for event in held.learned(payments=[payment])[len(held.due) :]:
            after = after.evolve(event)
        return after.book.available - held.account.book.available, after.book.debt

    def _sign(self, account_id: str, change: PlanChange, quoted: ChangeQuote) -> str:
        told = f"{int(quoted.as_of.timestamp())}.{quoted.due_now_minor}"
        return urlsafe_b64encode(f"{told}.{self._mac(account_id, change, told)}".encode()).decode()

    def _mac(self, account_id: str, change: PlanChange, told: str) -> str:
        parts = (account_id, change.subscription_id, change.price, change.when.value, told)
        words = "\x1f".join(parts)
        return hmac.new(self.secret, words.encode(), "sha256").hexdigest()

    async def check(self, account_id: str, wish: ChangeWish, quote: str) -> Quote:
        """The quote anew, if it is ours, is not too old, and costs the same. Raises QuoteStale."""
        try:
            seconds, due, mac = urlsafe_b64decode(quote.encode()).decode().split(".")
            as_of = datetime.fromtimestamp(int(seconds), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise QuoteStale() from error
        now = self.clock.now()
        if not now - QUOTE_HOLDS <= as_of <= now:
            raise QuoteStale()
        held = at(await self.accounts.get(account_id), now, self.catalog)
        change = planned_change(held, wish, as_of).change
        if not hmac.compare_digest(mac.encode(), self._mac(account_id, change, f"{seconds}.{due}").encode()):
            raise QuoteStale()
        try:
            again = await self(account_id, wish, as_of=as_of)
        except InvalidValue as error:  # the wish was fine a moment ago, so it is the instant: a new period has begun
            raise QuoteStale() from error
        if again.quote != quote:
            raise QuoteStale()
        return again


@frozen
class Changing:
    """Moves the subscription to another plan: at once, paid at once, or at the end of its period."""

    accounts: AccountRepository
    gateway: PaymentGateway
    quoting: Quoting
    refresh: Refreshing
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(
        self, account_id: str, wish: ChangeWish, *, quote: str | None = None, request: RequestKey | None = None
    ) -> Changed:
        """Raises what Quoting raises, QuoteStale, PaymentDeclined, AccountSuspended."""
        intent = await self._recall(account_id, request) or await self._intend(account_id, wish, quote, request)
        if isinstance(intent, Changed):
            return intent
        key = f"change:{account_id}:{name_at_gateway(intent.mark, request)}"
        outcome = await self.gateway.change_plan(intent.change, idempotency_key=key)
        await self.refresh(account_id, intent.change.subscription_id)
        if outcome.status is ChangeStatus.DECLINED:
            raise PaymentDeclined(outcome.decline_code or "card_declined", (Option(Action.SETTLE_PAYMENT),))
        answer = Changed(quote=intent.quote, status=outcome.status, hosted_invoice_url=outcome.hosted_invoice_url)
        return await self.accounts.change(account_id, lambda _: Commit(answer), cause=cause_of(request, Changed))

    async def _recall(self, account_id: str, request: RequestKey | None) -> Changed | _Intent | None:
        """What an earlier try of this request came to; asked first, since a quote would be another one by now."""

        def unknown(_: Account) -> Commit[Changed | _Intent]:
            raise _FirstTry()

        if request is None:
            return None
        try:
            known: Changed | _Intent = await self.accounts.change(account_id, unknown, cause=_first_of(request))
        except _FirstTry:
            return None
        return known

    async def _intend(
        self, account_id: str, wish: ChangeWish, quote: str | None, request: RequestKey | None
    ) -> Changed | _Intent:
        quoted = await (
            self.quoting(account_id, wish) if quote is None else self.quoting.check(account_id, wish, quote)
        )
        mark, now = self.ids.new("req"), self.clock.now()

        def intend(account: Account) -> Commit[Changed | _Intent]:
            held = at(account, now, self.catalog)
            held.ensure_not_suspended()
            return Commit(_Intent(quoted, planned_change(held, wish, quoted.expires_at - QUOTE_HOLDS).change, mark))

        return await self.accounts.change(account_id, intend, cause=_first_of(request))

    async def drop(self, account_id: str) -> None:
        """Drops a change that was to come. Raises NoSubscription, IllegalTransition."""
        held = at(await self.accounts.get(account_id), self.clock.now(), self.catalog)
        sub = plan_subscription(held.account, self.catalog)
        if sub is None:
            raise NoSubscription()
        sub.ensure_can("drop the change of")
        await self.gateway.drop_change(sub.id)
        await self.refresh(account_id, sub.id)


def planned_change(held: AccountAt, wish: ChangeWish, as_of: datetime) -> _Plan:
    """The wish as a change of this account's subscription, if the rules allow it."""
    sub = plan_subscription(held.account, held.catalog)
    if sub is None or sub.snapshot is None:
        raise NoSubscription()
    sub.ensure_can("change")
    now_sold = held.catalog.offer(sub.snapshot.price, pinned=sub.version)
    if now_sold is None:
        raise InvalidValue("tier", "the present price is not in the catalog, so nothing can be compared with it")
    version = held.catalog.current
    target = version.plan(wish.tier)
    interval = wish.interval or now_sold.price.interval or Interval.MONTH
    price = sold_price(version, target, interval, now_sold.price.money.currency)
    if price.key == sub.snapshot.price and sub.snapshot.pending_change is None:
        raise InvalidValue("tier", "is the present plan")
    when = wish.when or (When.PERIOD_END if is_less(Offer(Kind.PLAN, target.key, price), now_sold) else When.NOW)
    change = PlanChange(subscription_id=sub.id, price=price.key, when=when, as_of=as_of)
    return _Plan(sub=sub, current=held.catalog.plan(now_sold.item, pinned=sub.version), target=target, change=change)


def is_less(new: Offer, old: Offer) -> bool:
    """Whether the change is to a shorter interval, or to another plan that costs less a month.

    The same plan by the year is more, though a year costs less a month than twelve months do.
    """
    new_months = new.price.interval.months if new.price.interval else 1
    old_months = old.price.interval.months if old.price.interval else 1
    if new_months != old_months and new.item == old.item:
        return new_months < old_months
    is_cheaper = new.price.money.amount_minor * old_months < old.price.money.amount_minor * new_months
    return new_months < old_months or is_cheaper
