"""An operator suspending an account, lifting that again, and letting debt go: each with who and why."""

import pytest

from billing_core.application.errors import AccountNotFound
from billing_core.application.suspending import Suspension
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.errors import AccountSuspended, InvalidValue
from billing_core.domain.events import DebtIncurred, Event, OperatorActed
from billing_core.ports.commit import Commit
from tests.shops.use_case import Shop, a_request

OLGA = Grounds(by="olga@shop.example", note="a scraper", code=ReasonCode.TERMS)


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.given(50)
    return shop


async def acts(shop: Shop, account: str = "ann") -> list[tuple[Act, str, ReasonCode, str, dict[str, str]]]:
    """What operators did, in order."""
    stored = [each.event async for each in shop.memory.history.of(account)]
    told = [event for event in stored if isinstance(event, OperatorActed)]
    return [(each.act, each.by, each.code, each.note, dict(each.about)) for each in told]


async def test_a_suspended_account_cannot_spend_until_it_is_reinstated(shop: Shop) -> None:
    assert Suspension(reasons=("operator",)) == await shop.use.suspending().suspend("ann", OLGA)
    with pytest.raises(AccountSuspended):
        await shop.use.holding()("ann", 1, reason="an essay")

    assert Suspension(reasons=()) == await shop.use.suspending().reinstate("ann", OLGA)
    assert 1 == (await shop.use.holding()("ann", 1, reason="an essay")).amount
    await shop.proven()


async def test_each_is_kept_with_who_and_why(shop: Shop) -> None:
    await shop.use.suspending().suspend("ann", OLGA)
    await shop.use.suspending().reinstate("ann", Grounds(by="otto", note="she called"))

    assert [
        (Act.ADJUSTED, "program", ReasonCode.OTHER, "a present", {"adjustment": "adj_000001"}),
        (Act.SUSPENDED, "olga@shop.example", ReasonCode.TERMS, "a scraper", {"suspension": "operator"}),
        (Act.REINSTATED, "otto", ReasonCode.OTHER, "she called", {"suspension": "operator"}),
    ] == await acts(shop)


async def test_done_twice_it_is_done_and_noted_once(shop: Shop) -> None:
    for _ in range(2):
        await shop.use.suspending().suspend("ann", OLGA)
    for _ in range(2):
        assert Suspension(reasons=()) == await shop.use.suspending().reinstate("ann", OLGA)

    assert [Act.ADJUSTED, Act.SUSPENDED, Act.REINSTATED] == [act for act, *_ in await acts(shop)]


async def test_one_suspension_of_several_is_lifted(shop: Shop) -> None:
    await suspended_for(shop, "dispute:dp_1", "warning:issfr_1")
    await shop.use.suspending().suspend("ann", OLGA)

    left = await shop.use.suspending().reinstate("ann", OLGA, suspension="dispute:dp_1")

    assert Suspension(reasons=("warning:issfr_1", "operator")) == left
    assert Suspension(reasons=()) == await shop.use.suspending().reinstate("ann", OLGA)
    assert {"suspension": "warning:issfr_1, operator"} == (await acts(shop))[-1][-1]


async def test_what_it_is_not_suspended_for_cannot_be_lifted(shop: Shop) -> None:
    await suspended_for(shop, "dispute:dp_1")

    with pytest.raises(InvalidValue, match="suspension: is none of dispute:dp_1"):
        await shop.use.suspending().reinstate("ann", OLGA, suspension="operator")


async def test_nobody_suspends_or_frees_who_is_not_known(shop: Shop) -> None:
    with pytest.raises(AccountNotFound):
        await shop.use.suspending().suspend("annn", OLGA)
    with pytest.raises(AccountNotFound):
        await shop.use.suspending().reinstate("annn", OLGA)
    with pytest.raises(AccountNotFound):
        await shop.use.forgiving()("annn", OLGA)
    assert [] == await acts(shop, "annn")


async def test_the_same_request_suspends_once_though_it_was_lifted_meanwhile(shop: Shop) -> None:
    suspending = shop.use.suspending()
    await suspending.suspend("ann", OLGA, request=a_request())
    await suspending.reinstate("ann", OLGA)

    assert Suspension(reasons=("operator",)) == await suspending.suspend("ann", OLGA, request=a_request())
    assert () == (await shop.kept()).suspended_for


async def test_debt_is_let_go_with_who_and_why(shop: Shop) -> None:
    await shop.bought()
    (tally,) = (await shop.kept()).purchases
    await happened(shop, DebtIncurred(at=shop.clock.now(), tally=tally.key, amount=7))

    done = [(await shop.use.forgiving()("ann", OLGA)).amount for _ in range(2)]

    assert ([7, 0], 0) == (done, (await shop.kept()).book.debt)
    assert [(Act.FORGAVE, "olga@shop.example", ReasonCode.TERMS, "a scraper", {})] == (await acts(shop))[1:]


async def suspended_for(shop: Shop, *reasons: str) -> None:
    """The gateway has told of something."""
    held = await shop.held()
    await happened(shop, *(held.suspend(reason)[-1] for reason in reasons))


async def happened(shop: Shop, *events: Event) -> None:
    await shop.memory.accounts.change("ann", lambda _: Commit(None, events))
