"""When events are sent, and how often: Stripe's habits, drawn from a seed so that a story repeats itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Sent


def sent_at(settings: Settings, event_id: str, now: datetime) -> datetime:
    """When an event that happens now is sent first, in whole seconds."""
    if not settings.delays:
        return now
    return now + timedelta(seconds=int(_drawn(settings, "delay", event_id).random() * settings.delays.total_seconds()))


def in_turn(settings: Settings, due: Sequence[Sent]) -> list[Sent]:
    """What is due, in the order in which it is sent, and some of it twice."""
    turns = [*due, *(sent for sent in due if _is_repeated(settings, sent))]
    if settings.shuffles and turns:
        _drawn(settings, "order", *(sent.id for sent in due)).shuffle(turns)
    return turns


def _is_repeated(settings: Settings, sent: Sent) -> bool:
    is_first = sent.attempts == 0
    return is_first and _drawn(settings, "repeat", sent.id).random() < settings.duplicates


def _drawn(settings: Settings, *about: str) -> Random:
    return Random(" ".join((settings.seed, *about)))
