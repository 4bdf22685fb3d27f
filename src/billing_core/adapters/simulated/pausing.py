"""A subscription rests: all of it, or only the collection of its invoices."""

from datetime import datetime

from attrs import evolve

from billing_core.adapters.simulated.billing import unused_rest
from billing_core.adapters.simulated.collecting import collect
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import drop_update
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.invoicing import bill, finalize, settle, void
from billing_core.adapters.simulated.subscriptions import Invoice, PauseReason, Subscription, Uncollected
from billing_core.adapters.simulated.writing_off import write_off
from billing_core.domain.subscription import Status


def pause(draft: Draft, sub: Subscription, reason: PauseReason) -> None:
    """It rests until somebody resumes it."""
    paused = evolve(sub, status=Status.PAUSED, paused_at=draft.now, pause_reason=reason)
    tell_subscription(draft, tell_update(draft, sub, paused), "paused")


def pause_by_request(draft: Draft, sub: Subscription, *, credits_from: datetime | None, invoices: bool) -> None:
    """It rests because somebody wants that. What is not used from that moment on is given back: at once, or with the
    next invoice."""
    sub = drop_update(draft, sub)
    credit = None if credits_from is None else unused_rest(sub, draft.price(sub.price), credits_from)
    if credit is not None and credit.amount_minor and invoices:
        collect(draft, bill(draft, sub, (credit,), reason="subscription_update"), is_scheduled=False)
        sub = draft.subscription(sub.id)
    elif credit is not None and credit.amount_minor:
        sub = evolve(sub, pending_lines=(*sub.pending_lines, credit))
    pause(draft, sub, PauseReason.REQUESTED)


def collect_again(draft: Draft, sub: Subscription) -> None:
    """Its invoices are collected from now on; those that were held back stay as they are."""
    tell_update(draft, sub, evolve(sub, uncollected=None, collects_at=None))


def hold_back(draft: Draft, invoice: Invoice, what: Uncollected) -> None:
    """An invoice of a subscription that nothing is collected for."""
    if what is Uncollected.KEEP_AS_DRAFT:
        return
    opened = finalize(draft, invoice)
    if what is Uncollected.VOID:
        void(draft, opened)
    elif opened.amount_due == 0:
        settle(draft, opened)
    else:
        write_off(draft, opened)
