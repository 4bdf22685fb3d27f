"""Forgetting what was answered under idempotency keys, a day later."""

from datetime import timedelta

import pytest
from attrs import evolve

from billing_core.application import tasks
from billing_core.application.changing import ChangeWish
from billing_core.application.forgetting import AT_ONCE, KEPT
from billing_core.application.refunding import RefundWish
from billing_core.domain.acts import POLICY, Grounds, ReasonCode
from billing_core.entrypoints.lifespan import PERIODIC, handlers
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.ports.gateway import When
from billing_core.ports.jobs import Every
from billing_core.ports.records import CauseStatus
from tests.shops.use_case import A_SECOND, Crash, Shop, a_request

OLGA = Grounds(by="olga@app.example", note="asked for", code=ReasonCode.OTHER)


class Unmarked:
    """Makes no names."""

    def new(self, _prefix: str) -> str:
        return ""


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def keys(shop: Shop) -> set[str]:
    return {key for _, key in shop.memory.state.causes if key.startswith("http:")}


async def forgotten(shop: Shop, after: timedelta = KEPT + A_SECOND) -> None:
    await shop.later(after)
    await handlers(await shop.serving())[tasks.FORGET]({})


async def present(shop: Shop, route: str, key: str = "once", account: str = "ann") -> None:
    request = a_request(key, route=route)
    await shop.use.adjusting()(account, 1, reason="a present", request=request)


async def test_it_runs_every_hour_and_forgets_after_a_day(shop: Shop) -> None:
    assert PERIODIC[tasks.FORGET] is Every.HOUR
    await present(shop, "POST /x")
    await present(shop, "DELETE /x")

    await forgotten(shop, KEPT)
    assert await keys(shop) == {"http:POST /x:once", "http:DELETE /x:once"}
    await forgotten(shop, A_SECOND)
    assert await keys(shop) == set()


async def test_any_number_is_forgotten(shop: Shop) -> None:
    for n in range(AT_ONCE + 1):
        await present(shop, "POST /x", f"key-{n}")

    await forgotten(shop)

    assert await keys(shop) == set()


async def test_what_is_done_once_for_ever_is_not_forgotten(shop: Shop) -> None:
    """Else credits would be brought along twice, and a policy would give back twice."""
    for route in ("import-credits", "PAGE adjust", POLICY, "incident"):
        await present(shop, route)

    await forgotten(shop)

    assert len(await keys(shop)) == 4
    assert await shop.available() == 14
    await present(shop, "import-credits")
    assert await shop.available() == 14


async def test_what_was_begun_is_finished_as_it_was_begun(shop: Shop) -> None:
    await shop.subscribed()
    shop.accounts.dies_at = shop.accounts.changes + 4
    with pytest.raises(Crash):
        await shop.use.changing()("ann", ChangeWish(tier="pro"), request=a_request())
    await forgotten(shop)

    (begun,) = await shop.memory.inbox.with_status(CauseStatus.STARTED)
    assert begun.key == "http:POST /x:once"
    with pytest.raises(IdempotencyKeyReused):
        await shop.use.changing()("ann", ChangeWish(tier="pro"), request=a_request(fingerprint="other"))
    await shop.use.changing()("ann", ChangeWish(tier="pro"), request=a_request())
    assert len((await shop.stripe.state()).invoices) == 2
    assert await shop.plan() == "pro"


# The gateway may still know what we have forgotten


@pytest.fixture
async def remembering(shop: Shop) -> Shop:
    """Ann has subscribed."""
    await shop.subscribed()
    return shop


async def forgotten_here(shop: Shop) -> None:
    """By us alone: no time passes, so the gateway still knows the keys."""
    await shop.settle()
    assert await shop.memory.inbox.forget_requests("http:", before=shop.clock.now() + A_SECOND, limit=AT_ONCE)


async def test_a_subscription_is_canceled_and_resumed_again_under_the_same_keys(remembering: Shop) -> None:
    shop = remembering
    for _ in range(2):
        gone = await shop.use.canceling()("ann", at_period_end=True, request=a_request(route="DELETE /x"))
        back = await shop.use.canceling().resume("ann", request=a_request(route="POST /x"))
        (sub,) = (await shop.stripe.state()).subscriptions.values()
        assert (gone.cancel_at_period_end, back.cancel_at_period_end, sub.ends_at) == (True, False, None)
        await forgotten_here(shop)


async def test_a_plan_is_changed_again_under_the_same_key(remembering: Shop) -> None:
    shop = remembering
    for tier in ("pro", "basic", "pro"):
        wish = ChangeWish(tier=tier, when=When.NOW)
        await shop.changed(wish, request=a_request(fingerprint=tier))
        assert await shop.plan() == tier
        await forgotten_here(shop)


async def test_a_part_is_given_back_again_under_the_same_key(remembering: Shop) -> None:
    shop = remembering
    (invoice,) = (await shop.stripe.state()).invoices
    for _ in range(2):
        wish = RefundWish(payment=invoice, amount_minor=250)
        await shop.use.refunding()("ann", wish, OLGA, request=a_request())
        await forgotten_here(shop)

    assert [250, 250] == [refund.amount_minor for refund in (await shop.stripe.state()).refunds.values()]


async def test_what_an_earlier_version_began_keeps_the_name_that_it_gave(remembering: Shop) -> None:
    """It made no mark: what it asked for was done already, and is known at the gateway by the key."""
    shop = remembering
    (invoice,) = (await shop.stripe.state()).invoices
    wish = RefundWish(payment=invoice, amount_minor=250)
    shop.accounts.dies_at = shop.accounts.changes + 2
    refunding = evolve(shop.use.refunding(), ids=Unmarked())
    with pytest.raises(Crash):
        await refunding("ann", wish, OLGA, request=a_request())
    kept = shop.memory.state.causes["ann", "http:POST /x:once"]
    assert b'"mark":"",' in kept.answer
    earlier = evolve(kept, answer=kept.answer.replace(b'"mark":"",', b""))
    shop.memory.state.causes["ann", "http:POST /x:once"] = earlier

    await shop.use.refunding()("ann", wish, OLGA, request=a_request())

    assert [250] == [refund.amount_minor for refund in (await shop.stripe.state()).refunds.values()]
