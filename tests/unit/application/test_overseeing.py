"""What operators look at: everything at a glance, accounts, one of them, and its events."""

from datetime import timedelta

import pytest

from billing_core.application.errors import AccountNotFound
from billing_core.application.overseeing import RECENT_DAYS
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.admission import Wish
from billing_core.domain.figures import Figure
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.payments import Payment
from billing_core.ports.commit import Commit
from billing_core.ports.errors import ImageRefused
from billing_core.ports.history import StoredEvent, UnreadableEvent
from billing_core.ports.incidents import Incident
from billing_core.ports.overview import AccountWanted
from billing_core.ports.records import CauseStatus
from billing_core.testing.contracts.directory import a_parked_event
from tests.shops.use_case import A_DAY, Shop, an_event


async def test_an_empty_business_is_shown_as_nothing() -> None:
    glance = await Shop().use.overseeing()()

    assert (glance.accounts, glance.outstanding, glance.debt, glance.left_out) == (0, 0, 0, 0)
    assert (glance.standings, dict(glance.monthly), dict(glance.incidents)) == ((), {}, {})


async def test_what_is_outstanding_is_what_all_accounts_have() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.given(7, "bob")
    await shop.generated(Wish(model="small"))
    await shop.use.holding()("bob", 3, reason="upscale")
    kept = [await shop.kept(), await shop.kept("bob")]

    glance = await shop.use.overseeing()()

    assert glance.outstanding == sum(account.book.available + account.book.held for account in kept)
    assert glance.ever[Figure.SPENT] == sum(account.book.totals.captured for account in kept) == 1
    assert (glance.accounts, dict(glance.monthly)) == (2, {"usd": 1_000})


async def test_what_is_owed_is_what_all_accounts_owe() -> None:
    shop = Shop()
    await shop.subscribed()
    await shop.use.holding()("ann", 200, reason="a lot")
    held = (await shop.kept()).book.holds[0]
    await shop.use.capturing()("ann", held.id)
    (payment,) = (await shop.kept()).payments
    await refunded(shop, payment)

    glance = await shop.use.overseeing()()
    assert glance.debt == (await shop.kept()).book.debt > 0


async def test_what_is_recent_ends_after_thirty_days() -> None:
    shop = Shop()
    await shop.given(100)
    shop.painter.told = [ImageRefused("no", "moderation_blocked")]
    for _ in range(2):
        await shop.generated(Wish(model="small"))
    shop.clock.advance((RECENT_DAYS - 1) * A_DAY)
    recent = await shop.use.overseeing()()

    assert recent.recent[Figure.IMAGES] == recent.recent[Figure.SPENT] == 1
    assert dict(recent.generations) == {GenerationStatus.REFUSED: 1, GenerationStatus.SUCCEEDED: 1}

    shop.clock.advance(A_DAY)
    later = await shop.use.overseeing()()
    assert (later.recent[Figure.SPENT], later.ever[Figure.SPENT], dict(later.generations)) == (0, 1, {})


async def test_what_needs_a_person_is_counted() -> None:
    shop = Shop()
    await shop.receive_event(an_event("invoice.paid", {"object": "invoice", "id": 7}))
    await shop.memory.directory.park(a_parked_event())

    glance = await shop.use.overseeing()()
    assert glance.incidents == {IncidentKind.WEBHOOK_FAILED: 1}
    assert (glance.webhooks[CauseStatus.FAILED], glance.webhooks[CauseStatus.DEAD], glance.parked) == (1, 0, 1)


async def test_who_cannot_be_read_is_told() -> None:
    shop = Shop()
    await shop.given(5)
    del shop.memory.state.events["ann"][0]
    stream = shop.memory.state.events["ann"]
    stream[0] = stream[0]._replace(event=stream[0].event._replace(type="Unheard"))

    assert (await shop.use.overseeing()()).left_out == 1


async def test_accounts_are_listed_page_by_page() -> None:
    shop = Shop()
    for account in ("ann", "bob", "carol"):
        await shop.given(1, account)
    overseeing = shop.use.overseeing()

    first = await overseeing.accounts(AccountWanted(), limit=2)
    last = await overseeing.accounts(AccountWanted(), limit=2, cursor=first.next_cursor)

    assert [each.id for each in first.items] == ["ann", "bob"]
    assert (first.next_cursor, [each.id for each in last.items], last.next_cursor) == ("bob", ["carol"], None)
    found = await overseeing.accounts(AccountWanted(query="AN"), limit=2)
    assert [each.id for each in found.items] == ["ann"]


async def test_an_account_is_shown_as_it_is_now_with_its_open_incidents() -> None:
    shop = Shop()
    await shop.subscribed()
    odd = Incident(key="odd", account_id="ann", kind=IncidentKind.OTHER, detail="?", at=shop.clock.now())
    await shop.memory.incidents.report(odd)
    shop.clock.advance(timedelta(days=40))

    shown = await shop.use.overseeing().account("ann")

    assert shown.incidents == (odd,)
    assert shown.held.now == shop.clock.now()
    assert shown.held.account == (await shop.held()).account


async def test_an_account_that_was_never_seen_is_not_found() -> None:
    overseeing = Shop().use.overseeing()

    with pytest.raises(AccountNotFound):
        await overseeing.account("nobody")
    with pytest.raises(AccountNotFound):
        await overseeing.events("nobody", limit=1)


async def test_the_events_of_an_account_come_newest_first() -> None:
    shop = Shop()
    await shop.subscribed()
    stream = [stored async for stored in shop.memory.history.of("ann")]
    overseeing, seen, cursor = shop.use.overseeing(), list[StoredEvent | UnreadableEvent](), None

    while True:
        page = await overseeing.events("ann", limit=3, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == stream[::-1]


async def test_an_event_that_cannot_be_read_does_not_hide_the_others() -> None:
    shop = Shop()
    await shop.given(5)
    stream = shop.memory.state.events["ann"]
    stream[0] = stream[0]._replace(event=stream[0].event._replace(type="Unheard"))

    *_, first = (await shop.use.overseeing().events("ann", limit=99)).items
    assert isinstance(first, UnreadableEvent)
    assert first.number == 1


async def refunded(shop: Shop, payment: Payment) -> None:
    def refund(account: Account) -> Commit[None]:
        held = at(account, shop.clock.now(), shop.catalog)
        return Commit(None, held.refunded(payment.id, payment.amount_minor))

    await shop.memory.accounts.change("ann", refund)
