"""The other verbs: what operators and the gateway do to an account."""

from datetime import timedelta
from typing import Any

import pytest

from billing_core.domain import errors
from billing_core.domain import events as e
from billing_core.domain.catalog import Kind
from billing_core.domain.checkouts import Checkout, CheckoutStatus
from billing_core.domain.credits import Take
from billing_core.domain.errors import InvalidValue
from billing_core.testing.builders import NEW_YEAR, Life, a_payment, a_subscriber, an_account, day

SOON, FEBRUARY = NEW_YEAR + timedelta(hours=1), day(2026, 2, 1)


def opened(*, available: int = 0) -> Life:
    return Life(account=an_account(available=available))


def a_checkout(session_id: str = "cs_1", *, kind: Kind = Kind.PLAN, **more: Any) -> Checkout:
    default: dict[str, Any] = {
        "item": "basic",
        "price": "basic-month",
        "version": 1,
        "wish": "basic monthly",
        "url": "https://pay.example/1",
        "opened_at": NEW_YEAR,
        "expires_at": NEW_YEAR + timedelta(days=1),
    }
    return Checkout(session_id=session_id, kind=kind, **(default | more))


def test_an_account_does_not_go_back_in_time() -> None:
    account = an_account().evolve(e.ProfileNoted(at=SOON, email="ann@example.com", name="Ann"))

    assert SOON == account.evolve(e.ProfileNoted(at=NEW_YEAR, email="bob@example.com", name="Bob")).as_of


def test_a_builder_opens_an_account_with_what_it_shall_have() -> None:
    assert an_account(available=5).book.available == 15


def test_a_profile_is_noted_when_it_is_new() -> None:
    life = opened()
    life.keep(life.at(SOON).note_profile(email="ann@example.com", name="Ann"))

    assert (life.account.email, life.account.name) == ("ann@example.com", "Ann")
    assert life.at(SOON).note_profile(email="ann@example.com", name="Ann") == ()


def test_a_customer_is_linked_once() -> None:
    life = opened()
    life.keep(life.at(SOON).customer_known("cus_1"))

    assert life.account.customer_id == "cus_1"
    assert life.at(SOON).customer_known("cus_1") == ()


def test_an_operator_gives_credits_and_takes_at_most_what_is_available() -> None:
    life = opened(available=5)
    taken = life.keep(life.at(SOON).adjust(-100, adjustment_id="2", reason="by mistake"))

    takes = (Take("free:20260101T000000Z", 10), Take("adjustment:opening", 5))
    assert taken == (e.CreditsTaken(at=SOON, takes=takes, reason="by mistake"),)
    assert (life.account.book.available, life.account.book.totals.revoked) == (0, 15)
    assert life.at(SOON).adjust(-1, adjustment_id="3", reason="again") == ()


@pytest.mark.parametrize(
    ("amount", "reason", "hours", "expected"),
    [
        (0, "why", 1, "amount: must not be 0"),
        (10**13, "why", 1, "amount: must be from 1"),
        (-(10**13), "why", 1, "amount: must be from 1"),
        (1, "  ", 1, "reason: must say why"),
        (1, "why", 0, "expires_at: must lie ahead"),
    ],
)
def test_an_adjustment_is_sensible(amount: int, reason: str, hours: int, expected: str) -> None:
    expires_at = SOON + timedelta(hours=hours)

    with pytest.raises(InvalidValue, match=expected):
        opened().at(SOON).adjust(amount, adjustment_id="1", reason=reason, expires_at=expires_at)


def test_an_operator_may_give_and_take_a_million_millions_at_once() -> None:
    life = opened()
    life.keep(life.at(SOON).adjust(10**12, adjustment_id="1", reason="a very big customer"))
    assert life.account.book.available == 10**12 + 10

    life.keep(life.at(SOON).adjust(-(10**12), adjustment_id="2", reason="gone again"))
    assert life.account.book.available == 10


def test_an_account_is_suspended_while_any_reason_stands() -> None:
    life = opened()
    for reason in ("dispute", "operator", "dispute"):
        life.keep(life.at(SOON).suspend(reason))
    stood = [life.account.suspended_for]
    for reason in ("dispute", "operator"):
        life.keep(life.at(SOON).reinstate(reason))
        stood.append(life.account.suspended_for)

    assert stood == [("dispute", "operator"), ("operator",), ()]
    assert life.at(SOON).reinstate("operator") == ()


def test_a_checkout_only_moves_ahead_whatever_the_order_of_the_news() -> None:
    life = opened()
    life.keep(life.at(SOON).checkout_opened(a_checkout()))
    assert life.account.checkouts[0].is_open_at(SOON)
    for status in (CheckoutStatus.PAID, CheckoutStatus.PROCESSING, CheckoutStatus.EXPIRED):
        moved = e.CheckoutMoved(at=NEW_YEAR, session_id="cs_1", status=status, subscription_id="sub_1")
        life.keep(life.at(SOON).learned(checkouts=[moved]))

    (checkout,) = life.account.checkouts
    assert (checkout.status, checkout.subscription_id) == (CheckoutStatus.PAID, "sub_1")
    assert not checkout.is_open_at(SOON)


def test_what_a_checkout_led_to_stays_known() -> None:
    checkout = a_checkout().moved(CheckoutStatus.PROCESSING, "sub_1", None).moved(CheckoutStatus.PAID, None, "in_1")
    complete = checkout.moved(CheckoutStatus.COMPLETE, None, None)

    assert (complete.status, complete.subscription_id, complete.payment_id) == (
        CheckoutStatus.COMPLETE,
        "sub_1",
        "in_1",
    )


def test_a_checkout_is_open_until_the_instant_at_which_it_expires() -> None:
    checkout = a_checkout()

    assert checkout.is_open_at(checkout.expires_at - timedelta(microseconds=1))
    assert not checkout.is_open_at(checkout.expires_at)


def test_news_of_an_unknown_checkout_change_nothing() -> None:
    life = opened()
    moved = e.CheckoutMoved(at=NEW_YEAR, session_id="cs_9", status=CheckoutStatus.PAID)

    assert life.at(SOON).learned(checkouts=[moved]) == ()


def test_a_new_wish_ends_the_open_session_of_its_kind_and_leaves_the_other_kind_alone() -> None:
    life = opened()
    for session in (a_checkout("cs_1"), a_checkout("cs_2", kind=Kind.PACK), a_checkout("cs_3"), a_checkout("cs_3")):
        life.keep(life.at(SOON).checkout_opened(session))

    assert {c.session_id: c.status for c in life.account.checkouts} == {
        "cs_1": CheckoutStatus.EXPIRED,
        "cs_2": CheckoutStatus.OPEN,
        "cs_3": CheckoutStatus.OPEN,
    }


def test_a_session_that_is_opened_again_is_told_once() -> None:
    life = opened()
    life.keep(life.at(SOON).checkout_opened(a_checkout()))

    assert life.at(SOON).checkout_opened(a_checkout()) == ()


def test_the_currency_is_that_of_the_first_payment() -> None:
    life = opened()
    life.told(SOON, a_payment(currency="eur"))

    assert life.account.currency == "eur"


def test_a_payment_without_subscription_or_purchase_is_kept_and_gives_nothing() -> None:
    life = opened()
    life.told(SOON, a_payment(id="in_x", subscription_id=None))

    assert [payment.id for payment in life.account.payments] == ["in_x"]
    assert life.account.book.available == 10


def test_a_stream_that_settles_a_hold_that_is_not_open_changes_no_credits() -> None:
    account = an_account(available=5)
    late = (
        e.HoldCaptured(at=SOON, hold_id="gone", amount=3),
        e.HoldReleased(at=SOON, hold_id="gone", back=(Take("adjustment:opening", 3),)),
    )
    for event in late:
        assert account.evolve(event).book == account.book


def test_what_is_captured_counts_in_every_slot_in_progress() -> None:
    life = opened()
    life.told(NEW_YEAR, a_payment())
    life.spends(SOON, 7)

    assert life.account.usage.images_total == 0
    assert life.account.free_slot is not None
    assert (life.account.free_slot.captured, life.account.subscriptions[0].tallies[0].captured) == (7, 7)


def test_what_is_captured_counts_in_a_slot_from_its_first_instant_until_its_end() -> None:
    life = a_subscriber("basic")
    life.spends(NEW_YEAR, 3, hold_id="first")
    life.spends(FEBRUARY, 4, hold_id="too late")

    assert life.account.free_slot is not None
    assert (life.account.free_slot.end, life.account.free_slot.captured) == (FEBRUARY, 3)
    assert [tally.captured for tally in life.account.subscriptions[0].tallies] == [3]


def test_every_error_says_what_is_wrong_in_its_own_words() -> None:
    said = [
        errors.IllegalTransition("cancel", "canceled"),
        errors.NotForSale("pro"),
        errors.ContactSales("team", "sales@example.com"),
        errors.AlreadySubscribed("pro", "active"),
        errors.CurrencyLocked("eur"),
        errors.NoSubscription(),
        errors.NoCustomer(),
        errors.DailyQuotaExceeded(5, 4),
        errors.AccountSuspended(("dispute", "operator")),
    ]

    assert [str(error) for error in said] == [
        "cannot cancel while canceled",
        "pro is not for sale",
        "team is sold by sales@example.com",
        "already subscribed to pro (active)",
        "the account pays in eur",
        "there is no subscription",
        "no customer before the first checkout",
        "4 of 5 images of today are used",
        "the account is suspended (dispute, operator)",
    ]
