"""What the doctor finds by the books: webhooks that stay away or fail, jobs that nobody does, broken invariants."""

from datetime import timedelta

import pytest

from billing_core.application.diagnosing import Finding, Level, error, ok, warning
from billing_core.application.diagnosing_books import (
    DoingJobs,
    HearingOfEvents,
    HoldingWhatMust,
    TakingEventsIn,
    lasted,
)
from billing_core.ports.commit import Commit
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.records import CauseFailed, Job
from billing_core.testing.contracts.books import a_cause
from tests.shops.broken_books import guarded, short_of_credits, unlapsed
from tests.shops.use_case import A_DAY, A_MINUTE, Shop

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def heard(shop: Shop) -> tuple[Finding, ...]:
    return await HearingOfEvents(shop.memory.inbox, shop.memory.overview, shop.clock)()


async def taken_in(shop: Shop) -> tuple[Finding, ...]:
    return await TakingEventsIn(shop.memory.inbox, shop.memory.overview)()


async def done(shop: Shop) -> tuple[Finding, ...]:
    return await DoingJobs(shop.memory.jobs, shop.clock)()


async def held(shop: Shop) -> tuple[Finding, ...]:
    return await HoldingWhatMust(shop.memory.bookmarks, shop.clock)()


async def came(shop: Shop, event_id: str) -> None:
    cause = a_cause(f"webhook:{event_id}")
    await shop.memory.accounts.change("ann", lambda _: Commit(1, ()), cause=cause)


def failing(event_id: str, *, dead: bool = False) -> CauseFailed:
    at = Shop().clock.now()
    return CauseFailed(
        key=f"webhook:{event_id}", fingerprint="f", kind="invoice.paid", body=b"{}", error="e", at=at, dead=dead
    )


# Events


async def test_where_nobody_is_subscribed_no_webhook_need_have_come(shop: Shop) -> None:
    await shop.given(5)

    assert await heard(shop) == (ok("no webhook has come yet, and nobody is subscribed"),)


async def test_subscribers_without_a_webhook_are_odd(shop: Shop) -> None:
    await shop.subscribed()
    shop.memory.state.causes.clear()

    (finding,) = await heard(shop)
    assert (finding.level, finding.text) == (
        Level.WARNING,
        "no webhook was ever taken in, and there are subscribers",
    )
    assert "billing-core reconcile" in finding.mend


async def test_the_last_webhook_is_told_by_its_age(shop: Shop) -> None:
    await came(shop, "evt_1")
    shop.clock.advance(5 * A_MINUTE)

    assert await heard(shop) == (ok("the last webhook came 5 minutes ago"),)


async def test_silence_is_odd_where_webhooks_used_to_come_often(shop: Shop) -> None:
    for n in range(4):
        await came(shop, f"evt_{n}")
        shop.clock.advance(AN_HOUR)
    shop.clock.advance(A_DAY - AN_HOUR)
    assert await heard(shop) == (ok("the last webhook came 1 day ago"),)

    shop.clock.advance(A_MINUTE)
    assert await heard(shop) == (
        warning(
            "no webhook came for 1 day, and before that one every 1 hour",
            "look at the endpoint's deliveries at Stripe, then run `billing-core reconcile`",
        ),
    )


async def test_where_webhooks_come_seldom_a_long_silence_is_none(shop: Shop) -> None:
    for n in range(3):
        await came(shop, f"evt_{n}")
        shop.clock.advance(10 * A_DAY)
    shop.clock.advance(80 * A_DAY)

    assert await heard(shop) == (ok("the last webhook came 90 days ago"),)


# The inbox


async def test_an_inbox_in_order_is_told_as_such(shop: Shop) -> None:
    await came(shop, "evt_1")

    assert await taken_in(shop) == (ok("every webhook that came was taken in"),)


async def test_what_failed_what_is_dead_and_what_is_nobodys_is_told(shop: Shop) -> None:
    records = (failing("evt_1"), failing("evt_2"), failing("evt_3", dead=True))
    await shop.memory.accounts.change("ann", lambda _: Commit(None, (), records))
    parked = ParkedEvent(event_id="e", provider_id="cus_1", kind="k", body=b"{}", received_at=shop.clock.now())
    await shop.memory.directory.park(parked)

    assert [(finding.level, finding.text) for finding in await taken_in(shop)] == [
        (Level.ERROR, "webhooks that failed at every try: 1"),
        (Level.WARNING, "webhooks that failed: 2"),
        (Level.WARNING, "webhooks about things that nobody owns: 1"),
    ]
    assert all(finding.mend for finding in await taken_in(shop))


# The queue


async def test_a_queue_that_gets_on_is_told_in_numbers(shop: Shop) -> None:
    later = Job(task="later", args={}, not_before=shop.clock.now() + A_DAY)
    await shop.memory.accounts.change("ann", lambda _: Commit(None, (), (Job(task="now", args={}), later)))
    shop.clock.advance(30 * A_MINUTE)

    assert await done(shop) == (ok("jobs: 1 due, 0 under way, 1 for later"),)


async def test_jobs_that_nobody_does_and_jobs_that_fail_are_told(shop: Shop) -> None:
    await shop.memory.accounts.change("ann", lambda _: Commit(None, (), (Job(task="a", args={}),)))
    job = await shop.memory.jobs.claim(shop.clock.now(), lease=A_MINUTE)
    assert job is not None
    await shop.memory.jobs.put_back(job, not_before=shop.clock.now(), error="no luck")
    shop.clock.advance(31 * A_MINUTE)

    waits, fails = await done(shop)
    assert (waits.level, waits.text) == (Level.ERROR, "jobs that are due: 1, the first for 31 minutes")
    assert "`billing-core worker` runs" in waits.mend
    assert (fails.level, fails.text) == (Level.WARNING, "jobs that failed and are tried again: 1")


# What must hold


async def test_before_the_first_look_nothing_is_known(shop: Shop) -> None:
    assert await held(shop) == (ok("no look at all accounts has ended yet: a worker takes one every hour"),)


async def test_sound_accounts_are_told_and_a_look_of_long_ago_is_odd(shop: Shop) -> None:
    await shop.given(5)
    await guarded(shop)
    assert await held(shop) == (ok("what must hold did, of 1 accounts"),)

    shop.clock.advance(A_DAY + A_MINUTE)
    (finding,) = await held(shop)
    assert finding.text == "nobody has looked at all accounts for 1 day"


async def test_what_does_not_hold_is_told_by_its_severity(shop: Shop) -> None:
    await short_of_credits(shop)
    mend = "see `billing-core incidents list`, and run `billing-core audit` (high)"
    assert await held(shop) == (error("paid without grant: 1", mend),)

    other = Shop()
    await unlapsed(other)
    (finding,) = await held(other)
    assert (finding.level, finding.text) == (Level.WARNING, "hold past deadline: 1")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=-5), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(time: timedelta, words: str) -> None:
    assert lasted(time) == words
