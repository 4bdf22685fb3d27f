"""What each event about credits makes of a slot's tally and of the book, and nothing besides."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from billing_core.domain.account import Account
from billing_core.domain.credits import Grant, Hold, Source, Take
from billing_core.domain.events import (
    CreditsGranted,
    CreditsRevoked,
    DebtForgiven,
    DebtIncurred,
    DebtReturned,
    DebtSettled,
    Event,
    GrantExpired,
    HoldCaptured,
    HoldPlaced,
    ShortfallFilled,
    ShortfallLeft,
    ShortfallWrittenOff,
)
from billing_core.domain.subscription import Tally
from billing_core.testing.builders import NEW_YEAR, a_purchase, a_subscriber, day

SLOT = "slot:sub_1:20260101T000000Z:20260201T000000Z"
OWN = f"{SLOT}:0"
IN_IT, ITS_END, AFTER_IT = day(2026, 1, 10), day(2026, 2, 1), day(2026, 2, 10)
# Counters of a tally in the midst of everything: each is its own number, so that a wrong one shows.
BUSY: dict[str, int] = {
    "counted": 200,
    "revoked": 31,
    "debt": 40,
    "shortfall": 15,
    "grants": 1,
    "captured": 6,
    "expired": 9,
    "reclaimed": 5,
    "settled": 3,
    "withdrawn": 7,
    "owed": 22,
}
WHOLE = 200 - 31 - 40 - 15 + 15 + 22 + 7 + 5


def an_account(**more: Any) -> Account:
    """Basic's subscriber in January, with 200 credits of the slot, whose tally is as busy as can be."""
    account = a_subscriber().account
    (sub,) = account.subscriptions
    tally = attrs.evolve(sub.tallies[0], **(BUSY | more))
    return attrs.evolve(
        account,
        book=attrs.evolve(account.book, debt=100),
        subscriptions=(attrs.evolve(sub, tallies=(tally,)),),
    )


def with_grants(*grants: Grant) -> Account:
    """The same account, whose book has these grants of the slot beside its own."""
    account = an_account()
    return attrs.evolve(account, book=attrs.evolve(account.book, grants=(*account.book.grants, *grants)))


def changes(before: Account, event: Event) -> dict[str, Any]:
    """What the event changed in the slot's tally, in the book and in the debt: how much more, or what it is now."""
    after = before.evolve(event)
    return {
        name: now - was if type(now) is int and type(was) is int else now
        for (name, was), (_, now) in zip(counters(before), counters(after), strict=True)
        if now != was
    }


def counters(account: Account) -> Iterator[tuple[str, Any]]:
    tally = account.tally(SLOT)
    assert tally is not None
    yield from ((f"tally {name}", value) for name, value in attrs.asdict(tally).items())
    yield from ((f"total {name}", value) for name, value in attrs.asdict(account.book.totals).items())
    yield "debt", account.book.debt
    yield "available", account.book.available
    yield "initials", account.initials


def granted(amount: int, at: datetime, source: Source = Source.PERIOD, start: datetime | None = NEW_YEAR) -> Grant:
    return Grant(
        id=f"{SLOT}:1",
        source=source,
        amount=amount,
        remaining=amount,
        granted_at=at,
        expires_at=day(2026, 3, 1),
        period_start=start,
        tally=SLOT,
    )


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (
            CreditsGranted(at=IN_IT, grant=granted(10, IN_IT), counted=8),
            {"tally counted": 8, "tally grants": 1, "tally owed": -8, "total granted": 10, "available": 10},
        ),
        (
            CreditsGranted(at=IN_IT, grant=granted(50, IN_IT), counted=50),
            {"tally counted": 50, "tally grants": 1, "tally owed": -22, "total granted": 50, "available": 50},
        ),
        (
            CreditsGranted(at=AFTER_IT, grant=granted(4, AFTER_IT), counted=4),
            {
                "tally counted": 4,
                "tally grants": 1,
                "tally withdrawn": -4,
                "tally basis": WHOLE,
                "total granted": 4,
                "available": 4,
            },
        ),
        (
            CreditsGranted(at=AFTER_IT, grant=granted(4, AFTER_IT, start=None), counted=4),
            {
                "tally counted": 4,
                "tally grants": 1,
                "tally owed": -4,
                "tally basis": WHOLE,
                "total granted": 4,
                "available": 4,
            },
        ),
        (
            CreditsGranted(at=IN_IT, grant=granted(10, IN_IT, Source.INITIAL), counted=0, initial_of="basic"),
            {
                "tally grants": 1,
                "tally initial_of": "basic",
                "initials": ("basic",),
                "total granted": 10,
                "available": 10,
            },
        ),
        (
            CreditsRevoked(at=IN_IT, tally=SLOT, takes=(Take(OWN, 11),)),
            {"tally revoked": 11, "total revoked": 11, "available": -11},
        ),
        (
            CreditsRevoked(at=AFTER_IT, tally=SLOT, takes=(Take(OWN, 11),), expired=2),
            {
                "tally revoked": 13,
                "tally expired": -2,
                "tally reclaimed": 2,
                "tally withdrawn": 11,
                "tally basis": WHOLE,
                "total revoked": 13,
                "total expired": -2,
                "available": -11,
            },
        ),
        (
            DebtIncurred(at=IN_IT, tally=SLOT, amount=12),
            {"tally debt": 12, "tally owed": 12, "total incurred": 12, "debt": 12},
        ),
        (
            DebtIncurred(at=AFTER_IT, tally=SLOT, amount=12, from_shortfall=True),
            {
                "tally debt": 12,
                "tally owed": 12,
                "tally shortfall": -12,
                "tally basis": WHOLE,
                "total incurred": 12,
                "debt": 12,
            },
        ),
        (
            DebtSettled(at=IN_IT, takes=(Take(OWN, 12),)),
            {"tally settled": 12, "total settled": 12, "debt": -12, "available": -12},
        ),
        (DebtForgiven(at=IN_IT, amount=12, reason="?"), {"total forgiven": 12, "debt": -12}),
        (
            DebtForgiven(at=IN_IT, amount=12, reason="?", tally=SLOT),
            {"tally debt": -12, "tally shortfall": 12, "tally owed": -12, "total forgiven": 12, "debt": -12},
        ),
        (
            DebtForgiven(at=IN_IT, amount=30, reason="?", tally=SLOT),
            {"tally debt": -30, "tally shortfall": 30, "tally owed": -22, "total forgiven": 30, "debt": -30},
        ),
        (
            DebtReturned(at=IN_IT, tally=SLOT, grant=granted(12, IN_IT, Source.RETURNED, start=None)),
            {"tally debt": -12, "tally shortfall": 12, "tally owed": -12, "total granted": 12, "available": 12},
        ),
        (ShortfallLeft(at=IN_IT, tally=SLOT, amount=12), {"tally shortfall": 12}),
        (ShortfallLeft(at=ITS_END, tally=SLOT, amount=12), {"tally shortfall": 12, "tally basis": WHOLE}),
        (ShortfallFilled(at=IN_IT, tally=SLOT, amount=12), {"tally shortfall": -12}),
        (ShortfallFilled(at=AFTER_IT, tally=SLOT, amount=12), {"tally shortfall": -12, "tally basis": WHOLE}),
        (
            ShortfallWrittenOff(at=AFTER_IT, tally=SLOT, amount=12),
            {"tally debt": 12, "tally shortfall": -12, "total incurred": 12, "total written_off": 12},
        ),
        (
            GrantExpired(at=AFTER_IT, grant_id=OWN, amount=200),
            {
                "tally expired": 200,
                "tally withdrawn": -7,
                "tally reclaimed": 7,
                "tally basis": WHOLE,
                "total expired": 200,
                "available": -200,
            },
        ),
    ],
)
def test_an_event_changes_just_these_counters(event: Event, changed: Mapping[str, Any]) -> None:
    assert changes(an_account(), event) == changed


@pytest.mark.parametrize(
    "event",
    [
        ShortfallLeft(at=AFTER_IT, tally=SLOT, amount=12),
        DebtIncurred(at=AFTER_IT, tally=SLOT, amount=12),
        CreditsRevoked(at=AFTER_IT, tally=SLOT, takes=(Take(OWN, 11),)),
    ],
)
def test_what_a_slot_was_worth_at_its_end_is_found_once(event: Event) -> None:
    assert "tally basis" not in changes(an_account(basis=150), event)


def test_what_is_written_off_is_no_longer_undone_by_a_rise() -> None:
    event = ShortfallWrittenOff(at=AFTER_IT, tally=SLOT, amount=12)

    assert changes(an_account(basis=150), event)["tally basis"] == -12


def test_what_the_slot_still_has_to_lose_is_no_part_of_how_far_a_rise_undoes_falls() -> None:
    late = granted(4, AFTER_IT, start=day(2026, 2, 1))
    lasting = attrs.evolve(granted(3, IN_IT, Source.RETURNED, start=None), id=f"{SLOT}:2")
    account = with_grants(late, lasting)

    assert changes(account, GrantExpired(at=AFTER_IT, grant_id=OWN, amount=200))["tally basis"] == WHOLE - 4


@pytest.mark.parametrize("start", [None, day(2026, 2, 1)])
def test_what_expires_beside_the_slots_own_reclaims_nothing_of_what_was_withdrawn(start: datetime | None) -> None:
    account = with_grants(granted(4, AFTER_IT, start=start))

    assert changes(account, GrantExpired(at=AFTER_IT, grant_id=f"{SLOT}:1", amount=4)) == {
        "tally expired": 4,
        "tally basis": WHOLE - 200,
        "total expired": 4,
        "available": -4,
    }


def test_a_grant_that_is_not_there_can_expire_without_harm() -> None:
    assert changes(an_account(), GrantExpired(at=AFTER_IT, grant_id="gone", amount=0)) == {}


def test_a_capture_counts_in_the_slots_that_were_in_progress() -> None:
    hold = Hold(id="h", amount=5, takes=(Take(OWN, 5),), placed_at=IN_IT, until=None)
    account = an_account().evolve(HoldPlaced(at=IN_IT, hold=hold))

    for at, counted in ((NEW_YEAR - timedelta(seconds=1), 0), (NEW_YEAR, 5), (IN_IT, 5), (AFTER_IT, 0)):
        change = changes(account, HoldCaptured(at=at, hold_id="h", amount=5))
        assert change.get("tally captured", 0) == counted
        assert change["total captured"] == 5


def test_what_a_hold_gives_back_is_lost_by_those_that_have_expired_alone() -> None:
    life = a_subscriber()
    life.told(NEW_YEAR, a_purchase())
    life.keep(life.at(IN_IT).hold(10 + 200 + 30, hold_id="h", until=None))  # the free plan's, the month's, the pack's
    life.touch(AFTER_IT)
    life.keep(life.at(AFTER_IT).release("h"))

    (of_the_pack,) = life.account.purchases
    assert [tally.expired for tally in (*tallies(life.account), of_the_pack)] == [200, 0]


def test_debt_of_a_tally_that_is_forgotten_is_forgiven_too() -> None:
    event = DebtForgiven(at=IN_IT, amount=12, reason="?", tally="slot:of:old")

    assert changes(an_account(), event) == {"total forgiven": 12, "debt": -12}


def test_initial_credits_are_given_once_whichever_tally_stood_for_them() -> None:
    account = an_account(initial_of="basic")
    again = CreditsGranted(at=IN_IT, grant=attrs.evolve(granted(5, IN_IT), tally=None), counted=0, initial_of="basic")

    after = account.evolve(again)
    assert (after.initials, [tally.initial_of for tally in tallies(after)]) == (("basic",), [None])
    assert after.evolve(again).initials == ("basic",)
    other = attrs.evolve(again, initial_of="premium")
    assert account.evolve(other).initials == ("premium",)
    assert [tally.initial_of for tally in tallies(account.evolve(other))] == ["basic"]


def tallies(account: Account) -> list[Tally]:
    return [tally for sub in account.subscriptions for tally in sub.tallies]
