"""How a subscription ends, and what is forgotten with it."""

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.invoicing import void
from billing_core.adapters.simulated.scheduling import cancel_schedule
from billing_core.adapters.simulated.settings import AfterRetries
from billing_core.adapters.simulated.subscriptions import Invoice, Subscription
from billing_core.domain.subscription import Status


def give_up(draft: Draft, sub: Subscription) -> None:
    """What the merchant chose for a renewal that was never paid."""
    match draft.world.settings.after_retries:
        case AfterRetries.CANCELED:
            end(draft, sub, reason="payment_failed")
        case AfterRetries.UNPAID:
            tell_update(draft, sub, evolve(sub, status=Status.UNPAID))


def drop_update(draft: Draft, sub: Subscription, *, verb: str | None = None) -> Subscription:
    """Voids the invoice that a change waits for, and forgets the change."""
    if sub.pending_update is None:
        return sub
    void(draft, draft.invoice(sub.pending_update.invoice_id))
    after = evolve(sub, pending_update=None)
    draft.put(after)
    if verb is not None:
        tell_subscription(draft, after, verb)
    return after


def end(draft: Draft, sub: Subscription, *, reason: str) -> None:
    """The subscription is over, and nobody asks for its open invoices any more, though they can still be paid."""
    sub = drop_update(draft, sub)
    cancel_schedule(draft, sub)
    ended = evolve(
        sub,
        status=Status.CANCELED,
        ended_at=draft.now,
        canceled_at=sub.canceled_at or draft.now,
        cancel_reason=sub.cancel_reason or reason,
        paused_at=None,
        pause_reason=None,
        pending_lines=(),
    )
    for invoice in draft.named(Invoice, sub.id):
        if invoice.next_attempt_at is not None:
            draft.put(evolve(invoice, next_attempt_at=None))
    tell_subscription(draft, ended, "deleted")
