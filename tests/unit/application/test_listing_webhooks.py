"""Webhooks that were kept are listed by how far they got, and taken in again."""

import json
from typing import Any

import pytest
from attrs import evolve

from billing_core.application.errors import WebhookNotFound
from billing_core.application.listing_webhooks import WebhookPage
from billing_core.ports.records import CauseStatus, OwnerClaimed
from billing_core.testing.contracts.books import recording
from billing_core.testing.contracts.directory import a_parked_event
from tests.shops.use_case import A_MINUTE, Shop, an_event


def odd(n: int) -> dict[str, Any]:
    return an_event("invoice.paid", {"object": "invoice", "id": n}, id=f"evt_{n}")


async def failed(shop: Shop, n: int) -> None:
    for number in range(n):
        await shop.receive_event(odd(number))
        shop.clock.advance(A_MINUTE)


def ids(page: WebhookPage) -> list[str]:
    return [each.event_id for each in page.items]


async def test_what_is_not_done_is_listed_newest_first_page_by_page() -> None:
    shop = Shop()
    await failed(shop, 5)
    kept = shop.memory.state.causes
    key = ("@nobody", "webhook:evt_2")
    kept[key] = evolve(kept[key], status=CauseStatus.DEAD)
    listing, seen, cursor = shop.use.listing_webhooks(), list[str](), None

    while True:
        page = await listing(limit=2, cursor=cursor)
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == ["evt_4", "evt_3", "evt_2", "evt_1", "evt_0"]
    assert ids(await listing(CauseStatus.DEAD, limit=9)) == ["evt_2"]
    assert ids(await listing(CauseStatus.PROCESSED, limit=9)) == []
    assert ids(await listing(limit=1, cursor="evt_9@ann")) == ["evt_4"]
    first = (await listing(limit=1)).items[0]
    assert (first.status, first.account_id, first.attempts, first.type) == ("failed", "@nobody", 1, "invoice.paid")


async def test_what_is_parked_tells_what_it_waits_for() -> None:
    shop = Shop()
    for n in range(3):
        await shop.memory.directory.park(a_parked_event(f"evt_{n}", minute=n))
    listing = shop.use.listing_webhooks()

    first = await listing.parked(limit=2)
    last = await listing.parked(limit=2, cursor=first.next_cursor)
    assert (ids(first), ids(last), last.next_cursor) == (["evt_2", "evt_1"], ["evt_0"], None)
    (told,) = last.items
    assert (told.status, told.account_id, told.waits_for) == ("parked", None, "sub_1")


async def test_a_webhook_that_failed_is_taken_in_again() -> None:
    shop = Shop()
    await shop.subscribed()
    (body, *_) = await shop.sent("invoice.paid")
    event_id = json.loads(body)["id"]
    key = ("ann", f"webhook:{event_id}")
    kept = shop.memory.state.causes[key]
    shop.memory.state.causes[key] = evolve(kept, status=CauseStatus.FAILED)

    await shop.serving()
    (done,) = await shop.use.listing_webhooks().retry(event_id)
    assert (done.event_id, done.account_id, done.outcome) == (event_id, "ann", "processed")
    (again,) = await shop.use.listing_webhooks().retry(event_id)
    assert again.outcome == "unchanged"


async def test_a_webhook_that_was_never_kept_is_not_found() -> None:
    shop = Shop()
    await shop.serving()

    with pytest.raises(WebhookNotFound):
        await shop.use.listing_webhooks().retry("evt_9")


async def test_a_parked_webhook_stays_parked_until_somebody_owns_what_it_is_about() -> None:
    shop, elsewhere = Shop(), Shop()
    await elsewhere.subscribed()
    body = next(b for b in await elsewhere.sent("customer.subscription.created"))
    event = json.loads(body)
    await shop.receive(body)
    listing = shop.use.listing_webhooks()

    (still,) = await listing.retry(event["id"])
    assert still.outcome == "parked"

    (parked,) = (await listing.parked(limit=9)).items
    await shop.memory.accounts.change("ann", recording(OwnerClaimed(str(parked.waits_for))))
    (done,) = await listing.retry(event["id"])
    assert (done.account_id, done.outcome) == ("ann", "processed")
    assert (await listing.parked(limit=9)).items == ()
