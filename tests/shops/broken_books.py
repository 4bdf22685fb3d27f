"""How what must hold of an account comes not to, each as an incident that the hourly look makes."""

from datetime import timedelta

from attrs import evolve

from billing_core.adapters.books.encoding import ACCOUNTS
from billing_core.domain.account import Account
from billing_core.domain.incidents import IncidentKind
from tests.shops.oddities import makes, paid_unheard
from tests.shops.use_case import A_DAY, Shop

K = IncidentKind


async def guarded(shop: Shop, *, asks: bool = False) -> None:
    """The hourly look; where it asks, the books get no time to follow before it believes what differs."""
    matching = evolve((await shop.serving()).matching(), rest_s=0) if asks else None
    await evolve(shop.use.guarding(), matching=matching).run({})


def kept_as(shop: Shop, account: Account) -> None:
    """Writes the row by hand."""
    rows = shop.memory.state.accounts
    rows[account.id] = rows[account.id]._replace(
        snapshot=ACCOUNTS.encode(account), columns=shop.described(account), version=account.version
    )


def given_less(account: Account, by: int) -> Account:
    """As if an earlier version had granted so much less into the first slot."""
    (sub,) = account.subscriptions
    tally = evolve(sub.tallies[0], counted=sub.tallies[0].counted - by)
    grants = [
        evolve(grant, amount=grant.amount - by, remaining=grant.remaining - by) if grant.tally == tally.key else grant
        for grant in account.book.grants
    ]
    totals = evolve(account.book.totals, granted=account.book.totals.granted - by)
    book = evolve(account.book, grants=tuple(grants), totals=totals)
    return evolve(account, book=book, subscriptions=(sub.with_tally(tally),))


@makes(K.PAID_WITHOUT_GRANT)
async def short_of_credits(shop: Shop) -> None:
    await shop.subscribed()
    kept_as(shop, given_less(await shop.kept(), 50))
    await guarded(shop)


@makes(K.LIVE_WITHOUT_ACCESS)
async def live_unpaid(shop: Shop) -> None:
    """The subscription was heard of, and its payment was not."""
    await paid_unheard(shop)
    (subscription,) = (await shop.stripe.state()).subscriptions
    await shop.use.refreshing()("ann", subscription)
    shop.clock.advance(timedelta(hours=3))
    await guarded(shop)


@makes(K.HOLD_PAST_DEADLINE)
async def unlapsed(shop: Shop) -> None:
    """Its row does not tell when it is due."""
    await shop.use.holding()("ann", 4, reason="an essay")
    rows = shop.memory.state.accounts
    rows["ann"] = rows["ann"]._replace(columns=evolve(rows["ann"].columns, next_due_at=None))
    shop.clock.advance(timedelta(hours=3))
    await guarded(shop)


@makes(K.HOLD_WITHOUT_END)
async def unmade(shop: Shop) -> None:
    """No worker runs."""
    await shop.accepted()
    shop.clock.advance(A_DAY)
    await guarded(shop)


@makes(K.DRIFT)
async def drifted(shop: Shop) -> None:
    """Canceled at Stripe, and nobody heard of it."""
    subscription = await shop.subscribed()
    await shop.gateway.cancel(subscription, at_period_end=True, prorate=False, idempotency_key="by hand")
    await guarded(shop, asks=True)


async def nothing_is_held(shop: Shop) -> None:
    assert (await shop.kept()).book.holds == ()


async def is_ending(shop: Shop) -> None:
    assert [True] == [sub.snapshot.cancel_at_period_end for sub in (await shop.kept()).subscriptions if sub.snapshot]
