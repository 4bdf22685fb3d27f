"""A trial that its customer ends before its time, from the gateway's news to the credits."""

from billing_core.adapters.simulated.restarting import end_trial
from tests.shops.use_case import A_DAY, Shop


async def test_what_was_spent_in_the_trial_takes_nothing_from_the_first_month() -> None:
    shop = Shop()
    subscription_id = await shop.subscribed("tryout")
    await shop.later(3 * A_DAY)
    held = await shop.use.holding()("ann", 250, reason="a film")
    await shop.use.capturing()("ann", held.id)
    on_trial = await shop.available()

    engine = shop.stripe.at_portal._engine
    engine.change(lambda draft: end_trial(draft, draft.subscription(subscription_id)))
    await shop.settle()

    free = 10
    assert (300 - 250 + free, 300 + free) == (on_trial, await shop.available())
    assert 0 == (await shop.held()).account.book.debt
    assert [] == await shop.incidents()
