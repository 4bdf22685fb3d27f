"""Dead letters: what fails to the last is kept, found, and taken in again; and it never holds up anybody else."""

import asyncio
from datetime import timedelta

import pytest

from billing_core.application.receiving import NOBODY, RETRIES
from billing_core.application.replaying import Replayed, Replaying
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.facts import NothingToDo, NotUnderstood
from billing_core.ports.records import CauseStatus
from billing_core.testing.builders import a_catalog, a_plan
from tests.shops.truth import ToldShop, paid

POISON = NotUnderstood(type="invoice.paid", problem="no lines", customer_id="cus_eve")
A_WEEK = timedelta(days=7)


@pytest.fixture
async def shop() -> ToldShop:
    shop = ToldShop()
    await shop.linked()
    return shop


def replaying(shop: ToldShop) -> Replaying:
    return shop.use.replaying()


async def everything(shop: ToldShop) -> list[Replayed]:
    return [replayed async for replayed in replaying(shop).all()]


async def dead(shop: ToldShop) -> None:
    """An invoice with a price that nobody knows has been tried to the last."""
    await shop.comes(paid("gold-month", subscription_id=None), "evt_gold")
    while waiting := [job.not_before for job in shop.jobs("retry-webhook") if job.not_before]:
        shop.clock.set(max(shop.clock.now(), *waiting))
        await shop.work()


async def test_what_fails_to_the_last_is_dead_and_a_person_is_told(shop: ToldShop) -> None:
    await dead(shop)

    (letter,) = await shop.memory.inbox.with_status(CauseStatus.DEAD)
    assert (letter.key, letter.account_id, letter.attempts) == ("webhook:evt_gold", "ann", RETRIES + 1)
    assert await shop.memory.inbox.with_status(CauseStatus.FAILED) == ()
    assert await shop.incidents() == ["unknown_price", "webhook_dead"]
    await shop.later(A_WEEK)
    assert shop.jobs("retry-webhook") == []


async def test_a_dead_one_is_taken_in_again_once_what_was_wrong_is_mended(shop: ToldShop) -> None:
    await dead(shop)
    shop.wire(a_catalog(a_plan("gold", rank=7, allotment=300)))

    assert await replaying(shop).event("evt_gold") == (
        Replayed(event_id="evt_gold", account_id="ann", outcome="processed"),
    )

    payments = (await shop.held()).account.payments
    assert [payment.id for payment in payments] == ["in_1"]
    assert await replaying(shop).undone() == 0


async def test_a_dead_one_that_fails_again_stays_dead(shop: ToldShop) -> None:
    await dead(shop)

    assert [replayed.outcome for replayed in await everything(shop)] == ["failed"]

    (letter,) = await shop.memory.inbox.with_status(CauseStatus.DEAD)
    assert (letter.attempts, shop.jobs("retry-webhook")) == (RETRIES + 2, [])


async def test_a_processed_one_is_left_as_it_is(shop: ToldShop) -> None:
    await shop.comes(paid(subscription_id=None), "evt_paid")
    before = shop.memory.state.accounts["ann"]

    assert [replayed.outcome for replayed in await replaying(shop).event("evt_paid")] == ["unchanged"]
    assert shop.memory.state.accounts["ann"] == before
    assert await everything(shop) == []


async def test_one_that_was_never_kept_is_not_found(shop: ToldShop) -> None:
    assert await replaying(shop).find("evt_unknown") == ()
    assert await replaying(shop).event("evt_unknown") == ()


async def test_everything_that_failed_is_taken_in_once_though_there_are_many(shop: ToldShop) -> None:
    for n in range(250):
        await shop.comes(paid("gold-month", subscription_id=None), f"evt_{n:03}")
    assert await replaying(shop).undone() == 250

    again = await everything(shop)

    assert sorted(replayed.event_id for replayed in again) == [f"evt_{n:03}" for n in range(250)]
    assert {cause.attempts for cause in await replaying(shop).newest(CauseStatus.FAILED, limit=1000)} == {2}


async def test_what_fails_to_the_last_while_all_is_taken_in_is_taken_in_once(shop: ToldShop) -> None:
    await shop.comes(paid("gold-month", subscription_id=None), "evt_gold")
    for _ in range(RETRIES - 1):
        await replaying(shop).event("evt_gold")

    assert [replayed.outcome for replayed in await everything(shop)] == ["failed"]
    assert [replayed.outcome for replayed in await everything(shop)] == ["failed"]
    assert await shop.memory.inbox.count(CauseStatus.DEAD) == 1


async def test_one_that_was_kept_for_nobody_is_taken_in_for_its_owner(shop: ToldShop) -> None:
    await shop.comes(NotUnderstood(type="invoice.paid", problem="a version to come"), "evt_1")
    shop.told.body("evt_1", paid(subscription_id=None))  # it is understood by now

    (replayed,) = await replaying(shop).event("evt_1")

    assert (replayed.account_id, replayed.outcome) == (NOBODY, "processed")
    assert [(c.account_id, c.status) for c in await replaying(shop).find("evt_1")] == [
        (NOBODY, CauseStatus.PROCESSED),
        ("ann", CauseStatus.PROCESSED),
    ]


async def test_only_webhooks_are_listed(shop: ToldShop) -> None:
    request = Cause(key="http:spend:1", fingerprint="f", answer_type=int)
    await shop.memory.accounts.change("ann", lambda _: Commit(5), cause=request)
    await shop.comes(NothingToDo("customer.updated"), "evt_1")

    (listed,) = await replaying(shop).newest(CauseStatus.PROCESSED, limit=10)
    assert listed.key == "webhook:evt_1"


async def test_a_poisonous_event_holds_up_no_other_account(shop: ToldShop) -> None:
    """It comes in the same group as the others, again and again."""
    await shop.owns("cus_eve", account="eve")
    names = [f"bob-{n}" for n in range(20)]
    for name in names:
        await shop.linked(name, f"cus_{name}")

    async def pays(name: str) -> str:
        invoice = paid(invoice_id=f"in_{name}", customer_id=f"cus_{name}", subscription_id=None)
        return (await shop.comes(invoice, f"evt_{name}")).outcome

    async def poisons(n: int) -> str:
        return (await shop.comes(POISON, f"evt_poison_{n}")).outcome

    outcomes = await asyncio.gather(*(task for n, name in enumerate(names) for task in (poisons(n), pays(name))))
    await shop.work()

    assert outcomes == ["failed", "processed"] * 20
    assert [len((await shop.held(name)).account.payments) for name in names] == [1] * 20
    assert await shop.memory.inbox.count(CauseStatus.FAILED) == 20
