"""Moving a subscription to another price: what it would cost, at once, or at the end of its period.

A change now is billed at once and applied only if that is paid: until then Stripe keeps it as a pending update, which
takes only some parameters (items, proration and, since endive, `cancel_at_period_end`). Where the interval becomes
another, Stripe moves the anchor by itself.
"""

from datetime import datetime

from attrs import evolve, frozen

from billing_core.adapters.stripe.api import Api, any_key, of, reading
from billing_core.adapters.stripe.errors import Declined
from billing_core.adapters.stripe.fetching import INVOICES, SUBSCRIPTIONS, UNDATED, Fetching, with_all_lines
from billing_core.adapters.stripe.invoices import currency_of
from billing_core.adapters.stripe.lines import line_of
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.schedules import let_wait
from billing_core.adapters.stripe.shapes import Shape, id_of, moment, needed, part, rows, text, whole
from billing_core.adapters.stripe.snapshots import item_of, next_phase
from billing_core.adapters.stripe.subscriptions import begin, drop_schedule, drop_update, uncancel, void
from billing_core.domain.errors import CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.money import Money
from billing_core.domain.payments import Sign
from billing_core.domain.subscription import VERBS, SubscriptionSnapshot
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, ChangeStatus, PlanChange, When

PRICES = "/v1/prices"
PAYMENT_INTENTS = "/v1/payment_intents"

_DONE = ChangeOutcome(status=ChangeStatus.DONE)
_WITH_THE_CUSTOMER = frozenset({"requires_action", "requires_confirmation", "processing"})


@frozen
class _Wish:
    """A change that the rules allow, with what Stripe has of the subscription, its item and the new price."""

    change: PlanChange
    now: SubscriptionSnapshot
    subscription: Shape
    item: Shape
    price: Shape
    money: Money

    @property
    def changes_nothing(self) -> bool:
        return self.change.price == self.now.price

    @property
    def items(self) -> list[dict[str, object]]:
        return [{"id": self.item.get("id"), "price": self.price.get("id"), "quantity": self.now.quantity}]

    @property
    def prorated_at(self) -> int | None:
        return int(self.change.as_of.timestamp()) if self.change.as_of else None


@frozen
class Changes:
    """What the port says of plan changes. The last wish wins.

    Raises IllegalTransition, CurrencyLocked (it pays in another currency), InvalidValue (a price that is paid once; an
    instant that is not in the present period).
    """

    api: Api
    prices: PriceBook

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        found = await self.api.get(of(SUBSCRIPTIONS, change.subscription_id))
        wish = await self._wished(change, found)
        if change.when is When.PERIOD_END or wish.changes_nothing:
            at = change.as_of or wish.now.period_start
            return _quote(wish, 0, at=at, next_at=wish.now.period_end)
        preview = await self.api.post(
            f"{INVOICES}/create_preview",
            key=any_key(),
            subscription=change.subscription_id,
            subscription_details={
                "items": wish.items,
                "proration_behavior": "always_invoice",
                "proration_date": wish.prorated_at,
            },
        )
        with reading("a preview"):
            return await self._quoted(wish, await with_all_lines(self.api, preview))

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        begun = await begin(self.api, change.subscription_id, key=idempotency_key)
        wish = await self._wished(change, begun)
        if change.when is When.NOW and not wish.changes_nothing:
            return await self._now(wish, idempotency_key)
        await drop_update(self.api, wish.subscription, key=idempotency_key)
        if wish.changes_nothing:
            await drop_schedule(self.api, wish.subscription, key=f"{idempotency_key}:release")
        if wish.changes_nothing or not part(wish.subscription, "schedule"):
            await uncancel(self.api, wish.subscription, key=f"{idempotency_key}:resume")
        if not wish.changes_nothing:
            await self._later(wish, wish.price, key=idempotency_key)
        return _DONE

    async def _wished(self, change: PlanChange, subscription: Shape) -> _Wish:
        now = await Fetching(self.api, self.prices).snapshot(subscription, now=UNDATED)
        if now.status not in VERBS["change"]:
            raise IllegalTransition("change", now.status.value)
        if change.as_of is not None and not now.period_start <= change.as_of < now.period_end:
            raise InvalidValue("as_of", "not in the present period")
        price = await self.api.get(of(PRICES, await self.prices.price_id(change.price)))
        with reading(f"the price {change.price}"):
            money = Money(needed(whole(price, "unit_amount"), "amount"), currency_of(price))
        if text(part(price, "recurring"), "interval") is None:
            raise InvalidValue("price", "is paid once")
        with reading(f"subscription {now.id}"):
            currency = currency_of(subscription)
        if currency != money.currency:
            raise CurrencyLocked(currency)
        item = await self.prices.read(lambda prices: item_of(subscription, prices))
        return _Wish(change, now, subscription, item, price, money)

    async def _quoted(self, wish: _Wish, preview: Shape) -> ChangeQuote:
        """Raises Misshapen."""
        details = part(preview, "parent", "subscription_details")
        at = wish.change.as_of or moment(details, "subscription_proration_date") or moment(preview, "created")
        as_of = needed(at, "proration date")
        told = await self.prices.read(
            lambda prices: [line_of(line, prices=prices, at=as_of) for line in rows(part(preview, "lines"), "data")]
        )
        lines = tuple(line for _, line in filter(None, told))
        total, due = needed(whole(preview, "total"), "total"), needed(whole(preview, "amount_due"), "amount due")
        ends = [line.end for line in lines if line.sign is Sign.CHARGE and line.price == wish.change.price]
        next_at = max(ends, default=wish.now.period_end)
        return _quote(wish, due if total > 0 else total, at=as_of, next_at=next_at, lines=lines)

    async def _now(self, wish: _Wish, key: str) -> ChangeOutcome:
        """A schedule goes before the change, since it would undo it at the period's end, and comes back where the bank
        says no: a declined change changes nothing."""
        await drop_schedule(self.api, wish.subscription, key=f"{key}:release")
        outcome = await self._billed(wish, key)
        if outcome.status is ChangeStatus.DECLINED:
            await self._put_back(wish, key)
        elif outcome.status is ChangeStatus.DONE and not wish.now.cancel_at_period_end:
            await uncancel(self.api, wish.subscription, key=f"{key}:resume")
        return outcome

    async def _billed(self, wish: _Wish, key: str) -> ChangeOutcome:
        path = of(SUBSCRIPTIONS, wish.now.id)

        async def find() -> Shape | None:
            found = await self.api.get(path)
            with reading(f"subscription {wish.now.id}"):
                item = await self.prices.read(lambda prices: item_of(found, prices))
            is_done = id_of(item, "price") == text(wish.price, "id")
            return found if is_done or part(found, "pending_update") else None

        try:
            changed = await self.api.post(
                path,
                key=f"{key}:change",
                find=find,
                items=wish.items,
                payment_behavior="pending_if_incomplete",
                proration_behavior="always_invoice",
                proration_date=wish.prorated_at,
                cancel_at_period_end=False if wish.now.cancel_at_period_end else None,
            )
        except Declined as declined:
            return ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=declined.decline_code or None)
        return await self._collected(changed, key) if part(changed, "pending_update") else _DONE

    async def _collected(self, changed: Shape, key: str) -> ChangeOutcome:
        """What became of the invoice that the change waits for, as it is now: the answer may be an old one."""
        with reading(f"subscription {text(changed, 'id')}"):
            invoice_id = needed(id_of(changed, "latest_invoice"), "invoice of its pending update")
        invoice = await self.api.get(of(INVOICES, invoice_id), expand=["payments"])
        status, intent = text(invoice, "status"), await self._intent_of(invoice)
        if status == "paid":
            return _DONE
        if status == "open" and text(intent, "status") in _WITH_THE_CUSTOMER:
            where = text(invoice, "hosted_invoice_url", longest=5000)
            return ChangeOutcome(status=ChangeStatus.PENDING_AUTHENTICATION, hosted_invoice_url=where)
        if status == "open":
            await void(self.api, invoice_id, key=f"{key}:void")
        error = part(intent, "last_payment_error")
        code = text(error, "decline_code") or text(error, "code")
        return ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=code)

    async def _intent_of(self, invoice: Shape) -> Shape:
        """The payment intent that Stripe collects the invoice by; an empty one where there is none."""
        with reading(f"invoice {text(invoice, 'id')}"):
            payments = rows(part(invoice, "payments"), "data")
        intents = [id_of(part(payment, "payment"), "payment_intent") for payment in payments]
        intent_id = next(filter(None, intents), None)
        return await self.api.get(of(PAYMENT_INTENTS, intent_id)) if intent_id else {}

    async def _put_back(self, wish: _Wish, key: str) -> None:
        with reading(f"the schedule of subscription {wish.now.id}"):
            waited = next_phase(part(wish.subscription, "schedule"))
            items = rows(waited, "items") if waited is not None else []
            price_id = id_of(items[0], "price") if len(items) == 1 else None
        if price_id is not None:
            bare = evolve(wish, subscription={**wish.subscription, "schedule": None})
            await self._later(bare, await self.api.get(of(PRICES, price_id)), key=f"{key}:back")

    async def _later(self, wish: _Wish, price: Shape, *, key: str) -> None:
        await let_wait(self.api, wish.subscription, wish.item, price, until=wish.now.period_end, key=key)


def _quote(
    wish: _Wish, due: int, *, at: datetime, next_at: datetime, lines: tuple[InvoiceLine, ...] = ()
) -> ChangeQuote:
    return ChangeQuote(
        due_now_minor=due,
        currency=wish.money.currency,
        next_amount=wish.money,
        next_at=next_at,
        as_of=at,
        lines=lines,
    )
