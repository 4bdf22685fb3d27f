"""What the pages offer to whom, and the words for what plans give and what became of credits."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.transactions import Transaction
from billing_core.domain import events as e
from billing_core.domain.catalog import UNLIMITED, Interval
from billing_core.domain.credits import Hold, Take
from billing_core.domain.subscription import PendingChange, Status
from billing_core.entrypoints.web.charts import spent_by_day
from billing_core.entrypoints.web.movements import grant_of, lines_of, words
from billing_core.entrypoints.web.offers import Step, plan_cards
from billing_core.entrypoints.web.standing import Standing, standing_of
from billing_core.entrypoints.web.wording import differences, named, sentence, why_declined
from billing_core.testing.builders import NEW_YEAR, Life, a_catalog, a_plan, a_snapshot, a_subscriber, day

FREE, BASIC, PRO = a_plan("free", rank=0, allotment=10), a_plan("basic", rank=1), a_plan("pro", rank=2)
CATALOG = a_catalog(FREE, BASIC, PRO)
LATER = day(2026, 1, 5)


def steps(standing: Standing | None, interval: Interval = Interval.MONTH) -> list[Step]:
    """What the cards of the free plan, the basic and the pro one offer."""
    return [card.step for card in plan_cards(CATALOG.current, interval, "usd", standing)][:3]


def standing(**snapshot: Any) -> Standing:
    """How a subscriber of the basic plan stands, as the gateway tells of it."""
    life = a_subscriber(catalog=CATALOG)
    life.told(LATER, a_snapshot(**{"anchor": NEW_YEAR, "seen_at": LATER, **snapshot}))
    return standing_of(life.at(LATER))


def moved(event: e.Event, amount: int, *, captured: int | None = None) -> Transaction:
    return Transaction(
        id="tx_1",
        at=event.at,
        type="hold",
        amount=amount,
        balance_after=0,
        description="debt",
        reference=None,
        captured=captured,
        event=event,
    )


def captured(amount: int, *, days_ago: int) -> Transaction:
    at = NEW_YEAR - timedelta(days=days_ago)
    return moved(e.HoldCaptured(at=at, hold_id="h", amount=amount, back=(), expired=0), 0, captured=amount)


def test_a_stranger_starts_or_subscribes() -> None:
    assert steps(None) == [Step.START, Step.SUBSCRIBE, Step.SUBSCRIBE]


def test_who_pays_for_nothing_has_the_free_plan() -> None:
    assert steps(standing_of(Life(CATALOG).at(NEW_YEAR))) == [Step.HAVE, Step.SUBSCRIBE, Step.SUBSCRIBE]


def test_a_subscriber_keeps_changes_or_cancels() -> None:
    assert steps(standing()) == [Step.CANCEL, Step.HAVE, Step.CHANGE]
    assert steps(standing(), Interval.YEAR) == [Step.CANCEL, Step.SWITCH_INTERVAL, Step.CHANGE]


def test_who_has_canceled_may_resume() -> None:
    assert steps(standing(cancel_at_period_end=True)) == [Step.NOTHING, Step.RESUME, Step.CHANGE]


def test_a_change_that_is_coming_may_be_dropped() -> None:
    coming = PendingChange("pro-month", day(2026, 2, 1))
    assert steps(standing(pending_change=coming)) == [Step.CANCEL, Step.HAVE, Step.DROP]


@pytest.mark.parametrize("status", [Status.UNPAID, Status.PAUSED])
def test_what_is_open_is_settled_first(status: Status) -> None:
    assert steps(standing(status=status)) == [Step.CANCEL, Step.SETTLE, Step.SETTLE]


def test_a_plan_without_a_price_or_sold_by_people_is_not_bought_here() -> None:
    sold = a_catalog(FREE, evolve(BASIC, prices=()), evolve(PRO, contact="sales@shop.example"))
    cards = plan_cards(sold.current, Interval.MONTH, "usd", None)
    assert [Step.START, Step.NOTHING, Step.ASK] == [card.step for card in cards[:3]]


def test_a_year_is_shown_by_the_month_with_what_it_saves() -> None:
    basic = plan_cards(CATALOG.current, Interval.YEAR, "usd", None)[1]
    assert (str(basic.a_month), basic.months_free) == ("8.33 USD", 2)


def test_no_plan_differs_from_itself() -> None:
    told = differences(BASIC, BASIC)
    assert ((), ()) == (told.gains, told.losses)


def test_what_is_gained_one_way_is_lost_the_other() -> None:
    more = evolve(
        PRO,
        allotment=UNLIMITED,
        models=("small", "large", "flux-dev"),
        priority=3,
        entitlements={"api_access": True, "seats": 5, "support": "phone"},
    )
    less = evolve(BASIC, watermark=True, entitlements={"api_access": False, "seats": 1, "support": "email"})
    up, down = differences(less, more), differences(more, less)

    assert up.losses == down.gains == ()
    assert up.gains == (
        "unlimited credits a month instead of 200",
        "3 pictures at a time instead of 2",
        "3 requests at once instead of 2",
        "5 seats instead of 1",
        "The model Flux Dev",
        "Pictures without a watermark",
        "A faster place in the queue",
        "API access",
        "Support: phone instead of email",
    )
    assert "200 credits a month instead of unlimited" in down.losses
    assert "Your fast place in the queue" in down.losses
    assert "API access" in down.losses


def test_words_are_plain() -> None:
    assert [named("flux-1.1-pro"), named("hd")] == ["Flux 1.1 Pro", "HD"]
    assert [sentence(""), sentence("done"), sentence("Done!")] == ["", "Done.", "Done!"]
    assert why_declined("insufficient_funds") == "there is not enough money on the card"
    assert why_declined("generic_decline") == ""


def test_every_day_has_a_bar_and_the_highest_is_whole() -> None:
    spent = [
        moved(
            e.HoldCaptured(at=NEW_YEAR - timedelta(days=ago), hold_id="h", amount=n, back=(), expired=0), 0, captured=n
        )
        for ago, n in ((0, 4), (0, 1), (3, 10), (40, 99))
    ]
    bars = spent_by_day(spent, NEW_YEAR.date())

    assert len(bars) == 30
    assert (bars[-1].day, bars[-1].amount, bars[-1].height) == (date(2026, 1, 1), 5, 50.0)
    assert (bars[-4].label, bars[-4].amount, bars[-4].height) == ("29 December", 10, 100.0)
    assert sum(bar.amount for bar in bars) == 15
    assert {bar.height for bar in spent_by_day([], NEW_YEAR.date())} == {0.0}


def test_what_moved_nothing_is_left_out_but_for_what_the_plan_covers() -> None:
    covered = Hold(id="gen_1", amount=2, takes=(), placed_at=NEW_YEAR, covered=True, images=2, reason="flux-dev")
    placed = moved(e.HoldPlaced(at=NEW_YEAR, hold=covered), 0)
    paid = moved(e.HoldCaptured(at=NEW_YEAR, hold_id="gen_1", amount=2, back=(), expired=0), 0)
    (line,) = lines_of([paid, placed])

    assert (line.text, line.work) == ("2 pictures with Flux Dev, covered by your plan", "gen_1")


def test_credits_that_come_back_say_why() -> None:
    back = e.HoldCaptured(at=NEW_YEAR, hold_id="h", amount=3, back=(Take("g", 2),), expired=0)
    assert words(back) == "Given back: only 3 were needed"
    assert words(e.HoldReleased(at=NEW_YEAR, hold_id="h", back=(), expired=0)) == "Given back: the work was not done"
    assert words(e.HoldLapsed(at=NEW_YEAR, hold_id="h", back=(), expired=0)) == "Given back: the work took too long"


def test_what_moved_several_grants_is_explained_by_the_balance() -> None:
    one, two = Take("a", 1), Take("b", 1)
    assert grant_of(e.CreditsTaken(at=NEW_YEAR, takes=(one,), reason="a slip")) == "a"
    assert grant_of(e.CreditsTaken(at=NEW_YEAR, takes=(one, two), reason="a slip")) is None
    (line,) = lines_of([moved(e.DebtIncurred(at=NEW_YEAR, tally="t", amount=2), -2)])
    assert (line.text, line.grant, line.work) == ("Debt", None, None)
