"""Slots: the months by which allotment comes, and the one rule that says what a slot is entitled to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
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
    return next((anchor for anchor in anchors if on_grid(anchor, span.end)), None)


def slots_of(spans: Sequence[Span], anchors: Sequence[datetime], trial: Slot | None) -> dict[Slot, tuple[Span, ...]]:
    """Every slot that the spans touch, in order of time, with the spans that count in it."""
    counted: dict[Slot, list[Span]] = {}
    for span in spans:
        for slot in touched(span, anchors, trial):
            counted.setdefault(slot, []).append(span)
    return {slot: tuple(counted[slot]) for slot in sorted(counted)}


def touched(
    span: Span, anchors: Iterable[datetime], trial: Slot | None, since: datetime | None = None
) -> Iterator[Slot]:
    """The slots that the span touches, or those of them that start at `since` or later, in order of time.

    None while the span's anchor is not known.
    """
    cut = trial.end if trial is not None and trial.start <= span.start and span.end <= trial.end else None
    anchor = anchor_of(span, anchors) if trial is None or cut is None else trial.start
    if anchor is None:
        return
    n = month_index(anchor, span.start if since is None else max(span.start, since))
    start = nth_month(anchor, n)
    while start < span.end:
        n += 1
        end = nth_month(anchor, n)
        if since is None or start >= since:
            yield Slot(start, end if cut is None else min(end, cut))
        start = end


def entitlement(
    slot: Slot,
    spans: Iterable[Span],
    *,
    allotment: Callable[[Span], int],
    kept: Callable[[Span], int | Fraction],
) -> int:
    """The one rule: what the spans entitle the slot to, in exact fractions, floored once, never below zero.

    `kept` is 1 minus the refunded fraction of the span's payment; an unlimited allotment counts as 0.
    """
    length = (slot.end - slot.start) // MICROSECOND
    total = sum(
        kept(span) * span.sign * span.quantity * allotment(span) * overlap(span.start, span.end, slot.start, slot.end)
        for span in spans
    )
    return max(0, total // length)
