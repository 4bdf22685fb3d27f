"""What must hold of every account is found where it does not, and nowhere else."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given

from billing_core.domain.account import Account
from billing_core.domain.catalog import Kind
from billing_core.domain.events import PaymentRefunded
from billing_core.domain.incidents import Severity
from billing_core.domain.invariants import A_WHILE, LONGEST_WORK, SEVERITIES, Breach, Invariant, breaches
from billing_core.domain.subscription import Status, Subscription
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_charge,
    a_payment,
    a_purchase,
    a_snapshot,
    a_subscriber,
    day,
)
from billing_core.testing.histories import History
from billing_core.testing.provider import DAY
from tests.lives import Doing, ended, lived, lives
from tests.unit.domain.test_laws import some

PAGE = Path(__file__).parents[3] / "docs" / "invariants.md"
SOON = NEW_YEAR + timedelta(hours=1)
LATER = NEW_YEAR + timedelta(days=3)


def found(life: Life, *, at: datetime = LATER, account: Account | None = None) -> list[Breach]:
    return list(breaches(account or life.account, at, life.catalog))


def kinds(life: Life, *, at: datetime = LATER) -> list[Invariant]:
    return [breach.invariant for breach in found(life, at=at)]


def a_stranger() -> Life:
    life = Life()
    life.touch(NEW_YEAR)
    return life


@some
@given(lives())
def test_whatever_happens_the_book_has_followed_the_facts(life: tuple[History, tuple[Doing, ...]]) -> None:
    history, doings = life
    now = ended(lived(history, doings))

    about_credits = {Invariant.PAID_WITHOUT_GRANT}
    broken = breaches(now.account, history.ends_at + 45 * DAY, history.catalog)
    assert [breach for breach in broken if breach.invariant in about_credits] == []


def test_every_invariant_has_a_severity() -> None:
    assert set(SEVERITIES) == set(Invariant)
    assert Invariant.STREAM.severity is Severity.HIGH


def test_a_sound_account_breaks_none() -> None:
    life = a_subscriber()
    life.told(SOON, a_purchase())
    life.keep(life.at(SOON).hold(3, hold_id="h1", until=SOON + timedelta(days=9)))

    assert kinds(life) == []
    assert kinds(Life(), at=NEW_YEAR) == []


def tampered(life: Life, counted: int) -> Account:
    """The account with so much counted in the tally of its first slot."""
    (sub,) = life.account.subscriptions
    return evolve(life.account, subscriptions=(sub.with_tally(evolve(sub.tallies[0], counted=counted)),))


def test_a_paid_month_that_was_given_too_little_is_found() -> None:
    life = a_subscriber()
    (breach,) = found(life, account=tampered(life, 150))

    key = life.account.subscriptions[0].tallies[0].key
    assert breach.text == f"{key} was given 150 credits, and is entitled to 200"
    assert (breach.invariant, breach.about) == (
        Invariant.PAID_WITHOUT_GRANT,
        {"subscription": "sub_1", "tally": key},
    )
    assert breach.key == f"invariant:paid_without_grant:sub_1:{key}"


def test_a_paid_month_that_was_never_opened_is_found() -> None:
    life = a_subscriber()
    life.spends(SOON, 1)
    (sub,) = life.account.subscriptions

    (breach,) = found(life, account=evolve(life.account, subscriptions=(evolve(sub, tallies=()),)))
    assert "was given 0 credits, and is entitled to 200" in breach.text


def test_a_purchase_that_was_given_too_much_is_found() -> None:
    life = a_stranger()
    life.told(SOON, a_purchase())
    (tally,) = life.account.purchases

    (breach,) = found(life, account=evolve(life.account, purchases=(evolve(tally, counted=tally.counted + 1),)))
    assert breach.about == {"payment": tally.key.removeprefix("pack:"), "tally": tally.key}


def test_following_the_facts_once_more_mends_it() -> None:
    life = a_subscriber()
    life.account = tampered(life, 150)
    life.keep(life.at(LATER).follow())

    assert kinds(life) == []
    assert life.account.book.available == 10 + 200 + 50  # what the tally had forgotten was given again
    assert life.at(LATER).follow() == ()


def test_who_is_subscribed_and_has_no_plan_is_found_once_the_payment_had_its_time() -> None:
    life = a_stranger()
    life.told(NEW_YEAR, a_snapshot())

    assert kinds(life, at=NEW_YEAR + A_WHILE - timedelta(seconds=1)) == []
    (breach,) = found(life, at=NEW_YEAR + A_WHILE)
    assert (breach.invariant, breach.about) == (Invariant.LIVE_WITHOUT_ACCESS, {"subscription": "sub_1"})
    assert breach.text == "subscription sub_1 is live since 2026-01-01 00:00 and gives no plan: no payment is known"


def test_who_paid_for_a_pack_alone_or_for_a_month_ahead_has_no_plan_all_the_same() -> None:
    pack, ahead = a_charge("drip", kind=Kind.PACK), a_charge("basic", day(2026, 2, 1))
    life = a_stranger()
    life.told(NEW_YEAR, a_payment(pack, subscription_id="sub_0"), a_snapshot(id="sub_0", price="drip-price"))
    life.told(NEW_YEAR, a_payment(ahead), a_snapshot())

    assert [breach.about for breach in found(life)] == [{"subscription": "sub_1"}]


def test_a_trial_that_is_over_and_unpaid_is_found() -> None:
    life = a_stranger()
    life.told(NEW_YEAR, a_snapshot(Status.TRIALING, trial_start=NEW_YEAR, trial_end=day(2026, 1, 8)))

    for soon in (day(2026, 1, 7), day(2026, 1, 8), day(2026, 1, 8, 1)):
        assert kinds(life, at=soon) == []
    assert kinds(life, at=day(2026, 1, 8, 3)) == [Invariant.LIVE_WITHOUT_ACCESS]


@pytest.mark.parametrize("status", [Status.PAST_DUE, Status.UNPAID, Status.PAUSED, Status.CANCELED])
def test_who_has_no_access_by_their_status_is_as_it_should_be(status: Status) -> None:
    life = a_stranger()
    life.told(NEW_YEAR, a_snapshot(status))

    assert kinds(life) == []


def test_who_has_left_has_no_plan_as_it_should_be_also_where_the_gateway_has_not_told_of_the_end() -> None:
    life = a_stranger()
    life.told(NEW_YEAR, a_snapshot(cancel_at=SOON))
    life.touch(LATER)

    assert kinds(life) == []


def test_who_got_all_their_money_back_has_no_plan_as_it_should_be() -> None:
    life = a_subscriber()
    refund = PaymentRefunded(at=SOON, payment_id=life.account.payments[0].id, refunded_minor=1000)
    life.keep(life.at(SOON).learned(refunds=[refund]))

    assert kinds(life) == []


def test_a_pack_by_the_month_gives_no_plan_as_it_should_be() -> None:
    life = a_stranger()
    drip = a_charge("drip", kind=Kind.PACK)
    life.told(NEW_YEAR, a_payment(drip), a_snapshot(price="drip-month"))

    assert kinds(life) == []


def test_a_subscription_of_which_nothing_was_told_is_not_live() -> None:
    life = a_stranger()
    unknown = evolve(life.account, subscriptions=(Subscription(id="sub_2", version=1),))

    assert found(life, account=unknown) == []


def test_a_hold_that_nobody_lets_lapse_is_found() -> None:
    life = a_subscriber()
    life.keep(life.at(NEW_YEAR).hold(3, hold_id="h1", until=SOON))

    assert kinds(life, at=SOON + A_WHILE - timedelta(seconds=1)) == []
    (breach,) = found(life, at=SOON + A_WHILE)
    assert (breach.invariant, breach.invariant.severity) == (Invariant.HOLD_PAST_DEADLINE, Severity.LOW)
    assert (breach.text, breach.about) == (
        "hold h1 of 3 was over on 2026-01-01 01:00 and has not lapsed",
        {"hold": "h1"},
    )


def test_work_that_does_not_come_to_an_end_is_found() -> None:
    life = a_subscriber()
    life.keep(life.at(NEW_YEAR).hold(3, hold_id="gen_1", until=None, images=1))

    assert kinds(life, at=NEW_YEAR + LONGEST_WORK - timedelta(seconds=1)) == []
    (breach,) = found(life, at=NEW_YEAR + LONGEST_WORK)
    assert breach.invariant is Invariant.HOLD_WITHOUT_END
    assert (breach.text, breach.about) == ("hold gen_1 of 3 is open since 2026-01-01 00:00", {"hold": "gen_1"})


def test_the_page_of_invariants_tells_each_with_its_severity() -> None:
    rows = [line.split("|")[1:3] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert [(one.value, one.severity.value) for one in Invariant] == [
        (name.strip(" `"), severity.strip()) for name, severity in rows
    ]
