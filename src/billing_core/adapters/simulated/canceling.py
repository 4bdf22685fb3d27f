"""A subscription is over because somebody wants that now, with or without its unused rest back."""

from billing_core.adapters.simulated.billing import unused_rest
from billing_core.adapters.simulated.collecting import collect
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.ending import drop_update, end
from billing_core.adapters.simulated.invoicing import bill
from billing_core.adapters.simulated.subscriptions import Subscription


def cancel_now(draft: Draft, sub: Subscription, *, invoices: bool, prorates: bool) -> None:
    """What was not used is given back only where both are wished: a proration that no invoice takes up is lost."""
    sub = drop_update(draft, sub)
    credit = unused_rest(sub, draft.price(sub.price), draft.now)
    lines = (credit,) if prorates and credit.amount_minor else ()
    if invoices and (lines or sub.pending_lines):
        collect(draft, bill(draft, sub, lines, reason="subscription_update"), is_scheduled=False)
    end(draft, draft.subscription(sub.id), reason="cancellation_requested")
