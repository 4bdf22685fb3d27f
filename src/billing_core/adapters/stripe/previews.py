"""What a plan change would cost, as Stripe works it out."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.stripe.api import Api, any_key, of, reading
from billing_core.adapters.stripe.fetching import INVOICES, SUBSCRIPTIONS, with_all_lines
from billing_core.adapters.stripe.lines import line_of
from billing_core.adapters.stripe.moves import Move, allowed
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Shape, moment, needed, part, rows, whole
from billing_core.domain.payments import Sign
from billing_core.ports.facts import InvoiceLine
from billing_core.ports.gateway import ChangeQuote, PlanChange, When


@frozen
class Previews:
    """What the port says of previews. Raises what `allowed` raises."""

    api: Api
    prices: PriceBook

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        found = await self.api.get(of(SUBSCRIPTIONS, change.subscription_id))
        move = await allowed(self.api, self.prices, change, found)
        if change.when is When.PERIOD_END or move.changes_nothing:
            at = move.change.as_of or move.now.period_start
            return _quote(move, 0, at=at, next_at=move.now.period_end)
        preview = await self.api.post(
            f"{INVOICES}/create_preview",
            key=any_key(),
            subscription=change.subscription_id,
            subscription_details={
                "items": move.items,
                "proration_behavior": "always_invoice",
                "proration_date": move.prorated_at,
            },
        )
        with reading("a preview"):
            return await self._quoted(move, await with_all_lines(self.api, preview))

    async def _quoted(self, move: Move, preview: Shape) -> ChangeQuote:
        """Raises Misshapen."""
        details = part(preview, "parent", "subscription_details")
        at = move.change.as_of or moment(details, "subscription_proration_date") or moment(preview, "created")
        as_of = needed(at, "proration date")
        told = await self.prices.read(
            lambda prices: [line_of(line, prices=prices, at=as_of) for line in rows(part(preview, "lines"), "data")]
        )
        lines = tuple(line for _, line in filter(None, told))
        total, due = needed(whole(preview, "total"), "total"), needed(whole(preview, "amount_due"), "amount due")
        ends = [line.end for line in lines if line.sign is Sign.CHARGE and line.price == move.change.price]
        next_at = max(ends, default=move.now.period_end)
        return _quote(move, due if total > 0 else total, at=as_of, next_at=next_at, lines=lines)


def _quote(
    move: Move, due: int, *, at: datetime, next_at: datetime, lines: tuple[InvoiceLine, ...] = ()
) -> ChangeQuote:
    return ChangeQuote(
        due_now_minor=due,
        currency=move.money.currency,
        next_amount=move.money,
        next_at=next_at,
        as_of=at,
        lines=lines,
    )
