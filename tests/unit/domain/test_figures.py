"""What is counted event by event adds up to what the account has in all, whatever stretches it is counted in."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.domain.credits import Grant, Hold, Source, Take
from billing_core.domain.events import (
    AccountOpened,
    CreditsGranted,
    CreditsRevoked,
    CreditsTaken,
    DebtForgiven,
    DebtIncurred,
    DebtReturned,
    DebtSettled,
    Event,
    FreeSlotGranted,
    GrantExpired,
    HoldCaptured,
    HoldLapsed,
    HoldPlaced,
    HoldReleased,
    ProfileNoted,
    ShortfallWrittenOff,
)
from billing_core.domain.figures import Counting, Figure, Place
from billing_core.testing.builders import NEW_YEAR
from billing_core.testing.histories import History
from tests.lives import Doing, ended, lived, lives
from tests.unit.domain.test_laws import some

TODAY = NEW_YEAR.date()
A_DAY = timedelta(days=1)
TAKES = (Take("g", 3), Take("h", 4))


def counted(*events: Event, before: Iterable[Hold] = ()) -> dict[Place, int]:
    counting = Counting()
    for event in events:
        counting.take(event)
    for hold in before:
        counting.placed_before(hold)
    assert counting.waits_for == frozenset()
    return dict(counting.amounts)


def a_grant(source: Source = Source.PACK) -> Grant:
    return Grant(id="g", source=source, amount=9, remaining=9, granted_at=NEW_YEAR)


def a_hold(*, images: int = 0, covered: bool = False) -> Hold:
    takes = () if covered else TAKES
    return Hold(
        id="h", amount=7, takes=takes, placed_at=NEW_YEAR, images=images, covered=covered, reason="m" * bool(images)
    )


CAPTURED = HoldCaptured(at=NEW_YEAR + A_DAY, hold_id="h", amount=5, expired=2, images=2)

EACH: dict[str, tuple[Event, dict[tuple[Figure, str], int]]] = {
    "an opening": (AccountOpened(NEW_YEAR), {(Figure.OPENED, ""): 1}),
    "a grant": (CreditsGranted(at=NEW_YEAR, grant=a_grant()), {(Figure.GRANTED, "pack"): 9}),
    "a free slot": (
        FreeSlotGranted(at=NEW_YEAR, start=NEW_YEAR, end=NEW_YEAR + A_DAY, grant=a_grant(Source.PERIOD)),
        {(Figure.GRANTED, "period"): 9},
    ),
    "returned debt": (
        DebtReturned(at=NEW_YEAR, tally="t", grant=a_grant(Source.RETURNED)),
        {(Figure.GRANTED, "returned"): 9},
    ),
    "an expiry": (GrantExpired(at=NEW_YEAR, grant_id="g", amount=4), {(Figure.EXPIRED, ""): 4}),
    "an expiry of nothing": (GrantExpired(at=NEW_YEAR, grant_id="g", amount=0), {}),
    "a revocation of what had expired": (
        CreditsRevoked(at=NEW_YEAR, tally="t", takes=TAKES, expired=2),
        {(Figure.REVOKED, ""): 9, (Figure.EXPIRED, ""): -2},
    ),
    "what an operator took": (CreditsTaken(at=NEW_YEAR, takes=TAKES, reason="?"), {(Figure.TAKEN, ""): 7}),
    "debt": (DebtIncurred(at=NEW_YEAR, tally="t", amount=4), {(Figure.INCURRED, ""): 4}),
    "debt paid": (DebtSettled(at=NEW_YEAR, takes=TAKES), {(Figure.SETTLED, ""): 7}),
    "debt forgiven": (DebtForgiven(at=NEW_YEAR, amount=4, reason="?"), {(Figure.FORGIVEN, ""): 4}),
    "a shortfall let go": (
        ShortfallWrittenOff(at=NEW_YEAR, tally="t", amount=4),
        {(Figure.INCURRED, ""): 4, (Figure.WRITTEN_OFF, ""): 4},
    ),
    "a release": (HoldReleased(at=NEW_YEAR, hold_id="h", back=(), expired=3), {(Figure.EXPIRED, ""): 3}),
    "a lapse": (HoldLapsed(at=NEW_YEAR, hold_id="h", back=TAKES), {}),
    "what has no figure": (ProfileNoted(at=NEW_YEAR, email="a", name="b"), {}),
}


@pytest.mark.parametrize(("event", "figures"), EACH.values(), ids=EACH.keys())
def test_an_event_counts_on_its_day(event: Event, figures: dict[tuple[Figure, str], int]) -> None:
    assert counted(event) == {Place(TODAY, figure, label): n for (figure, label), n in figures.items()}


@pytest.mark.parametrize(
    ("hold", "figures"),
    [
        (a_hold(images=3), {(Figure.SPENT, "m"): 5, (Figure.IMAGES, "m"): 2}),
        (a_hold(images=3, covered=True), {(Figure.COVERED, "m"): 5, (Figure.IMAGES, "m"): 2}),
        (a_hold(), {(Figure.SPENT, "other"): 5, (Figure.IMAGES, "other"): 2}),
    ],
    ids=["pictures", "pictures under an unlimited plan", "other work"],
)
def test_what_is_spent_counts_when_it_is_taken_by_what_its_hold_was_for(
    hold: Hold, figures: dict[tuple[Figure, str], int]
) -> None:
    expected = {Place(TODAY + A_DAY, figure, label): n for (figure, label), n in figures.items()}
    expected[Place(TODAY + A_DAY, Figure.EXPIRED)] = 2

    assert counted(HoldPlaced(at=NEW_YEAR, hold=hold), CAPTURED) == expected
    assert counted(CAPTURED, before=[another_hold(), hold]) == expected


def another_hold() -> Hold:
    return Hold(id="another", amount=1, takes=(), placed_at=NEW_YEAR)


def test_a_capture_waits_until_its_hold_is_told() -> None:
    counting = Counting()
    counting.take(CAPTURED)

    assert counting.waits_for == {"h"}
    counting.placed_before(a_hold())
    assert counting.waits_for == frozenset()


def test_the_same_figure_of_one_day_is_added_up() -> None:
    later = GrantExpired(at=NEW_YEAR + A_DAY / 2, grant_id="g", amount=1)
    tomorrow = GrantExpired(at=NEW_YEAR + A_DAY, grant_id="g", amount=1)

    assert counted(EACH["an expiry"][0], later, tomorrow) == {
        Place(TODAY, Figure.EXPIRED): 5,
        Place(TODAY + A_DAY, Figure.EXPIRED): 1,
    }


APART = {Figure.COVERED, Figure.IMAGES, Figure.STANDING, Figure.MONTHLY}
"""What no event says by itself, or takes from no grant."""


@some
@given(lives(), st.data())
def test_a_life_counted_in_any_stretches_comes_to_its_totals(
    life: tuple[History, tuple[Doing, ...]], data: st.DataObject
) -> None:
    whole = ended(lived(*life))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole.events)), max_size=4)))
    sums, days, holds = Counter[Figure](), Counter[date](), list[Hold]()
    for first, last in zip([0, *cuts], [*cuts, len(whole.events)], strict=True):
        stretch = whole.events[first:last]
        for place, amount in counted_with(stretch, holds).items():
            sums[place.figure] += amount
            days[place.day] += amount
        holds += [event.hold for event in stretch if isinstance(event, HoldPlaced)]

    book, totals = whole.account.book, whole.account.book.totals
    told = {figure: sums[figure] for figure in Figure if figure not in APART}
    assert told == {
        Figure.OPENED: 1,
        Figure.GRANTED: totals.granted,
        Figure.SPENT: totals.captured,
        Figure.EXPIRED: totals.expired,
        Figure.REVOKED: totals.revoked - sums[Figure.TAKEN],
        Figure.TAKEN: sums[Figure.TAKEN],
        Figure.SETTLED: totals.settled,
        Figure.INCURRED: totals.incurred,
        Figure.FORGIVEN: totals.forgiven,
        Figure.WRITTEN_OFF: totals.written_off,
    }
    gone = (Figure.SPENT, Figure.EXPIRED, Figure.REVOKED, Figure.TAKEN, Figure.SETTLED)
    assert sums[Figure.GRANTED] - sum(sums[figure] for figure in gone) == book.available + book.held
    assert days.keys() <= {event.at.date() for event in whole.events}


def counted_with(stretch: Iterable[Event], before: Iterable[Hold]) -> dict[Place, int]:
    return counted(*stretch, before=before)
