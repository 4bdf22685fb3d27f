"""One trial per card: the first account that begins a trial with a card has it, and others' trials give nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from billing_core.adapters.simulated.cards import read_card
from billing_core.application.claiming_cards import card_id
from billing_core.domain.catalog import Trial
from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.gateway import PaymentGateway
from tests.shops.use_case import A_DAY, DECLINES_LATER, GOOD, TRYOUT, Crash, Shop, the_catalog

FREE_CREDITS, OF_THE_TRIAL = 10, 300


@define
class Asked:
    """The gateway, which counts how often it is asked for a card, and may refuse to tell."""

    gateway: PaymentGateway
    cards: list[str] = field(factory=list)
    refuses: bool = False

    async def card_of(self, subscription_id: str) -> str | None:
        self.cards.append(subscription_id)
        if self.refuses:
            raise GatewayRefused("the key may not read payment methods")
        return await self.gateway.card_of(subscription_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.use.gateway.override(Asked(shop.gateway))
    return shop


def asked(shop: Shop) -> Asked:
    gateway: Any = shop.gateway
    assert isinstance(gateway, Asked)
    return gateway


async def in_trial(shop: Shop, *accounts: str, card: str = GOOD) -> list[int]:
    """What each of them can spend, once all have subscribed one after the other."""
    for account in accounts:
        await shop.subscribed("tryout", account, card=card)
    return [await shop.available(account) for account in accounts]


async def told_at_once(shop: Shop, *accounts: str) -> list[int]:
    """What each of them can spend, where they pay before the product hears of any."""
    sessions = [await shop.opened("tryout", account) for account in accounts]
    for session in sessions:
        await shop.stripe.pay(session.session_id, GOOD)
    subscriptions = (await shop.stripe.state()).subscriptions
    await asyncio.gather(
        *(shop.use.refreshing()(account, sub) for account, sub in zip(accounts, subscriptions, strict=True))
    )
    await shop.settle()
    return [await shop.available(account) for account in accounts]


@pytest.mark.failure("E11")
async def test_a_trial_with_a_card_of_another_accounts_trial_gives_nothing_and_a_person_is_told(shop: Shop) -> None:
    assert await in_trial(shop, "ann", "bob") == [FREE_CREDITS + OF_THE_TRIAL, FREE_CREDITS]

    (bobs,) = (await shop.kept("bob")).subscriptions
    incident = await shop.incident()
    assert (incident.kind.value, incident.account_id, incident.about) == (
        "trial_card_used",
        "bob",
        {"subscription": bobs.id},
    )
    assert await shop.plan("bob") == "tryout"
    for account in ("ann", "bob"):
        await shop.proven(account)


async def test_what_is_paid_for_after_such_a_trial_gives_what_it_always_gives(shop: Shop) -> None:
    await in_trial(shop, "ann", "bob")

    await shop.later(8 * A_DAY)

    assert await shop.available("bob") == FREE_CREDITS + OF_THE_TRIAL
    await shop.proven("bob")


async def test_another_card_is_another_trial(shop: Shop) -> None:
    await in_trial(shop, "ann")

    assert await in_trial(shop, "bob", card=DECLINES_LATER) == [FREE_CREDITS + OF_THE_TRIAL]
    assert await shop.incidents() == []


@pytest.mark.failure("E11")
async def test_of_many_at_the_same_moment_one_has_the_trial(shop: Shop) -> None:
    available = await told_at_once(shop, "ann", "bob", "cleo", "dan")

    assert sorted(available) == [FREE_CREDITS] * 3 + [FREE_CREDITS + OF_THE_TRIAL]
    assert await shop.incidents() == ["trial_card_used"] * 3


async def refreshed(shop: Shop, subs: dict[str, str]) -> None:
    for account, sub in subs.items():
        await shop.use.refreshing()(account, sub)


@pytest.mark.parametrize("step", range(1, 4))
async def test_a_process_that_dies_on_the_way_leaves_nothing_that_running_again_does_not_mend(
    shop: Shop, step: int
) -> None:
    sessions = {account: await shop.opened("tryout", account) for account in ("ann", "bob")}
    for session in sessions.values():
        await shop.stripe.pay(session.session_id, GOOD)
    subs = dict(zip(sessions, (await shop.stripe.state()).subscriptions, strict=True))
    shop.accounts.dies_at = shop.accounts.changes + step
    with pytest.raises(Crash):  # the claim and the two accounts are three changes
        await refreshed(shop, subs)

    await refreshed(shop, dict(reversed(subs.items())))
    await shop.settle()

    winner, loser = ("bob", "ann") if step == 1 else ("ann", "bob")
    assert (await shop.available(winner), await shop.available(loser)) == (FREE_CREDITS + OF_THE_TRIAL, FREE_CREDITS)
    assert [incident.account_id for incident in await shop.memory.incidents.open()] == [loser]


async def test_a_card_that_is_added_later_takes_back_what_the_trial_gave(shop: Shop) -> None:
    shop.wire(the_catalog(evolve(TRYOUT, trial=Trial(days=7, needs_card=False))))
    await in_trial(shop, "ann")
    await shop.paid(await shop.opened("tryout", "bob"), None)
    assert await shop.available("bob") == FREE_CREDITS + OF_THE_TRIAL

    await shop.stripe.replace_card((await shop.kept("bob")).customer_id or "", GOOD)
    await shop.later(4 * A_DAY + timedelta(hours=1))  # the gateway says that the trial is about to end

    assert (await shop.available("bob"), await shop.incidents()) == (FREE_CREDITS, ["trial_card_used"])
    await shop.proven("bob")


async def test_the_card_is_asked_for_until_it_is_known_and_never_after_the_trial(shop: Shop) -> None:
    sub = await shop.subscribed("tryout")
    await shop.use.refreshing()("ann", sub)
    assert asked(shop).cards == [sub]

    await shop.later(8 * A_DAY)
    await shop.subscribed(account="bob")
    await shop.use.refreshing()("ann", sub)

    assert asked(shop).cards == [sub]


async def test_a_trial_that_is_over_when_it_is_heard_of_is_not_judged(shop: Shop) -> None:
    await in_trial(shop, "ann")
    session = await shop.opened("tryout", "bob")
    await shop.stripe.pay(session.session_id, GOOD)

    await shop.later(8 * A_DAY)

    (sub,) = (await shop.kept("bob")).subscriptions
    assert (sub.card_used, await shop.incidents()) == (None, [])


async def test_an_account_that_asks_again_is_answered_the_same(shop: Shop) -> None:
    sub = await shop.subscribed("tryout")
    claim_card = shop.use.claiming_cards()

    assert [await claim_card(account, sub) for account in ("ann", "bob", "ann")] == [False, True, False]


async def test_a_gateway_that_refuses_to_tell_the_card_keeps_nobodys_trial_and_a_person_is_told(shop: Shop) -> None:
    asked(shop).refuses = True

    assert await in_trial(shop, "ann") == [FREE_CREDITS + OF_THE_TRIAL]
    incident = await shop.incident()
    assert (incident.kind.value, "the key may not read payment methods" in incident.detail) == ("gateway_refused", True)


async def test_the_fingerprint_of_a_card_is_nowhere_in_the_books(shop: Shop) -> None:
    await in_trial(shop, "ann", "bob")
    fingerprint, state = read_card(GOOD).fingerprint, shop.memory.state

    told = [repr(getattr(state, part)) for part in ("accounts", "events", "owners", "incidents", "jobs", "causes")]

    assert state.owners[card_id(fingerprint)] == "ann"
    assert not any(fingerprint in part for part in told)


def test_any_fingerprint_has_a_digest_of_its_own() -> None:
    assert len({card_id(fingerprint) for fingerprint in ("fp_1", "fp_2", "\ud800", "\udfff")}) == 4


async def test_while_the_gateway_is_down_the_job_waits(shop: Shop) -> None:
    class Down(Asked):
        async def card_of(self, subscription_id: str) -> str | None:
            raise PortFailure

    shop.use.gateway.override(Down(shop.gateway))
    await shop.subscribed("tryout")

    assert len(shop.jobs("refresh-subscription")) == 1
