"""Every status against every verb and every other status; which snapshot is believed."""

from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.domain.errors import IllegalTransition
from billing_core.domain.subscription import TRANSITIONS, VERBS, Status, Subscription, Tally, reachable
from billing_core.testing.builders import NEW_YEAR, Life, a_charge, a_credit, a_snapshot, day

LATER = NEW_YEAR + timedelta(days=1)
S = Status

ALLOWED = {
    "cancel": {S.TRIALING, S.ACTIVE, S.PAST_DUE, S.UNPAID, S.PAUSED},
    "resume": {S.TRIALING, S.ACTIVE, S.PAST_DUE, S.UNPAID, S.PAUSED},
    "change": {S.TRIALING, S.ACTIVE, S.PAST_DUE},
    "drop the change of": {S.TRIALING, S.ACTIVE, S.PAST_DUE, S.UNPAID, S.PAUSED},
}

FORBIDDEN = {
    (S.INCOMPLETE, S.PAST_DUE),
    (S.INCOMPLETE, S.UNPAID),
    (S.INCOMPLETE, S.PAUSED),
    (S.TRIALING, S.INCOMPLETE),
    (S.TRIALING, S.INCOMPLETE_EXPIRED),
    (S.TRIALING, S.UNPAID),
    (S.ACTIVE, S.INCOMPLETE),
    (S.ACTIVE, S.INCOMPLETE_EXPIRED),
    (S.PAST_DUE, S.INCOMPLETE),
    (S.PAST_DUE, S.INCOMPLETE_EXPIRED),
    (S.PAST_DUE, S.TRIALING),
    (S.UNPAID, S.INCOMPLETE),
    (S.UNPAID, S.INCOMPLETE_EXPIRED),
    (S.UNPAID, S.TRIALING),
    (S.PAUSED, S.INCOMPLETE),
    (S.PAUSED, S.INCOMPLETE_EXPIRED),
}


def a_subscription(status: Status) -> Subscription:
    return Subscription(id="sub_1", version=1, snapshot=a_snapshot(status))


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_asks_the_table(verb: str, status: Status) -> None:
    if status in ALLOWED[verb]:
        a_subscription(status).ensure_can(verb)
        return
    with pytest.raises(IllegalTransition, match=f"cannot {verb} while {status.value}"):
        a_subscription(status).ensure_can(verb)


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_can_be_done_to_one_that_ended_or_that_nobody_told_of(verb: str) -> None:
    ended = evolve(a_subscription(Status.ACTIVE), ended_at=LATER)

    with pytest.raises(IllegalTransition, match="while canceled"):
        ended.ensure_can(verb)
    with pytest.raises(IllegalTransition, match="while unknown"):
        Subscription(id="sub_1", version=1).ensure_can(verb)


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", Status)
def test_the_table_says_which_status_may_follow_which(old: Status, new: Status) -> None:
    absorbs = old in {Status.CANCELED, Status.INCOMPLETE_EXPIRED}

    assert (new in TRANSITIONS[old]) == (new is not old and not absorbs and (old, new) not in FORBIDDEN)
    assert old.is_terminal == absorbs


def test_snapshots_between_may_have_been_missed() -> None:
    assert Status.UNPAID in reachable(Status.INCOMPLETE)
    assert reachable(Status.CANCELED) == {Status.CANCELED}
    assert Status.INCOMPLETE not in reachable(Status.ACTIVE)


def test_a_later_snapshot_supersedes_an_earlier_one_and_a_terminal_one_absorbs() -> None:
    active, later = a_snapshot(seen_at=NEW_YEAR), a_snapshot(seen_at=LATER)
    canceled = a_snapshot(Status.CANCELED, seen_at=NEW_YEAR)

    assert later.supersedes(active)
    assert not active.supersedes(later)
    assert canceled.supersedes(later)
    assert not later.supersedes(canceled)


def test_of_two_snapshots_of_one_instant_the_same_one_always_wins() -> None:
    one, other = a_snapshot(quantity=1), a_snapshot(quantity=2)

    assert one.supersedes(other) != other.supersedes(one)
    assert not one.supersedes(one)


def test_its_end_is_told_by_whichever_field_knows() -> None:
    assert a_snapshot().ends_at is None
    assert a_snapshot(cancel_at=LATER).ends_at == LATER
    assert a_snapshot(cancel_at_period_end=True).ends_at == day(2026, 2, 1)
    assert a_snapshot(Status.CANCELED, ended_at=LATER).ends_at == LATER
    assert a_snapshot(Status.INCOMPLETE_EXPIRED, seen_at=LATER).ends_at == LATER


def test_a_trial_has_a_start_and_a_later_end() -> None:
    assert a_snapshot().trial is None
    assert a_snapshot(trial_start=LATER, trial_end=LATER).trial is None
    trial = a_snapshot(trial_start=NEW_YEAR, trial_end=LATER).trial
    assert trial is not None
    assert (trial.start, trial.end) == (NEW_YEAR, LATER)
    assert Subscription(id="sub_1", version=1).trial is None


def test_months_are_counted_from_whole_charges_alone_and_from_what_the_gateway_tells() -> None:
    lines = (
        a_charge("basic", day(2026, 1, 3)),
        a_charge("basic", day(2026, 1, 4), prorated=True),
        a_credit("basic", day(2026, 1, 5), day(2026, 2, 5)),
        a_credit("basic", day(2026, 1, 6), day(2026, 2, 6), prorated=False),
    )

    assert Subscription(id="sub_1", version=1).anchors_of(lines) == (day(2026, 1, 3),)
    assert a_subscription(Status.ACTIVE).anchors_of(lines) == (NEW_YEAR, day(2026, 1, 3))


def test_a_superseded_snapshot_is_recorded_and_changes_nothing() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(Status.PAST_DUE, seen_at=LATER))
    before = life.account

    (superseded,) = life.told(LATER, a_snapshot(Status.ACTIVE, seen_at=NEW_YEAR))

    assert type(superseded).__name__ == "SubscriptionSuperseded"
    assert before.subscriptions == life.account.subscriptions


def test_what_was_canceled_comes_back_only_under_a_new_id() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(Status.CANCELED, seen_at=NEW_YEAR))
    for status in Status:
        life.told(LATER, a_snapshot(status, seen_at=LATER))
    life.told(LATER, a_snapshot(Status.ACTIVE, seen_at=LATER, id="sub_2"))

    told = {sub.id: sub.status for sub in life.account.subscriptions}

    assert told["sub_1"] is not None
    assert told["sub_1"].is_terminal
    assert told["sub_2"] is Status.ACTIVE


def test_a_status_that_the_table_does_not_foresee_is_taken_over_and_marked() -> None:
    life = Life()
    life.told(NEW_YEAR, a_snapshot(Status.ACTIVE))
    (seen,) = life.told(LATER, a_snapshot(Status.INCOMPLETE, seen_at=LATER))

    assert getattr(seen, "unexpected", None) is True


def test_facts_told_together_are_taken_one_after_the_other() -> None:
    together, apart = Life(), Life()
    newer, older = a_snapshot(Status.PAST_DUE, seen_at=LATER), a_snapshot(seen_at=NEW_YEAR)
    together.told(LATER, newer, older)
    apart.told(LATER, newer)
    apart.told(LATER, older)

    assert together.account == apart.account


def test_a_tally_is_kept_in_place() -> None:
    first = Tally(key="a", start=NEW_YEAR, end=LATER)
    sub = Subscription(id="sub_1", version=1).with_tally(first).with_tally(evolve(first, key="b"))

    assert [t.counted for t in sub.with_tally(evolve(first, counted=5)).tallies] == [5, 0]
