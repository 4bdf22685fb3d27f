"""Grant by grant and hold by hold, the stories say what the book says in all."""

from datetime import timedelta

from hypothesis import given

from billing_core.domain.credits import Grant, Hold, Source, Take
from billing_core.domain.events import (
    AccountOpened,
    CreditsGranted,
    CreditsRevoked,
    CreditsTaken,
    DebtIncurred,
    DebtSettled,
    Event,
    GrantExpired,
    HoldCaptured,
    HoldLapsed,
    HoldPlaced,
    HoldReleased,
)
from billing_core.domain.provenance import Fate, GrantStory, HoldStory, Movement, Provenance
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog
from billing_core.testing.histories import History
from tests.lives import Doing, ended, lived, lives
from tests.unit.domain.test_laws import some


def read(*life: object) -> tuple[Event, ...]:
    return tuple(ended(lived(*life)).events)  # type: ignore[arg-type]


@some
@given(lives())
def test_the_fates_of_all_grants_add_up_to_the_totals_of_the_book(life: tuple[History, tuple[Doing, ...]]) -> None:
    told = Provenance.of("ann", read(*life))

    book, totals = told.account.book, told.account.book.totals
    met = {fate: sum(story.amount(fate) for story in told.grants.values()) for fate in Fate}
    assert sum(story.grant.amount for story in told.grants.values()) == totals.granted
    assert met == {
        Fate.AVAILABLE: book.available,
        Fate.HELD: book.held,
        Fate.CAPTURED: totals.captured,
        Fate.EXPIRED: totals.expired,
        Fate.REVOKED: totals.revoked - met[Fate.TAKEN],
        Fate.TAKEN: met[Fate.TAKEN],
        Fate.SETTLED: totals.settled,
    }


@some
@given(lives())
def test_a_grant_that_lives_has_what_its_story_leaves_it(life: tuple[History, tuple[Doing, ...]]) -> None:
    told = Provenance.of("ann", read(*life))

    for story in told.grants.values():
        living = told.account.book.grant(story.grant.id)
        assert story.amount(Fate.AVAILABLE) == (living.remaining if living else 0)
        assert all(story.amount(fate) >= 0 for fate in Fate)
        assert sum(story.amount(fate) for fate in Fate) == story.grant.amount


@some
@given(lives())
def test_what_a_hold_took_is_in_the_stories_of_its_grants(life: tuple[History, tuple[Doing, ...]]) -> None:
    told = Provenance.of("ann", read(*life))

    for hold_id, story in told.holds.items():
        moved = [m for grant in told.grants.values() for m in grant.movements if m.cause == hold_id]
        taken = sum(m.amount for m in moved if m.after is Fate.HELD)
        paid = sum(m.amount for m in moved if m.after is Fate.CAPTURED)
        is_open = told.account.book.hold(hold_id) is not None
        assert taken == sum(take.amount for take in story.hold.takes)
        assert (story.ended_at is None, story.captured is None) == (is_open, is_open)
        assert paid == (0 if story.hold.covered else story.captured or 0)


@some
@given(lives())
def test_a_movement_tells_which_event_made_it_and_when(life: tuple[History, tuple[Doing, ...]]) -> None:
    events = read(*life)
    told = Provenance.of("ann", events)

    moved = [movement for story in told.grants.values() for movement in story.movements]
    assert all(movement.at == events[movement.number - 1].at for movement in moved)
    ends = (HoldPlaced, HoldCaptured, HoldReleased, HoldLapsed)
    for movement in moved:
        event = events[movement.number - 1]
        if isinstance(event, ends):
            assert movement.cause == (event.hold.id if isinstance(event, HoldPlaced) else event.hold_id)


def test_a_story_tells_of_each_movement_which_event_made_it_when_and_why() -> None:
    grant = Grant(id="slot:0", source=Source.PERIOD, amount=10, remaining=10, granted_at=NEW_YEAR, tally="slot")
    hold = Hold(id="h", amount=4, takes=(Take("slot:0", 4),), placed_at=NEW_YEAR, until=None)
    times = [NEW_YEAR + timedelta(hours=n) for n in range(11)]
    told = Provenance.of(
        "ann",
        [
            AccountOpened(times[1]),
            CreditsGranted(at=times[2], grant=grant),
            HoldPlaced(at=times[3], hold=hold),
            HoldCaptured(at=times[4], hold_id="h", amount=3, back=(Take("slot:0", 1),)),
            CreditsRevoked(at=times[5], tally="slot", takes=(Take("slot:0", 2),)),
            CreditsTaken(at=times[6], takes=(Take("slot:0", 1),), reason="given by mistake"),
            DebtIncurred(at=times[7], tally="slot", amount=2),
            DebtSettled(at=times[8], takes=(Take("slot:0", 2),)),
            GrantExpired(at=times[9], grant_id="slot:0", amount=2),
            CreditsRevoked(at=times[10], tally="slot", takes=(), expired=1),
        ],
    )

    expected = [
        (3, 4, Fate.AVAILABLE, Fate.HELD, "h"),
        (4, 3, Fate.HELD, Fate.CAPTURED, "h"),
        (4, 1, Fate.HELD, Fate.AVAILABLE, "h"),
        (5, 2, Fate.AVAILABLE, Fate.REVOKED, "slot"),
        (6, 1, Fate.AVAILABLE, Fate.TAKEN, "given by mistake"),
        (8, 2, Fate.AVAILABLE, Fate.SETTLED, ""),
        (9, 2, Fate.AVAILABLE, Fate.EXPIRED, ""),
        (10, 1, Fate.EXPIRED, Fate.REVOKED, "slot"),
    ]
    movements = tuple(
        Movement(number=n, at=times[n], grant_id="slot:0", amount=amount, before=before, after=after, cause=cause)
        for n, amount, before, after, cause in expected
    )
    assert told.grants == {"slot:0": GrantStory(grant=grant, number=2, movements=movements)}
    assert told.holds == {"h": HoldStory(number=3, hold=hold, ended_at=times[4], captured=3)}
    assert (told.account.id, told.account.version) == ("ann", 10)


def test_what_had_expired_is_revoked_newest_first_and_may_expire_again() -> None:
    def granted(n: int) -> CreditsGranted:
        grant = Grant(id=f"slot:{n}", source=Source.PERIOD, amount=10, remaining=10, granted_at=NEW_YEAR, tally="slot")
        return CreditsGranted(at=NEW_YEAR, grant=grant)

    events: list[Event] = [
        AccountOpened(NEW_YEAR),
        granted(1),
        granted(2),
        CreditsRevoked(at=NEW_YEAR, tally="slot", takes=(Take("slot:1", 3),)),
        GrantExpired(at=NEW_YEAR, grant_id="slot:1", amount=7),
        GrantExpired(at=NEW_YEAR, grant_id="slot:2", amount=10),
        CreditsRevoked(at=NEW_YEAR, tally="slot", takes=(), expired=12),
    ]

    first, second = Provenance.of("ann", events).grants.values()
    assert (first.amount(Fate.REVOKED), second.amount(Fate.REVOKED)) == (5, 10)
    assert {(m.at, m.number) for m in second.movements if m.after is Fate.REVOKED} == {(NEW_YEAR, 7)}
    events[-1] = CreditsRevoked(at=NEW_YEAR, tally="slot", takes=(), expired=1)
    first, second = Provenance.of("ann", events).grants.values()
    assert (first.amount(Fate.REVOKED), second.amount(Fate.REVOKED)) == (3, 1)
    events[-1] = CreditsRevoked(at=NEW_YEAR, tally="slot", takes=(), expired=12)
    again = Provenance.of("ann", [*events, CreditsRevoked(at=NEW_YEAR, tally="slot", takes=(), expired=-11)])
    first, second = again.grants.values()
    assert (first.amount(Fate.EXPIRED), second.amount(Fate.EXPIRED)) == (6, 10)


def test_what_a_hold_paid_and_what_it_gave_back_are_in_its_story() -> None:
    life = Life(a_catalog())
    life.touch(NEW_YEAR)
    life.keep(life.at(NEW_YEAR).hold(8, hold_id="h", until=None))
    life.keep(life.at(NEW_YEAR).capture("h", amount=5))

    told = Provenance.of("ann", life.events)
    (story,) = told.grants.values()
    assert (story.amount(Fate.CAPTURED), story.amount(Fate.HELD), story.amount(Fate.AVAILABLE)) == (5, 0, 5)
    assert told.holds["h"].captured == 5


def test_what_an_operator_took_carries_the_reason() -> None:
    grant = Grant(id="gift", source=Source.ADJUSTMENT, amount=10, remaining=10, granted_at=NEW_YEAR)
    taken = CreditsTaken(at=NEW_YEAR, takes=(Take("gift", 4),), reason="given by mistake")

    (story,) = Provenance.of(
        "ann", [AccountOpened(NEW_YEAR), CreditsGranted(at=NEW_YEAR, grant=grant), taken]
    ).grants.values()
    assert (story.amount(Fate.TAKEN), story.movements[0].cause, story.movements[0].number) == (4, "given by mistake", 3)


def test_what_paid_debt_is_told_apart_from_what_was_spent() -> None:
    grant = Grant(id="gift", source=Source.ADJUSTMENT, amount=10, remaining=10, granted_at=NEW_YEAR)
    events: list[Event] = [
        AccountOpened(NEW_YEAR),
        CreditsGranted(at=NEW_YEAR, grant=grant),
        DebtIncurred(at=NEW_YEAR, tally="slot", amount=4),
        DebtSettled(at=NEW_YEAR, takes=(Take("gift", 4),)),
    ]

    (story,) = Provenance.of("ann", events).grants.values()
    assert (story.amount(Fate.SETTLED), story.amount(Fate.AVAILABLE)) == (4, 6)
