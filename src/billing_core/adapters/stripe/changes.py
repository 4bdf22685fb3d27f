"""Moving a subscription to another price, at once or at the end of its period.

A change now is billed at once and applied only if that is paid: until then Stripe keeps it as a pending update, which
takes only some parameters (items, proration and, since endive, `cancel_at_period_end`). Where the interval becomes
another, Stripe moves the anchor by itself.
"""

from attrs import evolve, frozen

from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.errors import Declined
from billing_core.adapters.stripe.fetching import INVOICES, SUBSCRIPTIONS
from billing_core.adapters.stripe.moves import PRICES, Move, allowed
from billing_core.adapters.stripe.payments import PAYMENT_INTENTS
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.schedules import let_wait
from billing_core.adapters.stripe.shapes import Shape, id_of, needed, part, rows, text, url
from billing_core.adapters.stripe.snapshots import item_of, next_phase
from billing_core.adapters.stripe.subscriptions import begin, drop_schedule, drop_update, uncancel, void
from billing_core.ports.gateway import ChangeOutcome, ChangeStatus, PlanChange, When

_DONE = ChangeOutcome(status=ChangeStatus.DONE)
_UNDECIDED = frozenset({"requires_action", "requires_confirmation", "processing", "succeeded"})


@frozen
class Changes:
    """What the port says of plan changes. The last wish wins. Raises what `allowed` raises."""

    api: Api
    prices: PriceBook

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        begun = await begin(self.api, change.subscription_id, key=idempotency_key)
        move = await allowed(self.api, self.prices, change, begun)
        if change.when is When.NOW and not move.changes_nothing:
            return await self._now(move, idempotency_key)
        await drop_update(self.api, move.subscription, key=idempotency_key)
        if move.changes_nothing:
            await drop_schedule(self.api, move.subscription, key=f"{idempotency_key}:release")
        if move.changes_nothing or not part(move.subscription, "schedule"):
            await uncancel(self.api, move.subscription, key=f"{idempotency_key}:resume")
        if not move.changes_nothing:
            await self._later(move, move.price, key=idempotency_key)
        return _DONE

    async def _now(self, move: Move, key: str) -> ChangeOutcome:
        """A schedule goes before the change, since it would undo it at the period's end, and comes back where the bank
        says no: a declined change changes nothing."""
        await drop_schedule(self.api, move.subscription, key=f"{key}:release")
        outcome = await self._billed(move, key)
        if outcome.status is ChangeStatus.DECLINED:
            await self._put_back(move, key)
        elif outcome.status is ChangeStatus.DONE and not move.now.cancel_at_period_end:
            await uncancel(self.api, move.subscription, key=f"{key}:resume")
        return outcome

    async def _billed(self, move: Move, key: str) -> ChangeOutcome:
        path = of(SUBSCRIPTIONS, move.now.id)

        async def find() -> Shape | None:
            found = await self.api.get(path)
            with reading(f"subscription {move.now.id}"):
                item = await self.prices.read(lambda prices: item_of(found, prices))
            is_done = id_of(item, "price") == text(move.price, "id")
            return found if is_done or part(found, "pending_update") else None

        try:
            changed = await self.api.post(
                path,
                key=f"{key}:change",
                find=find,
                items=move.items,
                payment_behavior="pending_if_incomplete",
                proration_behavior="always_invoice",
                proration_date=move.prorated_at,
                cancel_at_period_end=False if move.now.cancel_at_period_end else None,
            )
        except Declined as declined:
            return ChangeOutcome(status=ChangeStatus.DECLINED, decline_code=declined.decline_code or None)
        return await self._collected(changed, key) if part(changed, "pending_update") else _DONE

    async def _collected(self, changed: Shape, key: str) -> ChangeOutcome:
        """What became of the invoice that the change waits for, as it is now: the answer may be an old one. Once it is
        void, Stripe forgets the change."""
        with reading(f"subscription {text(changed, 'id')}"):
            invoice_id = needed(id_of(changed, "latest_invoice"), "invoice of its pending update")
        invoice = await self.api.get(of(INVOICES, invoice_id), expand=["payments"])
        status, intent = text(invoice, "status"), await self._intent_of(invoice)
        if status == "paid":
            return _DONE
        if status == "open" and text(intent, "status") in _UNDECIDED:
            where = url(invoice, "hosted_invoice_url")
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

    async def _put_back(self, move: Move, key: str) -> None:
        with reading(f"the schedule of subscription {move.now.id}"):
            waited = next_phase(part(move.subscription, "schedule"))
            items = rows(waited, "items") if waited is not None else []
            price_id = id_of(items[0], "price") if len(items) == 1 else None
        if price_id is not None:
            bare = evolve(move, subscription={**move.subscription, "schedule": None})
            await self._later(bare, await self.api.get(of(PRICES, price_id)), key=f"{key}:back")

    async def _later(self, move: Move, price: Shape, *, key: str) -> None:
        await let_wait(self.api, move.subscription, move.item, price, until=move.now.period_end, key=key)
