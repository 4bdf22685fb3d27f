"""Receiving what the gateway sends: any order, any number of times, and nothing is ever lost."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve, frozen

from billing_core.application.changing import ChangeWish
from billing_core.application.receiving import NOBODY, RETRIES, RETRY_AFTER, Received
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.subscription import Status
from billing_core.ports.accounts import AccountRepository, T
from billing_core.ports.commit import Cause, Commit, Decide
from billing_core.ports.directory import Directory, ParkedEvent
from billing_core.ports.errors import BadSignature, Unavailable
from billing_core.ports.notifier import Topic
from billing_core.ports.records import CauseStatus, OwnerClaimed
from billing_core.testing.builders import NEW_YEAR
from tests.shops.use_case import (
    A_DAY,
    A_MINUTE,
    ASKS,
    BACK,
    BASIC,
    DECLINES_LATER,
    PREMIUM,
    PRO,
    Shop,
    a_customer,
    an_event,
    signed,
    the_catalog,
)

OF_A_CHECKOUT = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
)
A_LOT = timedelta(days=7)


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def deaf(shop: Shop, tier: str = "basic") -> str:
    """Somebody has paid, but no webhook came yet: the id of the session."""
    started = await shop.opened(tier)
    await shop.work()
    await shop.stripe.pay(started.session_id, "4242 4242 4242 4242")
    return started.session_id


async def an_invoice(shop: Shop, **more: Any) -> dict[str, Any]:
    """The event of a paid invoice, with something else in place of what the invoice says."""
    event: dict[str, Any] = json.loads((await shop.sent("invoice.paid"))[-1])
    event["data"]["object"] |= more
    return event


@frozen
class Overheard:
    """Accounts of which is noted what ids they claim."""

    inner: AccountRepository
    claimed: list[str]

    async def get(self, account_id: str) -> Account:
        return await self.inner.get(account_id)

    async def change(self, account_id: str, decide: Decide[T], *, cause: Cause[T] | None = None) -> T:
        def noted(account: Account) -> Commit[T]:
            commit = decide(account)
            self.claimed.extend(r.provider_id for r in commit.records if isinstance(r, OwnerClaimed))
            return commit

        return await self.inner.change(account_id, noted, cause=cause)


async def inbox(shop: Shop, status: CauseStatus) -> list[tuple[str, str]]:
    """Whose causes are in that status, by account and key."""
    return [(cause.account_id, cause.key) for cause in await shop.memory.inbox.with_status(status)]


def facts(held: AccountAt) -> object:
    """What the order of news must not change: not how often the gateway was asked, nor when."""
    account = held.account
    return (
        [evolve(s.snapshot, seen_at=NEW_YEAR) for s in account.subscriptions if s.snapshot],
        account.payments,
        [(t.key, t.given) for s in account.subscriptions for t in s.tallies],
        [(c.session_id, c.status, c.subscription_id, c.payment_id) for c in account.checkouts],
        (account.book.available, account.book.debt, held.in_force.plan.key, account.currency, account.trialed),
    )


# Once, whatever the order


@pytest.mark.failure("F16")
async def test_the_same_event_twenty_times_at_once_has_one_effect(shop: Shop) -> None:
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")

    received = await asyncio.gather(*(shop.receive(body) for _ in range(20)))

    assert set(received) == {Received(event_id=json.loads(body)["id"], outcome="processed")}
    assert await shop.available() == 210
    assert len((await shop.kept()).payments) == 1


async def test_one_change_under_two_event_ids_has_one_effect(shop: Shop) -> None:
    await deaf(shop)
    event = await an_invoice(shop)

    await shop.receive_event(event)
    await shop.receive_event(event | {"id": "evt_of_another_endpoint"})

    assert await shop.available() == 210


async def test_every_order_of_a_checkouts_events_ends_in_the_same_books() -> None:
    ends, shop = [], Shop()
    for order in permutations(OF_A_CHECKOUT):
        shop = Shop()
        session_id = await deaf(shop)
        (created,) = await shop.sent("customer.subscription.created")
        updated = json.loads(created) | {"id": "evt_updated", "type": "customer.subscription.updated"}
        bodies = {name: bodies[0] for name in OF_A_CHECKOUT if (bodies := await shop.sent(name))}
        bodies["customer.subscription.updated"] = json.dumps(updated).encode()
        for name in order:
            await shop.receive(bodies[name])
            await shop.work()
        ends.append(facts(await shop.held()))
        await shop.proven()
        assert (await shop.use.viewing().checkout("ann", session_id)).status is CheckoutStatus.COMPLETE

    assert ends == [ends[0]] * 120
    assert (await shop.available(), await shop.plan()) == (210, "basic")


async def test_the_jobs_may_come_after_all_the_events(shop: Shop) -> None:
    await deaf(shop)
    for body in reversed(await shop.sent()):
        await shop.receive(body)
    assert len(shop.jobs("refresh")) == 1
    await shop.work()

    assert (await shop.available(), await shop.plan()) == (210, "basic")


async def test_a_subscription_that_was_deleted_stays_so_though_an_update_comes_late(shop: Shop) -> None:
    subscription_id = await shop.subscribed()
    (created,) = await shop.sent("customer.subscription.created")
    await shop.use.canceling()("ann", at_period_end=False)
    await shop.settle()
    shop.clock.advance(A_DAY)

    await shop.receive_event(json.loads(created) | {"id": "evt_late", "type": "customer.subscription.updated"})
    await shop.settle()

    sub = (await shop.kept()).subscription(subscription_id)
    assert sub is not None
    assert (sub.status, await shop.plan()) == (Status.CANCELED, "free")


async def test_ignored_types_are_kept(shop: Shop) -> None:
    received = await shop.receive_event(an_event("customer.tax_id.created", {"object": "tax_id"}))

    assert received.outcome == "processed"
    kept = await shop.memory.inbox.get(NOBODY, "webhook:evt_by_hand")
    assert kept is not None
    assert (kept.status, kept.kind) == (CauseStatus.PROCESSED, "customer.tax_id.created")
    assert json.loads(kept.body)["type"] == "customer.tax_id.created"


# Whose it is


async def test_what_nobody_owns_is_parked_and_taken_in_once_it_has_an_owner(shop: Shop) -> None:
    await deaf(shop)
    bodies = await shop.sent()
    elsewhere = Shop()  # the same ids, since both count, and books that know nothing

    received = [await elsewhere.receive(body) for body in bodies]
    assert {"parked", "processed"} == {answer.outcome for answer in received}
    assert (await elsewhere.available(), await elsewhere.incidents()) == (10, [])

    elsewhere.use.gateway.override(shop.gateway)
    customer_id = await shop.gateway.ensure_customer("ann", email="ann@app.example", name="Ann")
    await elsewhere.use.checking_out()._link(a_customer())
    await elsewhere.work()

    assert await elsewhere.memory.directory.owner_of(customer_id) == "ann"
    assert await elsewhere.memory.directory.parked_for(customer_id) == ()
    assert (await elsewhere.available(), await elsewhere.plan()) == (210, "basic")


@frozen
class Hasty:
    """A directory in which the id is claimed after it was found to have no owner, and before the event is parked."""

    inner: Directory
    shop: Shop

    async def owner_of(self, provider_id: str) -> str | None:
        return await self.inner.owner_of(provider_id)

    async def park(self, event: ParkedEvent) -> None:
        claim = OwnerClaimed(event.provider_id)
        await self.shop.accounts.change("ann", lambda _: Commit(None, (), (claim,)))
        await self.inner.park(event)

    async def parked_for(self, provider_id: str) -> tuple[ParkedEvent, ...]:
        return await self.inner.parked_for(provider_id)

    async def unpark(self, event_id: str) -> None:
        await self.inner.unpark(event_id)


async def test_what_is_claimed_while_it_is_being_parked_is_not_left_behind(shop: Shop) -> None:
    await deaf(shop)
    event = await an_invoice(shop, customer="cus_new")
    hasty = evolve(shop.use.receiving(), directory=Hasty(shop.memory.directory, shop))
    body = json.dumps(event).encode()

    await hasty(body, signed(body, shop.clock.now()))

    assert shop.memory.state.parked == {}
    assert await shop.available() == 210


async def test_a_customer_that_a_checkout_of_ours_makes_known_gets_what_was_parked(shop: Shop) -> None:
    await deaf(shop)
    invoice = await an_invoice(shop, customer="cus_merged")
    await shop.receive_event(invoice)
    assert len(shop.memory.state.parked) == 1
    completed = json.loads((await shop.sent("checkout.session.completed"))[0])
    completed["data"]["object"]["customer"] = "cus_merged"

    await shop.receive_event(completed)
    await shop.work()

    assert shop.memory.state.parked == {}
    assert await shop.available() == 210


@pytest.mark.failure("F20")
async def test_metadata_never_moves_an_owner(shop: Shop) -> None:
    await deaf(shop)
    completed = json.loads((await shop.sent("checkout.session.completed"))[0])
    completed["data"]["object"] |= {"client_reference_id": "eve"}
    completed["data"]["object"]["metadata"] |= {"billing_core_account": "eve"}

    await shop.receive_event(completed)
    await shop.settle()

    assert (await shop.kept("eve")).version == 0
    assert await shop.available() == 210


async def test_metadata_does_not_make_an_owner_of_what_nobody_owns(shop: Shop) -> None:
    session = {
        "id": "cs_foreign",
        "object": "checkout.session",
        "mode": "payment",
        "payment_status": "paid",
        "customer": "cus_foreign",
        "client_reference_id": "eve",
        "payment_intent": "pi_foreign",
        "amount_total": 500,
        "currency": "usd",
        "metadata": {"billing_core_account": "eve", "billing_core_kind": "pack", "billing_core_item": "boost"},
    }

    received = await shop.receive_event(an_event("checkout.session.completed", session))

    assert received.outcome == "parked"
    assert (await shop.kept("eve")).version == 0


async def test_an_id_that_two_accounts_claim_stays_with_the_first_and_a_person_is_told(shop: Shop) -> None:
    await shop.subscribed()
    await shop.opened(account="bob")
    bobs = json.loads((await shop.sent("checkout.session.completed"))[0])
    bobs["id"] = "evt_mixed_up"
    bobs["data"]["object"] |= {"id": "cs_bobs", "customer": (await shop.kept("bob")).customer_id}

    await shop.receive_event(bobs)

    assert await shop.incidents() == ["owner_conflict"]
    subscription_id = bobs["data"]["object"]["subscription"]
    assert await shop.memory.directory.owner_of(subscription_id) == "ann"


async def test_what_an_account_owns_is_not_claimed_by_each_event_of_it(shop: Shop) -> None:
    await shop.subscribed()
    claimed: list[str] = []
    shop.accounts.inner = Overheard(shop.accounts.inner, claimed)
    (completed,) = await shop.sent("checkout.session.completed")
    (created,) = await shop.sent("customer.subscription.created")

    await shop.receive_event(json.loads(created) | {"id": "evt_again"})
    await shop.receive_event(json.loads(completed) | {"id": "evt_completed_again"})

    assert [] == claimed


# What fails is kept


async def test_an_unknown_price_is_kept_shown_and_tried_again(shop: Shop) -> None:
    await deaf(shop)
    event = await an_invoice(shop)
    line = event["data"]["object"]["lines"]["data"][0]
    line["pricing"]["price_details"]["price"] = "price_foreign"

    received = await shop.receive_event(event)

    assert received.outcome == "failed"
    stored = await shop.memory.inbox.get("ann", f"webhook:{event['id']}")
    assert stored is not None
    assert (stored.status, stored.attempts) == (CauseStatus.FAILED, 1)
    assert json.loads(stored.body) == event
    assert "UnknownPrice" in str(stored.error)
    incident = await shop.incident()
    assert (incident.kind.value, incident.account_id) == ("unknown_price", "ann")
    assert "price_foreign" in incident.detail
    (again,) = shop.jobs("retry-webhook")
    assert again.not_before == NEW_YEAR + RETRY_AFTER
    assert await shop.available() == 10


async def test_an_invoice_with_a_price_that_is_news_is_asked_for_at_once(shop: Shop) -> None:
    """The price was made a moment ago, by another process: who fetches the invoice reads the prices anew."""
    await deaf(shop)
    event = await an_invoice(shop)
    line = event["data"]["object"]["lines"]["data"][0]
    line["pricing"]["price_details"]["price"] = "price_made_since"

    await shop.receive_event(event)
    await shop.work()

    assert await shop.available() == 210


async def test_it_is_processed_once_the_catalog_is_mended_and_grants_exactly_once(shop: Shop) -> None:
    catalog = shop.catalog
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")
    without = evolve(BASIC, prices=BASIC.prices[1:])
    shop.wire(the_catalog(without, PRO, PREMIUM))
    assert (await shop.receive(body)).outcome == "failed"
    shop.clock.advance(A_MINUTE)
    await shop.work()
    assert await shop.available() == 10

    shop.wire(catalog)
    shop.clock.advance(2 * A_MINUTE)
    await shop.work()

    assert await shop.available() == 210
    assert await inbox(shop, CauseStatus.FAILED) == []
    shop.clock.advance(A_LOT)
    await shop.work()
    assert (await shop.receive(body)).outcome == "processed"
    assert await shop.available() == 210
    await shop.proven()


async def test_it_is_tried_ever_later_and_not_for_ever(shop: Shop) -> None:
    await shop.opened()
    await shop.work()
    customer = (await shop.kept()).customer_id
    broken = an_event("invoice.paid", {"object": "invoice", "customer": customer})
    await shop.receive_event(broken)

    waits = []
    while shop.jobs("retry-webhook"):
        (again,) = shop.jobs("retry-webhook")
        assert again.not_before is not None
        waits.append(again.not_before - shop.clock.now())
        shop.clock.set(again.not_before)
        await shop.work()

    assert waits == [RETRY_AFTER * 2**n for n in range(RETRIES)]
    stored = await shop.memory.inbox.get("ann", "webhook:evt_by_hand")
    assert stored is not None
    assert (stored.status, stored.attempts) == (CauseStatus.DEAD, RETRIES + 1)
    assert await shop.incidents() == ["webhook_dead", "webhook_failed"]


async def test_what_was_processed_meanwhile_is_not_tried_again(shop: Shop) -> None:
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")
    catalog = shop.catalog
    shop.wire(the_catalog(evolve(BASIC, prices=BASIC.prices[1:]), PRO, PREMIUM))
    await shop.receive(body)
    shop.wire(catalog)
    assert (await shop.receive(body)).outcome == "processed"

    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert (await shop.available(), shop.jobs("retry"), shop.failures) == (210, [], [])


async def test_a_retry_of_what_was_never_kept_does_nothing(shop: Shop) -> None:
    await shop.use.receiving().retry({"account_id": "ann", "key": "webhook:evt_unknown"})

    assert (await shop.kept()).version == 0


@pytest.mark.failure("F18")
async def test_money_of_the_other_mode_is_kept_and_booked_nowhere(shop: Shop) -> None:
    await deaf(shop)
    event = await an_invoice(shop) | {"livemode": True}

    received = await shop.receive_event(event)

    assert received.outcome == "failed"
    assert await inbox(shop, CauseStatus.FAILED) == [(NOBODY, f"webhook:{event['id']}")]
    assert await shop.incidents() == ["webhook_failed"]
    assert await shop.available() == 10


@pytest.mark.parametrize(
    "event",
    [
        an_event("invoice.paid", {"object": "invoice", "customer": "cus_00000001"}),
        an_event("invoice.paid", {"object": "charge", "customer": "cus_00000001"}),
        an_event("invoice.paid", {"object": "invoice", "customer": "cus_00000001"}, api_version="2031-01-01.future"),
    ],
    ids=["a field is missing", "another object", "a version to come"],
)
async def test_an_unknown_shape_is_kept_and_shown(shop: Shop, event: Mapping[str, Any]) -> None:
    await shop.opened()
    await shop.work()

    received = await shop.receive_event(dict(event))

    assert received.outcome == "failed"
    assert await shop.incidents() == ["webhook_failed"]
    assert len(shop.jobs("retry-webhook")) == 1


async def test_once_a_shape_is_understood_it_is_processed_and_no_longer_shown_as_failed(
    shop: Shop,
) -> None:
    """It was kept under nobody's name, since its customer could not be read either."""
    await deaf(shop)
    event = await an_invoice(shop)
    body = json.dumps(event | {"api_version": "2031-01-01.future"} | {"data": {"object": {}}}).encode()
    await shop.receive(body)
    assert await inbox(shop, CauseStatus.FAILED) == [(NOBODY, f"webhook:{event['id']}")]
    kept = shop.memory.state.causes[NOBODY, f"webhook:{event['id']}"]
    shop.memory.state.causes[NOBODY, kept.key] = evolve(kept, body=json.dumps(event).encode())

    shop.clock.advance(A_MINUTE)
    await shop.work()

    assert await shop.available() == 210
    assert await inbox(shop, CauseStatus.FAILED) == []


async def test_whatever_the_rules_raise_is_kept(shop: Shop) -> None:
    started = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.stripe.pay(started.session_id, "4242 4242 4242 4242")
    completed = json.loads((await shop.sent("checkout.session.completed"))[0])
    completed["data"]["object"]["metadata"] |= {"billing_core_item": "mountain"}

    received = await shop.receive_event(completed)

    assert received.outcome == "failed"
    assert "UnknownPack" in (await shop.incident()).detail
    assert len(shop.jobs("retry-webhook")) == 1


async def test_a_poisonous_event_holds_up_nobody(shop: Shop) -> None:
    await shop.opened(account="bob")
    customer = (await shop.kept("bob")).customer_id
    await shop.receive_event(an_event("invoice.paid", {"object": "invoice", "customer": customer}))

    await shop.subscribed()

    assert await shop.plan() == "basic"


async def test_money_for_nothing_that_is_known_is_shown(shop: Shop) -> None:
    started = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.stripe.pay(started.session_id, "4242 4242 4242 4242")
    completed = json.loads((await shop.sent("checkout.session.completed"))[0])
    completed["data"]["object"]["metadata"] = {}

    await shop.receive_event(completed)

    assert await shop.incidents() == ["unexplained_payment"]


# What is not even kept


@pytest.mark.failure("F17")
@pytest.mark.parametrize(
    ("secret", "late_by"),
    [("whsec_of_somebody_else", timedelta(0)), (None, timedelta(minutes=6)), (None, -timedelta(minutes=6))],
)
async def test_a_bad_signature_is_refused_and_nothing_is_kept(
    shop: Shop, secret: str | None, late_by: timedelta
) -> None:
    body = json.dumps(an_event("customer.updated", {})).encode()
    at: datetime = shop.clock.now() - late_by
    signature = signed(body, at, secret) if secret else signed(body, at)

    with pytest.raises(BadSignature):
        await shop.use.receiving()(body, signature)
    assert shop.memory.state.causes == {}


async def test_where_nothing_can_be_stored_nothing_is_acknowledged(shop: Shop) -> None:
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")
    shop.accounts.is_down = True

    with pytest.raises(Unavailable):
        await shop.receive(body)
    with pytest.raises(Unavailable):
        await shop.receive_event(an_event("customer.tax_id.created", {"object": "tax_id"}))
    with pytest.raises(Unavailable):
        await shop.receive_event(an_event("invoice.paid", {"object": "invoice"}))

    assert await shop.memory.inbox.get("ann", f"webhook:{json.loads(body)['id']}") is None
    shop.accounts.is_down = False
    assert (await shop.receive(body)).outcome == "processed"
    assert await shop.available() == 210


async def test_a_store_that_was_down_for_a_moment_does_not_make_the_event_a_failed_one(shop: Shop) -> None:
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")
    shop.accounts.unavailable_at = shop.accounts.changes + 1

    with pytest.raises(Unavailable):
        await shop.receive(body)

    assert await inbox(shop, CauseStatus.FAILED) == []
    assert await shop.incidents() == []


# What else is told


async def test_a_failed_renewal_is_told_to_the_customer(shop: Shop) -> None:
    await shop.subscribed(card=DECLINES_LATER)

    await shop.later(31 * A_DAY)

    notice = shop.notifier.sent[0]
    assert (notice.topic, notice.to) == (Topic.PAYMENT_FAILED, "ann@app.example")
    assert (await shop.use.viewing().subscription("ann")).status == "past_due"


async def test_a_payment_that_needs_its_owner_is_told_with_its_link(shop: Shop) -> None:
    started = await shop.opened()
    await shop.stripe.pay(started.session_id, ASKS)
    await shop.stripe.authenticate(started.session_id, ok=True)
    await shop.settle()

    await shop.changed(ChangeWish(tier="pro"))

    (notice,) = shop.notifier.sent
    assert notice.topic is Topic.PAYMENT_FAILED
    assert str(notice.facts["url"]).startswith("https://shop.example/dev/invoices/")


async def test_the_end_of_a_trial_is_told_before_it_comes(shop: Shop) -> None:
    await shop.subscribed("tryout")

    await shop.later(5 * A_DAY)

    (notice,) = shop.notifier.sent
    assert (notice.topic, notice.facts) == (Topic.TRIAL_ENDING, {"ends_at": "2026-01-08T00:00:00+00:00"})


async def test_a_checkout_that_ran_out_is_over_in_the_books(shop: Shop) -> None:
    started = await shop.opened()

    await shop.later(A_DAY)

    (checkout,) = (await shop.kept()).checkouts
    assert (checkout.session_id, checkout.status) == (started.session_id, CheckoutStatus.EXPIRED)


async def test_money_that_came_to_light_after_its_time_was_closed_is_shown(shop: Shop) -> None:
    await deaf(shop)
    (body,) = await shop.sent("invoice.paid")
    shop.clock.advance(timedelta(days=31 + 181))

    await shop.receive(body)

    assert "payment_too_old" in await shop.incidents()


async def test_an_invoice_with_more_lines_than_were_told_is_fetched(shop: Shop) -> None:
    await deaf(shop)
    event = await an_invoice(shop)
    event["data"]["object"]["lines"]["has_more"] = True

    await shop.receive_event(event)
    assert await shop.available() == 10
    await shop.work()

    assert await shop.available() == 210
