"""Disputes and refunds: what they take, what they suspend, and that the later told wins in whatever order it comes."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from attrs import evolve

from billing_core.domain import events as e
from billing_core.domain.catalog import Kind
from billing_core.domain.disputes import Dispute, DisputeStatus
from billing_core.domain.errors import AccountSuspended
from billing_core.domain.retention import RETENTION
from billing_core.testing.builders import (
    NEW_YEAR,
    Life,
    a_catalog,
    a_charge,
    a_payment,
    a_plan,
    a_purchase,
    a_subscriber,
    day,
)

SOON = day(2026, 1, 2)
INVOICE = "in_202601010000"
INQUIRY, OPEN, WON, LOST, PREVENTED = DisputeStatus
A_MINUTE = timedelta(minutes=1)
NO_FREE = a_plan("free", rank=0, allotment=0)


def paying() -> Life:
    return a_subscriber(catalog=a_catalog(NO_FREE))


def a_dispute(status: DisputeStatus = OPEN, *, seen_at: datetime = SOON, **more: object) -> Dispute:
    default: dict[str, object] = {"id": "dp_1", "payment_id": INVOICE, "amount_minor": 1000}
    return Dispute(status=status, seen_at=seen_at, **(default | more))  # type: ignore[arg-type]


def told(life: Life, *disputes: Dispute, at: datetime = SOON) -> tuple[e.Event, ...]:
    return life.keep(life.at(at).learned(disputes=disputes))


def seen(*statuses: DisputeStatus) -> list[Dispute]:
    """A dispute that went through these, a minute each."""
    return [a_dispute(status, seen_at=SOON + n * A_MINUTE) for n, status in enumerate(statuses)]


def end(life: Life) -> tuple[object, ...]:
    return life.account.suspended_for, life.account.disputes, life.account.payments, life.account.book.available


def test_an_open_dispute_suspends_until_it_is_lifted() -> None:
    life = paying()

    told(life, a_dispute())

    assert life.account.suspended_for == ("dispute:dp_1",)
    with pytest.raises(AccountSuspended):
        life.at(SOON).hold(1, hold_id="h", until=None)
    assert life.account.book.available == 200


def test_an_inquiry_is_only_kept() -> None:
    life = paying()

    told(life, a_dispute(INQUIRY))

    assert (life.account.suspended_for, life.account.disputes) == ((), (a_dispute(INQUIRY),))


@pytest.mark.parametrize("ends", [WON, PREVENTED])
def test_a_dispute_that_comes_to_nothing_lifts_the_suspension_and_takes_nothing(ends: DisputeStatus) -> None:
    life = paying()

    told(life, *seen(OPEN, ends))

    assert (life.account.suspended_for, life.account.book.available) == ((), 200)


def test_a_dispute_that_is_lost_counts_as_refunded_and_stays_until_an_operator_lifts_it() -> None:
    life = paying()
    told(life, *seen(OPEN, LOST))
    assert (life.account.suspended_for, life.account.book.available) == (("dispute:dp_1",), 0)

    life.keep(life.at(SOON).reinstate("dispute:dp_1"))
    told(life, a_dispute(LOST, seen_at=SOON + 2 * A_MINUTE))

    assert life.account.suspended_for == ()


def test_an_appeal_that_is_won_gives_everything_back() -> None:
    life = paying()

    told(life, *seen(OPEN, LOST, OPEN, WON))

    assert (life.account.suspended_for, life.account.book.available) == ((), 200)


def test_another_reason_to_suspend_stays() -> None:
    life = paying()
    life.keep(life.at(SOON).suspend("operator"))

    told(life, *seen(OPEN, WON))

    assert life.account.suspended_for == ("operator",)


def test_a_refund_and_a_dispute_of_one_payment_take_no_more_than_was_paid() -> None:
    life = paying()
    life.spends(SOON, 150)
    life.keep(life.at(SOON).refunded(INVOICE, 600))
    told(life, a_dispute(LOST))

    assert (life.account.book.available, life.account.book.debt) == (0, 150)
    told(life, a_dispute(WON, seen_at=SOON + A_MINUTE))
    assert (life.account.book.available, life.account.book.debt) == (0, 70)


def test_two_disputes_of_one_payment_are_added_up() -> None:
    life = paying()

    told(life, a_dispute(LOST, amount_minor=250), a_dispute(LOST, id="dp_2", amount_minor=250))

    assert life.account.book.available == 100
    assert life.account.suspended_for == ("dispute:dp_1", "dispute:dp_2")


@pytest.mark.parametrize(
    "steps", [(OPEN, WON), (OPEN, LOST), (INQUIRY, OPEN, LOST), (OPEN, LOST, WON), (OPEN, INQUIRY)]
)
def test_the_order_in_which_a_disputes_steps_are_told_does_not_matter(steps: tuple[DisputeStatus, ...]) -> None:
    ends = []
    for order in permutations(seen(*steps)):
        life = paying()
        for dispute in (*order, *order):
            told(life, dispute)
        ends.append(end(life))

    assert ends == [ends[0]] * len(ends)


def test_of_two_states_at_one_moment_the_same_is_believed_in_either_order() -> None:
    ends = []
    for order in permutations([a_dispute(OPEN), a_dispute(WON)]):
        life = paying()
        told(life, *order)
        ends.append(end(life))

    assert ends[0] == ends[1]


def test_a_dispute_may_be_told_before_its_payment() -> None:
    life = Life(a_catalog(NO_FREE))
    told(life, a_dispute())
    told(life, a_dispute(LOST, seen_at=SOON + A_MINUTE))

    life.told(SOON, a_payment())

    assert life.account.payments[0].lost_minor == 1000
    assert life.account.book.available == 0


def test_a_dispute_that_was_over_before_it_was_heard_of_says_nothing_of_a_payment_that_nobody_remembers() -> None:
    life = paying()

    assert told(life, a_dispute(LOST, payment_id="in_long_ago")) == ()
    assert told(life, a_dispute(OPEN, payment_id="in_long_ago")) != ()
    told(life, a_dispute(WON, payment_id="in_long_ago", seen_at=SOON + A_MINUTE))
    assert life.account.suspended_for == ()


def test_a_dispute_that_suspends_already_does_not_suspend_twice() -> None:
    life = paying()
    life.keep(life.at(SOON).suspend("dispute:dp_1"))

    told(life, a_dispute())

    assert life.account.suspended_for == ("dispute:dp_1",)


def test_a_dispute_is_forgotten_half_a_year_after_it_was_over_with_its_payment() -> None:
    life = Life(a_catalog(NO_FREE))
    bought = a_purchase()
    life.keep(life.at(NEW_YEAR).learned(payments=[bought]))
    one = a_dispute(WON, payment_id=bought.id)
    told(life, one, a_dispute(OPEN, id="dp_open", payment_id=bought.id))
    later = SOON + RETENTION

    life.told(later, a_purchase(paid_at=later))

    assert [d.id for d in life.account.disputes] == ["dp_open"]
    assert told(life, evolve(one, status=LOST, seen_at=later), at=later) == ()


def test_a_payment_that_is_closed_to_refunds_is_closed_to_disputes() -> None:
    life = paying()
    closed = day(2026, 2, 1) + RETENTION

    told(life, a_dispute(LOST, seen_at=closed), at=closed)

    assert life.account.payment(INVOICE) is not None
    assert [payment.lost_minor for payment in life.account.payments] == [0]


def test_more_lines_of_a_payment_that_is_closed_to_disputes_lose_nothing_to_them() -> None:
    life = paying()
    closed = day(2026, 2, 1) + RETENTION
    told(life, a_dispute(LOST, seen_at=closed, amount_minor=250), at=closed)

    life.told(closed, a_payment(a_charge(), a_charge("drip", kind=Kind.PACK)))

    (payment,) = life.account.payments
    assert (len(payment.spans), payment.lost_minor) == (2, 0)


# Refunds are dated


def refund(minor: int, minute: int) -> e.PaymentRefunded:
    return e.PaymentRefunded(at=SOON, payment_id=INVOICE, refunded_minor=minor, seen_at=SOON + minute * A_MINUTE)


def test_an_older_refund_does_not_win() -> None:
    """It was refunded, the refund failed, and the news of both are late: whatever comes last, nothing is refunded."""
    steps = [refund(0, 0), refund(500, 1), refund(0, 2)]
    ends = []
    for order in permutations(steps):
        life = paying()
        for one in (*order, *order):
            life.keep(life.at(SOON).learned(refunds=[one]))
        ends.append((life.account.payments, life.account.book.available, life.account.book.debt))

    assert ends == [ends[0]] * 6
    assert ends[0][1:] == (200, 0)


def test_of_two_amounts_at_one_moment_the_greater_is_believed() -> None:
    ends = []
    for order in permutations([refund(0, 1), refund(500, 1)]):
        life = paying()
        life.keep(life.at(SOON).learned(refunds=order))
        ends.append(life.account.book.available)

    assert ends == [100, 100]


def test_the_same_refund_again_is_no_news() -> None:
    life = paying()
    life.keep(life.at(SOON).refunded(INVOICE, 500, seen_at=SOON))

    assert life.at(SOON).refunded(INVOICE, 500, seen_at=SOON) == ()


def test_a_refund_without_a_date_keeps_the_date_that_is_known() -> None:
    life = paying()
    life.keep(life.at(SOON).refunded(INVOICE, 500, seen_at=SOON))
    life.keep(life.at(SOON).refunded(INVOICE, 400))
    life.keep(life.at(SOON).refunded(INVOICE, 0, seen_at=SOON - A_MINUTE))

    (payment,) = life.account.payments
    assert (payment.refunded_minor, payment.refunds_seen_at) == (400, SOON)


def test_more_lines_of_an_invoice_leave_what_went_back_of_it() -> None:
    life = paying()
    told(life, a_dispute(LOST, amount_minor=250))
    life.keep(life.at(SOON).refunded(INVOICE, 250, seen_at=SOON))
    before = life.account.payments

    life.told(SOON, evolve(a_payment(), paid_at=NEW_YEAR))

    assert life.account.payments == before
    assert life.account.book.available == 100


# The customer at the gateway


def test_a_customer_that_is_gone_is_let_go_once() -> None:
    life = paying()
    life.keep(life.at(SOON).customer_known("cus_1"))

    (gone,) = life.keep(life.at(SOON).customer_gone("cus_1"))

    assert gone == e.CustomerUnlinked(at=SOON, customer_id="cus_1")
    assert life.account.customer_id is None
    assert life.at(SOON).customer_gone("cus_1") == ()


def test_that_an_earlier_customer_is_gone_leaves_the_present_one() -> None:
    life = paying()
    life.keep(life.at(SOON).customer_known("cus_2"))

    assert life.at(SOON).customer_gone("cus_1") == ()
