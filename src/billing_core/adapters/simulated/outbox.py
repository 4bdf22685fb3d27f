"""Signed events on their way out: a copy is kept until it is answered with 2xx, and tried again ever more slowly."""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter

from attrs import evolve

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.habits import in_turn
from billing_core.adapters.simulated.keeping import Keeping
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import WAITING, Sent
from billing_core.domain.errors import IllegalTransition

BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 300, 600))
GIVEN_UP_AFTER = timedelta(days=3)
KEPT_FOR = timedelta(days=30)


def sign(body: bytes, secret: str, at: datetime) -> str:
    """The Stripe-Signature header of a body sent at that moment."""
    t = int(at.timestamp())
    mac = hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={t},v1={mac}"


def due_at(keeping: Keeping, now: datetime, settings: Settings) -> list[Sent]:
    """What is to be sent, in the order in which it happened unless the settings say otherwise, and once or twice."""
    waiting = (sent for sent in keeping.named(Sent, WAITING) if sent.next_at is not None and sent.next_at <= now)
    order = "next_at" if settings.delays else "created_at"
    return in_turn(settings, sorted(waiting, key=attrgetter(order)))


def next_at(keeping: Keeping) -> datetime | None:
    """When an event is to be sent next."""
    return min((sent.next_at for sent in keeping.named(Sent, WAITING) if sent.next_at is not None), default=None)


def record(draft: Draft, event_id: str, status: int, *, at: datetime, taken_by: tuple[str, ...] = ()) -> None:
    """How an attempt ended, and which endpoints have taken it by now; `status` 0 stands for no answer."""
    sent = draft.find(Sent, event_id)
    is_delivered = 200 <= status < 300
    wait = BACKOFF[min(sent.attempts, len(BACKOFF) - 1)]
    is_late = at + wait > sent.created_at + GIVEN_UP_AFTER and sent.attempts >= len(BACKOFF)
    after = evolve(
        sent,
        attempts=sent.attempts + 1,
        last_status=status,
        taken_by=taken_by,
        delivered_at=at if is_delivered else sent.delivered_at,
        next_at=None if is_delivered or is_late else at + wait,
    )
    draft.put(after)


def resend(draft: Draft, event_id: str) -> None:
    """Makes an event due again, delivered or not. Raises UnknownAtGateway."""
    draft.put(evolve(draft.find(Sent, event_id), next_at=draft.now, taken_by=()))


def drop(draft: Draft, event_id: str) -> None:
    """Lets an event get lost on its way. Raises UnknownAtGateway, IllegalTransition where it is not on its way."""
    sent = draft.find(Sent, event_id)
    if sent.next_at is None:
        raise IllegalTransition("drop a webhook", "not waiting")
    draft.put(evolve(sent, next_at=None))


def forget(keeping: Keeping, now: datetime) -> None:
    """Lets go of events that were taken, or given up, longer ago than Stripe would list them; oldest first."""
    oldest = now - KEPT_FOR
    old = takewhile(lambda sent: sent.created_at < oldest and sent.next_at is None, keeping.state.outbox.values())
    for sent in tuple(old):
        if (sent.delivered_at or sent.created_at) < oldest:
            keeping.forget(Sent, sent.id)
