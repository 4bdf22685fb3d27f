"""Slots: the months by which allotment comes, and the one rule that says what a slot is entitled to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from math import floor

from attrs import frozen

from billing_core.domain.calendar import MICROSECOND, month_index, nth_month, on_grid, overlap
from billing_core.domain.payments import Span


@frozen(order=True)
class Slot:
    """One month of an anchor, `[start, end)`; the last one of a trial is cut at the trial's end."""

    start: datetime
    end: datetime


def slot_at(anchor: datetime, at: datetime) -> Slot:
    """The anchor's slot that contains the instant."""
    n = month_index(anchor, at)
    return Slot(nth_month(anchor, n), nth_month(anchor, n + 1))


def anchor_of(span: Span, anchors: Iterable[datetime]) -> datetime | None:
    """The anchor that the span is counted from: the earliest one not after it on whose months it ends.

    A line that closes an old period ends on the old anchor's months, also when the anchor moves at its start. A
    first line that leads up to a later anchor ends on that one. A line whose anchor is not known yet waits (None),
    so that the order in which facts arrive cannot matter.
    """
    return min((a for a in anchors if on_grid(a, span.end)), key=lambda a: (a > span.start, a), default=None)


def slots_of(spans: Sequence[Span], anchors: Sequence[datetime], trial: Slot | None) -> dict[Slot, tuple[Span, ...]]:
    """Every slot that the spans touch, in order of time, with the spans that count in it."""
    counted: dict[Slot, list[Span]] = {}
    for span in spans:
        for slot in _touched(span, anchors, trial):
            counted.setdefault(slot, []).append(span)
    return {slot: tuple(counted[slot]) for slot in sorted(counted)}


def _touched(span: Span, anchors: Sequence[datetime], trial: Slot | None) -> Iterator[Slot]:
    if trial is not None and trial.start <= span.start and span.end <= trial.end:
        yield from _months(trial.start, span, cut=trial.end)
        return
    anchor = anchor_of(span, anchors)
    if anchor is not None:
        yield from _months(anchor, span)


def _months(anchor: datetime, span: Span, cut: datetime | None = None) -> Iterator[Slot]:
    n = month_index(anchor, span.start)
    while (start := nth_month(anchor, n)) < span.end:
        n += 1
        end = nth_month(anchor, n)
        yield Slot(start, min(end, cut) if cut else end)


def entitlement(
    slot: Slot,
    spans: Iterable[Span],
    *,
    allotment: Callable[[Span], int],
    kept: Callable[[Span], Fraction],
) -> int:
    """The one rule: what the spans entitle the slot to, in exact fractions, floored once, never below zero.

    `kept` is 1 minus the refunded fraction of the span's payment; an unlimited allotment counts as 0.
    """
    length = (slot.end - slot.start) // MICROSECOND
    total = sum(
        (
            kept(span)
            * span.sign
            * span.quantity
            * allotment(span)
            * overlap(span.start, span.end, slot.start, slot.end)
            for span in spans
        ),
        start=Fraction(0),
    )
    return max(0, floor(total / length))
