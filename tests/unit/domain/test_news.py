"""A fact that is told again, or too late, is no news."""

from datetime import timedelta

import pytest

from billing_core.domain.catalog import Kind
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.domain.events import CheckoutMoved, SubscriptionSuperseded, TrialCardSeen
from billing_core.domain.subscription import Status
from billing_core.testing.builders import NEW_YEAR, Life, a_snapshot

SOON = NEW_YEAR + timedelta(hours=1)


def at_a_checkout() -> Life:
    """Somebody who has opened a session for a plan."""
    life = Life()
    checkout = Checkout(
        session_id="cs_1",
        kind=Kind.PLAN,
        item="basic",
        price="basic-month",
        version=1,
        wish="w",
        url="https://pay.example/cs_1",
        opened_at=NEW_YEAR,
        expires_at=NEW_YEAR + timedelta(days=1),
    )
    life.keep(life.at(NEW_YEAR).checkout_opened(checkout))
    return life


def test_an_older_state_of_a_subscription_is_noted_with_its_date() -> None:
    life = Life()
    life.told(SOON, a_snapshot(seen_at=SOON))

    told = life.told(SOON, a_snapshot(Status.PAST_DUE, seen_at=NEW_YEAR))

    assert told == (SubscriptionSuperseded(at=SOON, subscription_id="sub_1", seen_at=NEW_YEAR),)


def test_a_checkout_that_moves_is_dated_by_when_it_was_heard_of() -> None:
    told = CheckoutMoved(at=NEW_YEAR, session_id="cs_1", status=CheckoutStatus.PAID, payment_id="pi_1")

    (moved,) = at_a_checkout().at(SOON).learned(checkouts=[told])

    assert moved == CheckoutMoved(at=SOON, session_id="cs_1", status=CheckoutStatus.PAID, payment_id="pi_1")


@pytest.mark.parametrize("again", [CheckoutStatus.FAILED, CheckoutStatus.EXPIRED])
def test_a_checkout_that_has_failed_does_not_fail_or_expire_again(again: CheckoutStatus) -> None:
    life = at_a_checkout()
    life.keep(
        life.at(SOON).learned(checkouts=[CheckoutMoved(at=SOON, session_id="cs_1", status=CheckoutStatus.FAILED)])
    )

    assert life.at(SOON).learned(checkouts=[CheckoutMoved(at=SOON, session_id="cs_1", status=again)]) == ()


def test_the_card_of_a_trial_is_dated_by_when_it_was_heard_of() -> None:
    told = TrialCardSeen(at=NEW_YEAR, subscription_id="sub_1", used=True)
    life = Life()
    life.told(NEW_YEAR, a_snapshot(Status.TRIALING))

    (seen,) = life.at(SOON).learned(trial_cards=[told])

    assert seen == TrialCardSeen(at=SOON, subscription_id="sub_1", used=True)
