"""Slots: the months by which allotment comes, and the one rule that says what a slot is entitled to."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from billing_core.domain.calendar import MICROSECOND, month_index, nth_month, on_grid, overlap
from billing_core.domain.payments import Span


class Slot(NamedTuple):
    """One month of an anchor, `[start, end)`; the last one of a trial is cut at the trial's end."""

    start: datetime
    end: datetime


def slot_at(anchor: datetime, at: datetime) -> Slot:
    """The anchor's slot that contains the instant."""
    n = month_index(anchor, at)
    return Slot(nth_month(anchor, n), nth_month(anchor, n + 1))


def anchor_of(span: Span, anchors: Iterable[datetime]) -> datetime | None:
    """The anchor, of these in order of time, that the span is counted from: the earliest one on whose months it ends.

    A line that closes an old period ends on the old anchor's months, also when the anchor moves at its start. A
    first line that leads up to a later anchor ends on that one. A line whose anchor is not known yet waits (None),
    so that the order in which facts arrive cannot matter.
    """
    return _anchor_of(span.end, anchors)


def _anchor_of(end: datetime, anchors: Iterable[datetime]) -> datetime | None:
    return next((anchor for anchor in anchors if on_grid(anchor, end)), None)


def slots_of(spans: Iterable[Span], anchors: tuple[datetime, ...], trial: Slot | None) -> dict[Slot, tuple[Span, ...]]:
    """Every slot that the spans touch, with the spans that count in it."""
    counted: dict[Slot, tuple[Span, ...]] = {}
    for span in spans:
        for slot in touched(span, anchors, trial):
            counted[slot] = (*counted.get(slot, ()), span)
    return counted


def touched(span: Span, anchors: tuple[datetime, ...], trial: Slot | None) -> tuple[Slot, ...]:
    """The slots that the span touches, in order of time; none while its anchor is not known."""
    return _touched(span.start, span.end, anchors, trial)


def is_of_trial(span: Span, anchors: tuple[datetime, ...], trial: Slot) -> bool:
    """Whether the span is the trial's own: it lies in it or, where the trial was ended before its time, begins in it
    and ends where nothing that is paid for would."""
    return _is_of_trial(span.start, span.end, anchors, trial)


def _is_of_trial(start: datetime, end: datetime, anchors: tuple[datetime, ...], trial: Slot) -> bool:
    if end <= trial.end:
        return trial.start <= start
    return trial.start <= start < trial.end and _anchor_of(end, anchors) is None


@lru_cache(maxsize=4096)
def _touched(start: datetime, end: datetime, anchors: tuple[datetime, ...], trial: Slot | None) -> tuple[Slot, ...]:
    """Remembered, since every step of an accrual asks it of the same few spans."""
    anchor, until, cut = _anchor_of(end, anchors), end, None
    if trial is not None and _is_of_trial(start, end, anchors, trial):  # of one that was cut short, the slots it began
        anchor, until, cut = trial.start, min(end, trial.end), max(end, trial.end)
    if anchor is None:
        return ()
    slots, n = [], month_index(anchor, start)
    first = nth_month(anchor, n)
    while first < until:
        n += 1
        following = nth_month(anchor, n)
        slots.append(Slot(first, following if cut is None else min(following, cut)))
        first = following
    return tuple(slots)


def entitlement(slot: Slot, spans: Iterable[tuple[Span, int | Fraction, int]]) -> int:
    """The one rule: what the spans entitle the slot to, in exact fractions, floored once, never below zero.

    Each comes with what was kept of its payment (1 minus the refunded fraction) and with its allotment, where an
    unlimited one counts as 0.
    """
    start, end = slot
    total: int | Fraction = 0
    length = (end - start) // MICROSECOND
    for span, kept, allotment in spans:
        is_whole = span.start <= start and end <= span.end
        shared = length if is_whole else overlap(span.start, span.end, start, end)
        total += kept * span.sign * span.quantity * allotment * shared
    return max(0, total // length)
