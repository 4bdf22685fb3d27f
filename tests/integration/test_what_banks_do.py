"""What a bank's slowness and its suspicions do to the books, over a simulated Stripe."""

from datetime import timedelta

import pytest

from billing_core.adapters.simulated import Rendering
from billing_core.adapters.simulated import Settings as Habits
from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.domain.account import Account
from billing_core.domain.subscription import Status
from tests.shops.use_case import A_DAY, BACK, DECLINES_LATER, GOOD, Shop, a_customer

SETTLES, BOUNCES, SUSPECT, STOLEN = "000123456789", "000222222222", "4100000000000019", "4000000000000259"


async def ordered(shop: Shop, account: str) -> None:
    """A pack, paid from a bank account."""
    session = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.paid(session, account)


async def test_a_pack_from_a_bank_account_gives_credits_when_the_money_is_there() -> None:
    shop = Shop()
    before = await shop.available()
    await ordered(shop, SETTLES)
    assert before == await shop.available()

    await shop.later(5 * A_DAY)
    assert before + 100 == await shop.available()
    assert [] == shop.failures
    await shop.proven()


async def test_a_pack_whose_payment_bounces_gives_none() -> None:
    shop = Shop()
    before = await shop.available()
    await ordered(shop, BOUNCES)
    await shop.later(30 * A_DAY)

    assert before == await shop.available()
    assert [] == shop.failures
    await shop.proven()


async def test_a_subscription_from_a_bank_account_gives_credits_when_the_money_is_there() -> None:
    shop = Shop()
    before = await shop.available()
    await shop.subscribed(card=SETTLES)
    assert before == await shop.available()

    await shop.later(4 * A_DAY)
    assert before + 200 == await shop.available()
    assert [] == shop.failures
    await shop.proven()


async def test_a_subscription_whose_first_payment_bounces_gives_none_and_ends() -> None:
    shop = Shop()
    before = await shop.available()
    await shop.subscribed(card=BOUNCES)
    for _ in range(20):
        await shop.later(A_DAY)

    assert before == await shop.available()
    assert [Status.CANCELED] == [sub.status for sub in (await shop.kept()).subscriptions]
    assert "free" == await shop.plan()
    assert [] == shop.failures
    await shop.proven()


async def test_a_suspect_payment_is_an_incident_and_its_credits_are_there() -> None:
    shop = Shop()
    before = await shop.available()
    await shop.subscribed(card=SUSPECT)

    assert "fraud_warning" in await shop.incidents()
    assert before + 200 == await shop.available()
    assert [] == shop.failures


async def test_a_payment_that_is_disputed_at_once_suspends_the_account() -> None:
    shop = Shop()
    await shop.subscribed(card=STOLEN)
    await shop.later(timedelta(hours=1))
    (dispute,) = (await shop.stripe.state()).disputes

    assert [f"dispute:{dispute}"] == list((await shop.kept()).suspended_for)
    assert [] == shop.failures
    await shop.proven()


async def test_a_dispute_that_was_lost_and_won_on_appeal_leaves_the_account_as_it_was() -> None:
    shop = Shop()
    await shop.subscribed()
    full = await shop.available()
    (invoice,) = (await shop.stripe.state()).invoices
    bank = shop.stripe.bank
    dispute = await bank.dispute(invoice)
    await bank.close(dispute.id, DisputeStatus.LOST)
    await shop.later(timedelta(hours=1))
    assert (full - 200, (f"dispute:{dispute.id}",)) == (await shop.available(), (await shop.kept()).suspended_for)

    await bank.appeal(dispute.id)
    await shop.later(timedelta(hours=1))
    assert (f"dispute:{dispute.id}",) == (await shop.kept()).suspended_for
    await bank.respond(dispute.id)
    await bank.close(dispute.id, DisputeStatus.WON)
    await shop.later(timedelta(hours=1))
    assert (full, ()) == (await shop.available(), (await shop.kept()).suspended_for)
    assert [] == shop.failures
    await shop.proven()


async def test_a_pack_that_was_disputed_at_once_gives_nothing_to_spend() -> None:
    shop = Shop()
    session = await shop.use.buying()(a_customer(), "boost", "usd", BACK)
    await shop.paid(session, STOLEN)
    await shop.later(timedelta(hours=1))

    assert 1 == len((await shop.kept()).suspended_for)
    assert [] == shop.failures
    await shop.proven()


async def months(habits: Habits) -> Account:
    """Somebody subscribes, buys a pack from a bank account, and is declined and saved."""
    shop = Shop(habits=habits)
    await shop.subscribed(card=DECLINES_LATER)
    await ordered(shop, SETTLES)
    for day in range(70):
        await shop.later(A_DAY)
        if day == 33:
            (customer,) = (await shop.stripe.state()).customers
            await shop.stripe.replace_card(customer, GOOD)
    assert [] == shop.failures
    assert [] == await shop.incidents()
    await shop.proven()
    return await shop.kept()


@pytest.mark.parametrize(
    "habits",
    [
        Habits(shuffles=True),
        Habits(duplicates=0.4),
        Habits(delays=timedelta(hours=5), shuffles=True),
        Habits(besides=(Rendering(thin=True), Rendering(api_version="2024-06-20")), shuffles=True),
    ],
    ids=["in any order", "some twice", "late and in any order", "at three endpoints"],
)
async def test_however_the_news_come_the_account_ends_the_same(habits: Habits) -> None:
    expected, account = await months(Habits()), await months(habits)

    assert (expected.book.available, expected.usage) == (account.book.available, account.usage)
    assert [sub.status for sub in expected.subscriptions] == [sub.status for sub in account.subscriptions]
    assert [payment.id for payment in expected.payments] == [payment.id for payment in account.payments]
