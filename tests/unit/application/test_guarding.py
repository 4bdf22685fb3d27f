"""The hourly look tells a person what does not hold, once, and keeps the counts of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen

from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.application import guarding as module
from billing_core.application.auditing import Audited
from billing_core.application.guarding import KINDS, Round, last_round
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.domain.invariants import Invariant
from billing_core.ports.incidents import Resolved
from tests.shops.broken_books import given_less, guarded, kept_as, short_of_credits
from tests.shops.use_case import A_DAY, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def dismissed(shop: Shop) -> None:
    (incident,) = await shop.memory.incidents.open()
    done = Resolved(at=shop.clock.now(), by="olga", resolution=Resolution.DISMISS, note="we know")
    assert await shop.memory.incidents.resolve(incident, done)


async def test_sound_accounts_are_counted_and_nobody_is_told(shop: Shop) -> None:
    await shop.subscribed()
    await shop.given(5, "bob")
    assert await last_round(shop.memory.bookmarks) is None

    await guarded(shop, asks=True)

    now = shop.clock.now()
    assert await last_round(shop.memory.bookmarks) == Round(began_at=now, ended_at=now, after="bob", accounts=2)
    assert await shop.incidents() == []


async def test_open_holds_are_counted(shop: Shop) -> None:
    await shop.given(5, "bob")
    await shop.use.holding()("bob", 2, reason="upscale")
    await guarded(shop)

    last = await last_round(shop.memory.bookmarks)
    assert last is not None
    assert (1, 1) == (last.accounts, last.holds)


async def test_a_look_that_an_earlier_version_wrote_is_read(shop: Shop) -> None:
    await shop.memory.bookmarks.set("guarded", '["2026-01-01T00:00:00+00:00", null, "bob", 2, {"stream": 1}]')

    last = await last_round(shop.memory.bookmarks)
    assert last == Round(began_at=datetime(2026, 1, 1, tzinfo=UTC), after="bob", accounts=2, found={"stream": 1})


async def test_what_does_not_hold_is_one_incident_however_often_it_is_met(shop: Shop) -> None:
    await short_of_credits(shop)
    shop.clock.advance(timedelta(hours=1))
    await guarded(shop)

    (incident,) = await shop.memory.incidents.open()
    assert (incident.kind, incident.account_id, incident.times) == (IncidentKind.PAID_WITHOUT_GRANT, "ann", 2)
    assert incident.detail.endswith("was given 150 credits, and is entitled to 200")
    last = await last_round(shop.memory.bookmarks)
    assert last is not None
    assert (last.accounts, last.found) == (1, {"paid_without_grant": 1})


async def test_what_a_person_dismissed_is_not_told_again_until_it_changes(shop: Shop) -> None:
    await short_of_credits(shop)
    await dismissed(shop)
    shop.clock.advance(timedelta(hours=1))
    await guarded(shop)
    assert await shop.incidents() == []

    kept_as(shop, given_less(await shop.kept(), 10))
    shop.clock.advance(timedelta(hours=1))
    await guarded(shop)
    assert await shop.incidents() == ["paid_without_grant"]


async def test_what_is_due_is_written_before_anything_is_found(shop: Shop) -> None:
    await shop.use.holding()("ann", 4, reason="an essay")
    shop.clock.advance(A_DAY)
    await guarded(shop)

    assert await shop.incidents() == []
    assert (await shop.kept()).book.holds == ()


async def test_an_account_that_does_not_come_to_now_is_told_and_the_others_are_looked_at(shop: Shop) -> None:
    await shop.given(5, "bob")
    await short_of_credits(shop)
    account = await shop.kept()
    (sub,) = account.subscriptions
    of_no_catalog = evolve(account, subscriptions=(evolve(sub, version=99),))
    await shop.use.holding()("bob", 4, reason="an essay")
    rows = shop.memory.state.accounts
    rows["ann"] = rows["ann"]._replace(snapshot=ACCOUNTS.encode(of_no_catalog))
    rows["bob"] = rows["bob"]._replace(columns=evolve(rows["bob"].columns, next_due_at=None))
    shop.clock.advance(timedelta(hours=3))
    await guarded(shop)

    found = {(one.account_id, one.kind) for one in await shop.memory.incidents.open()}
    assert ("ann", IncidentKind.ACCRUAL_FAILED) in found
    assert ("bob", IncidentKind.HOLD_PAST_DEADLINE) in found
    audited = [result async for result in shop.use.auditing().all()]
    assert [type(result) for result in audited] == [Audited] * 2


async def test_a_row_that_cannot_be_read_is_left_to_the_audit(shop: Shop) -> None:
    await shop.given(5)
    rows = shop.memory.state.accounts
    rows["ann"] = rows["ann"]._replace(snapshot=Encoded(99, b"{}"))
    await guarded(shop)

    last = await last_round(shop.memory.bookmarks)
    assert last is not None
    assert (last.accounts, last.found) == (1, {})


@frozen
class Ticking:
    """A clock on which every look takes a while."""

    moments: Iterator[datetime]

    def now(self) -> datetime:
        return next(self.moments)


async def test_a_look_that_takes_too_long_goes_on_in_the_next_hour(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    await short_of_credits(shop)
    await shop.memory.bookmarks.set(module.LAST, "")
    for account_id in ("bob", "cyd", "dan", "eve"):
        await shop.given(5, account_id)
    start = shop.clock.now()
    ticking = Ticking(start + n * timedelta(minutes=4) for n in range(100))
    guarding = evolve(shop.use.guarding(), clock=ticking)

    ended = []
    for _ in range(4):
        await guarding.run({})
        ended.append(await last_round(shop.memory.bookmarks))
    last = ended.pop()
    assert ended == [None, None, None]
    assert last is not None
    assert (last.accounts, last.found, last.began_at) == (5, {"paid_without_grant": 1}, start)
    assert last.ended_at is not None

    await guarding.run({})
    assert await last_round(shop.memory.bookmarks) == last  # a new one is under way


def test_what_is_shown_is_as_severe_as_what_is_found() -> None:
    of_stream = {Invariant.STREAM, Invariant.CONSERVATION, Invariant.COLUMNS}
    assert set(KINDS) == set(Invariant) - {Invariant.CONSERVATION, Invariant.COLUMNS}
    assert {GUIDES[kind].severity == found.severity for found, kind in KINDS.items()} == {True}
    assert {found.value for found in Invariant} & {kind.value for kind in IncidentKind} == {
        found.value for found in set(KINDS) - of_stream if KINDS[found] is not IncidentKind.DRIFT
    }
