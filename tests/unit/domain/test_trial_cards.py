"""One trial per card: where the card began another account's trial before, the trial gives no credits."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.domain.account import Account
from billing_core.domain.catalog import Trial
from billing_core.domain.events import TrialCardSeen
from billing_core.domain.payments import Payment
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_charge, a_payment, a_plan, a_snapshot

FREE_CREDITS, ALLOTMENT = 10, 200
END = NEW_YEAR + timedelta(days=14)
TRIAL = a_snapshot(Status.TRIALING, anchor=END, created_at=NEW_YEAR, trial_start=NEW_YEAR, trial_end=END)
FREE_OF_CHARGE = a_payment(a_charge("basic", NEW_YEAR, END, key="il_trial"), amount_minor=0)
FIRST, USED = False, True


def a_life() -> Life:
    return Life(a_catalog(a_plan("basic", allotment=ALLOTMENT, trial=Trial(days=14))))


def card_seen(life: Life, *, used: bool, at: datetime = NEW_YEAR, subscription_id: str = "sub_1") -> None:
    """The gateway tells of the subscription, and of its card."""
    told = TrialCardSeen(at=at, subscription_id=subscription_id, used=used)
    life.keep(life.at(at).learned(snapshots=[TRIAL], trial_cards=[told]))


def in_trial(*cards: bool) -> Life:
    life = a_life()
    life.told(NEW_YEAR, TRIAL, FREE_OF_CHARGE)
    for used in cards:
        card_seen(life, used=used)
    return life


@pytest.mark.failure("E11")
def test_a_trial_with_a_card_that_began_another_accounts_trial_gives_no_credits() -> None:
    life = a_life()
    card_seen(life, used=USED)
    life.told(NEW_YEAR, FREE_OF_CHARGE)

    assert life.account.book.available == FREE_CREDITS
    assert life.at(NEW_YEAR).in_force.plan.key == "basic"


def test_a_trial_with_a_card_of_its_own_gives_what_it_gives() -> None:
    account = in_trial(FIRST).account

    assert account.book.available == FREE_CREDITS + ALLOTMENT
    assert account.subscriptions[0].card_used is False  # so nobody asks for it again


def test_a_used_card_that_is_told_later_takes_the_credits_back_and_what_was_spent_is_debt() -> None:
    life = in_trial()
    life.spends(NEW_YEAR, 50)

    card_seen(life, used=USED, at=NEW_YEAR + timedelta(days=3))

    book = life.account.book
    assert (book.available, book.debt) == (0, 40)  # 10 of the 50 were the free plan's
    assert life.account.subscriptions[0].tallies[0].given == 0


def test_a_used_card_stays_told_whatever_card_comes_later() -> None:
    life = in_trial(USED, FIRST)

    assert (life.account.subscriptions[0].card_used, life.account.book.available) == (True, FREE_CREDITS)


def test_the_same_card_told_again_is_no_news() -> None:
    life = in_trial(FIRST)
    before = life.account

    card_seen(life, used=FIRST)

    assert life.account == before


def test_the_card_of_a_subscription_that_nobody_has_heard_of_says_nothing() -> None:
    life = a_life()
    life.touch(NEW_YEAR)
    told = TrialCardSeen(at=NEW_YEAR, subscription_id="sub_of_nobody", used=USED)

    assert life.at(NEW_YEAR).learned(trial_cards=[told]) == ()


def test_what_is_paid_for_after_the_trial_gives_what_it_always_gives() -> None:
    life = in_trial(USED)
    life.told(END, a_payment(a_charge("basic", END)), a_snapshot(anchor=END, created_at=NEW_YEAR, seen_at=END))

    assert life.account.book.available == FREE_CREDITS + ALLOTMENT


def test_a_trial_that_was_refused_its_credits_was_the_accounts_trial() -> None:
    assert in_trial(USED).account.trialed == "sub_1"


A_FACT = SubscriptionSnapshot | Payment | bool
FACTS: tuple[A_FACT, ...] = (TRIAL, FREE_OF_CHARGE, FIRST, USED)


def heard(facts: list[A_FACT]) -> Account:
    life = a_life()
    for fact in facts:
        if isinstance(fact, bool):
            card_seen(life, used=fact)
        else:
            life.told(NEW_YEAR, fact)
    return life.account


@given(st.permutations([*FACTS, *FACTS]))
def test_in_any_order_and_any_number_of_times_one_end_comes_of_it(facts: list[A_FACT]) -> None:
    account = heard(facts)

    (sub,) = account.subscriptions
    assert (account.book.available, account.book.debt, sub.card_used) == (FREE_CREDITS, 0, True)
    assert [tally.given for tally in sub.tallies] == [0]
