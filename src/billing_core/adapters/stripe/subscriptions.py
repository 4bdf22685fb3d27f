"""Ending a running subscription, and thinking better of it.

A verb takes several steps, each under a key of its own, and may be cut between any two. It begins with a change that
changes nothing: under the same key Stripe gives the same answer again, so whoever comes again sees the subscription as
it was at first, takes the same steps, and what was done is not done twice, nor is a later wish undone.
"""

from contextlib import suppress

from attrs import frozen

from billing_core.adapters.stripe.api import Api, Find, nothing, of, reading
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.fetching import INVOICES, SUBSCRIPTIONS, Fetching
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.schedules import release
from billing_core.adapters.stripe.shapes import Shape, id_of, part, text
from billing_core.adapters.stripe.snapshots import status_of
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.subscription import Status
from billing_core.ports.errors import UnknownAtGateway


@frozen
class Subscriptions:
    """What the port says of a subscription's end. The last wish wins."""

    api: Api
    prices: PriceBook

    async def cancel(self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str) -> None:
        """One that is over already is left alone."""
        subscription = await begin(self.api, subscription_id, key=idempotency_key)
        if _status(subscription).is_terminal:
            return
        path, key = of(SUBSCRIPTIONS, subscription_id), f"{idempotency_key}:cancel"
        await drop_update(self.api, subscription, key=idempotency_key)
        if at_period_end:
            await drop_schedule(self.api, subscription, key=f"{idempotency_key}:release")
            if subscription.get("cancel_at_period_end") is not True:
                await self.api.post(path, key=key, find=nothing, cancel_at_period_end=True)
            return
        with suppress(UnknownAtGateway):  # it was there a moment ago, so it has just ended
            await self.api.delete(path, key=key, prorate=prorate, invoice_now=prorate)

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        """Wakes a paused one, too. Raises IllegalTransition where it is over."""
        subscription = await begin(self.api, subscription_id, key=idempotency_key)
        status = _status(subscription)
        if status.is_terminal:
            raise IllegalTransition("resume", status.value)
        if text(part(subscription, "schedule"), "end_behavior") == "cancel":
            await drop_schedule(self.api, subscription, key=f"{idempotency_key}:release")
        await uncancel(self.api, subscription, key=f"{idempotency_key}:resume")
        if status is Status.PAUSED:
            path = of(SUBSCRIPTIONS, subscription_id, "resume")
            await self.api.post(path, key=f"{idempotency_key}:wake", find=self._awake(subscription_id))

    async def drop_change(self, subscription_id: str) -> None:
        subscription = await Fetching(self.api, self.prices).subscription(subscription_id)
        await drop_schedule(self.api, subscription, key=f"drop:{id_of(subscription, 'schedule')}")

    def _awake(self, subscription_id: str) -> Find:
        async def find() -> Shape | None:
            found = await self.api.get(of(SUBSCRIPTIONS, subscription_id))
            return None if _status(found) is Status.PAUSED else found

        return find


async def begin(api: Api, subscription_id: str, *, key: str) -> Shape:
    """The subscription with its schedule, as it was when something was first asked for under the key. One that is over
    takes no change, so it is looked at."""
    path = of(SUBSCRIPTIONS, subscription_id)
    try:
        return await api.post(path, key=f"{key}:begin", find=nothing, expand=["schedule"])
    except (Refused, UnknownAtGateway):
        return await api.get(path, expand=["schedule"])


async def uncancel(api: Api, subscription: Shape, *, key: str) -> None:
    """Lets it go on beyond its end, where one is set: that of its period, or a day that was set by hand."""
    path = of(SUBSCRIPTIONS, text(subscription, "id") or "")
    if subscription.get("cancel_at_period_end") is True:
        await api.post(path, key=key, find=nothing, cancel_at_period_end=False)
    elif subscription.get("cancel_at") is not None:
        await api.post(path, key=key, find=nothing, cancel_at="")


async def drop_schedule(api: Api, subscription: Shape, *, key: str) -> None:
    """Takes off the schedule, where there is one."""
    schedule_id = id_of(subscription, "schedule")
    if schedule_id is not None:
        await release(api, schedule_id, key=key)


async def drop_update(api: Api, subscription: Shape, *, key: str) -> None:
    """Drops a change that waits for its payment, where there is one."""
    invoice_id = id_of(subscription, "latest_invoice")
    if part(subscription, "pending_update") and invoice_id is not None:
        await void(api, invoice_id, key=f"{key}:void")


async def void(api: Api, invoice_id: str, *, key: str) -> None:
    """Gives up an open invoice; one that is open no more is left alone."""
    try:
        await api.post(of(INVOICES, invoice_id, "void"), key=key, find=nothing)
    except Refused:
        if text(await api.get(of(INVOICES, invoice_id)), "status") == "open":
            raise


def _status(subscription: Shape) -> Status:
    with reading(f"subscription {text(subscription, 'id')}"):
        return status_of(subscription)
