"""A period starts before its time: a trial is ended, or a paused subscription goes on."""

from attrs import evolve

from billing_core.adapters.simulated.billing import next_end, whole_period
from billing_core.adapters.simulated.collecting import collect
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_subscription, tell_update
from billing_core.adapters.simulated.invoicing import bill
from billing_core.adapters.simulated.renewals import end_period
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.domain.subscription import Status


def end_trial(draft: Draft, sub: Subscription) -> None:
    """The first paid period starts now; where there is no trial, nothing happens."""
    if sub.status is not Status.TRIALING:
        return
    ended = evolve(sub, trial_end=draft.now, period_end=draft.now)
    draft.put(ended)
    end_period(draft, ended)
    after = draft.subscription(sub.id)
    if after.latest_invoice_id and after.latest_invoice_id != sub.latest_invoice_id:
        collect(draft, draft.invoice(after.latest_invoice_id), is_scheduled=True)


def resume_paused(draft: Draft, sub: Subscription) -> None:
    """A whole period starts now, and is charged for."""
    price = draft.price(sub.price)
    end = next_end(draft.now, draft.now, price)
    going_on = evolve(sub, status=Status.ACTIVE, anchor=draft.now, period_start=draft.now, period_end=end)
    tell_subscription(draft, tell_update(draft, sub, going_on), "resumed")
    line = whole_period(price, draft.now, end, quantity=sub.quantity)
    collect(draft, bill(draft, going_on, (line,), reason="subscription_cycle"), is_scheduled=True)
