"""What a bank's slowness and its suspicions do to the books, over a simulated Stripe."""

from datetime import timedelta

from billing_core.domain.subscription import Status
from tests.use_case_shop import A_DAY, BACK, Shop, a_customer

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
