"""Which slots of a subscription are open, which are to be opened, and what counts in none of them."""

from collections.abc import Iterator
from datetime import datetime

from billing_core.domain.account import Account
from billing_core.domain.calendar import stamp
from billing_core.domain.payments import Span
from billing_core.domain.slots import Slot, touched
from billing_core.domain.subscription import Subscription, Tally


def tally_key(sub: Subscription, slot: Slot) -> str:
    """The slot's key: its subscription, its start and its end (two anchors may have slots that start together)."""
    return f"slot:{sub.id}:{stamp(slot.start)}:{stamp(slot.end)}"


def unopened_slots(account: Account, sub: Subscription, since: datetime | None) -> Iterator[tuple[str, Slot]]:
    """For each span that was paid for, the first of its slots that has no tally, counted from `since` on if given.

    Each with the key of its tally. Slots that differ by less than a second share a key, and so a tally.
    """
    paid = account.paid_for(sub.id)
    anchors, trial = paid.anchors(sub), sub.trial
    opened = [(tally.start, tally.end) for tally in sub.tallies]
    for span, _ in paid.spans:
        if since is None or span.end > since:
            for slot in touched(span, anchors, trial):
                if (since is not None and slot.start < since) or not sub.is_ours(slot):
                    continue
                if slot not in opened and sub.tally(key := tally_key(sub, slot)) is None:
                    yield key, slot
                    break


def unplaced_spans(account: Account, sub: Subscription) -> tuple[Span, ...]:
    """What was paid for but counts in no slot, since no anchor of the subscription has months that end with it."""
    paid = account.paid_for(sub.id)
    anchors, trial = paid.anchors(sub), sub.trial
    return tuple([s for s, _ in paid.spans if s.start < s.end and not touched(s, anchors, trial)])


def tally_in_progress(account: Account, subscription_id: str, at: datetime) -> Tally | None:
    """The subscription's slot that contains the instant; where an anchor moved and two do, the later one."""
    sub = account.subscription(subscription_id)
    running = [tally for tally in sub.tallies if tally.contains(at)] if sub else []
    return max(running, key=lambda tally: tally.start, default=None)
