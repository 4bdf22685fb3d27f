"""Incidents are made by the real doors over a simulated Stripe, shown by the API, and mended by their actions."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen

from billing_core.adapters.memory.incidents import MemoryIncidents
from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest import door, refunds
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.events import OperatorActed
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.ports.commit import Commit
from billing_core.ports.errors import Unavailable
from billing_core.ports.records import OwnerClaimed
from tests.shops.broken_books import is_ending, nothing_is_held
from tests.shops.desk import PATH, Desk
from tests.shops.oddities import (
    MAKERS,
    SAVED,
    K,
    Step,
    an_orphan,
    disputed,
    gave_back,
    is_active,
    is_linked,
    is_one_plan,
    mended,
    misconfigured,
    on_sale_again,
    overpaid,
    unknown_price,
    won,
)
from tests.shops.use_case import A_DAY, A_MINUTE, Shop

R = Resolution


def available(expected: int) -> Step:
    async def check(shop: Shop) -> None:
        assert expected == await shop.available()

    return check


async def is_free_again(shop: Shop) -> None:
    assert () == (await shop.kept()).suspended_for


async def gone_back(shop: Shop) -> None:
    """All of one payment, once."""
    state = await shop.stripe.state()
    (refund,) = state.refunds.values()
    assert state.charges[refund.charge_id].amount_minor == refund.amount_minor


async def gone_back_with_its_credits(shop: Shop) -> None:
    await gone_back(shop)
    assert 10 == await shop.available()


async def nothing(_shop: Shop) -> None:
    pass


async def readable_again(shop: Shop) -> None:
    shop.memory.state.accounts["ann"] = SAVED["ann"]


@frozen(kw_only=True)
class Way:
    """What a person does first, and what must be so afterwards."""

    first: Step = nothing
    then: Step = nothing
    more: Mapping[str, str] = field(factory=dict)


WAYS: Mapping[tuple[IncidentKind, Resolution], Way] = {
    (K.ORPHAN_PAYMENT, R.ASSIGN): Way(then=available(120), more={"account": "ann"}),
    (K.IMPORT_NO_ACCOUNT, R.ASSIGN): Way(then=is_linked, more={"account": "ann"}),
    (K.UNKNOWN_PRICE, R.FETCH_AGAIN): Way(first=mended, then=available(210)),
    (K.INVOICE_NOT_FINALIZED, R.FETCH_AGAIN): Way(then=available(210)),
    (K.PAYMENT_UNDER_REVIEW, R.FETCH_AGAIN): Way(first=gave_back, then=available(10)),
    (K.FRAUD_WARNING, R.FETCH_AGAIN): Way(first=gave_back, then=available(10)),
    (K.FRAUD_WARNING, R.REFUND): Way(then=gone_back_with_its_credits),
    (K.PAYMENT_UNDER_REVIEW, R.REFUND): Way(then=gone_back_with_its_credits),
    (K.UNEXPLAINED_PAYMENT, R.REFUND): Way(then=gone_back_with_its_credits),
    (K.PAYMENT_TOO_OLD, R.REFUND): Way(then=gone_back),
    (K.DISPUTE_OPENED, R.FETCH_AGAIN): Way(first=won, then=is_free_again),
    (K.DISPUTE_OPENED, R.REINSTATE): Way(then=is_free_again),
    (K.DISPUTE_LOST, R.FETCH_AGAIN): Way(first=won, then=is_free_again),
    (K.DISPUTE_LOST, R.REINSTATE): Way(then=is_free_again),
    (K.SURPLUS_SUBSCRIPTION, R.CANCEL_SUBSCRIPTION): Way(then=is_one_plan),
    (K.SURPLUS_SUBSCRIPTION, R.FETCH_AGAIN): Way(first=Shop.settle, then=is_one_plan),
    (K.UNEXPECTED_STATUS, R.FETCH_AGAIN): Way(first=mended, then=is_active),
    (K.RECONCILE_GONE, R.FETCH_AGAIN): Way(first=mended, then=is_active),
    (K.RECONCILE_UNREADABLE, R.FETCH_AGAIN): Way(first=mended, then=is_active),
    (K.RECONCILE_FAILED, R.FETCH_AGAIN): Way(first=mended, then=is_active),
    (K.IMPORT_UNKNOWN_PRICE, R.FETCH_AGAIN): Way(first=mended, then=available(210)),
    (K.IMPORT_FAILED, R.FETCH_AGAIN): Way(first=mended, then=available(210)),
    (K.WEBHOOK_FAILED, R.RETRY): Way(first=mended, then=available(110)),
    (K.WEBHOOK_DEAD, R.RETRY): Way(first=mended, then=available(210)),
    (K.ACCRUAL_FAILED, R.RETRY): Way(first=readable_again, then=available(20)),
    (K.PAID_WITHOUT_GRANT, R.RETRY): Way(then=available(210)),
    (K.LIVE_WITHOUT_ACCESS, R.FETCH_AGAIN): Way(then=available(210)),
    (K.HOLD_PAST_DEADLINE, R.RETRY): Way(then=nothing_is_held),
    (K.DRIFT, R.FETCH_AGAIN): Way(then=is_ending),
    (K.NOT_ON_SALE, R.RETRY): Way(first=on_sale_again),
}


async def the_one(desk: Desk, kind: IncidentKind) -> Any:
    found = await desk.listed(status="open", kind=kind.value)
    assert found, await desk.listed()
    return found[0]


def test_each_kind_that_is_raised_is_made_here() -> None:
    assert set(IncidentKind) - {K.OTHER} == MAKERS.keys()


def test_each_action_of_a_kind_that_is_made_here_is_tried() -> None:
    offered = {(kind, choice) for kind in MAKERS for choice in GUIDES[kind].resolutions}

    assert offered == WAYS.keys()


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.value)
async def test_it_is_made_shown_and_dismissed(kind: IncidentKind) -> None:
    shop = Shop()
    desk = Desk(shop)
    await MAKERS[kind](shop)

    shown = await the_one(desk, kind)
    guide = GUIDES[kind]
    assert (guide.title, guide.severity.value, guide.advice) == (
        shown["title"],
        shown["severity"],
        shown["guide"]["advice"],
    )
    assert [choice.value for choice in guide.choices] == shown["actions"]

    done = await desk.resolve(shown, "dismiss")
    assert (200, "resolved") == (done.status_code, done.json()["status"])
    assert ("olga", "dismiss", "looked into") == tuple(
        done.json()["resolved"][name] for name in ("by", "action", "note")
    )
    assert shown["id"] not in [other["id"] for other in await desk.listed(status="open")]
    assert shown["id"] in [other["id"] for other in await desk.listed(status="resolved")]


@pytest.mark.parametrize(("kind", "choice"), WAYS, ids=lambda each: each.value)
async def test_it_is_mended_once_by_what_is_offered(kind: IncidentKind, choice: Resolution) -> None:
    shop, way = Shop(), WAYS[kind, choice]
    desk = Desk(shop)
    await MAKERS[kind](shop)
    shown = await the_one(desk, kind)
    await way.first(shop)

    for _ in range(2):
        done = await desk.resolve(shown, choice.value, **way.more)
        assert done.status_code == 200, done.text
        assert ("resolved", choice.value) == (done.json()["status"], done.json()["resolved"]["action"])
        await way.then(shop)

    await shop.settle()
    await way.then(shop)
    assert [] == await desk.listed(status="open", kind=kind.value)


# What is refused


async def test_what_is_still_there_stays_open_and_is_told() -> None:
    shop = Shop()
    desk = Desk(shop)
    await unknown_price(shop)
    shown = await the_one(desk, K.UNKNOWN_PRICE)

    answer = await desk.resolve(shown, "fetch_again")

    assert (409, "incident_remains") == (answer.status_code, answer.json()["code"])
    assert "open" == (await the_one(desk, K.UNKNOWN_PRICE))["status"]


@pytest.mark.parametrize(
    ("kind", "asked", "status", "code"),
    [
        (K.INVOICE_OVERPAID, {"action": "retry"}, 422, "resolution_not_offered"),
        (K.INVOICE_OVERPAID, {"action": "refund"}, 422, "resolution_not_offered"),
        (K.INVOICE_OVERPAID, {"action": "pay"}, 422, "validation"),
        (K.INVOICE_OVERPAID, {"action": "dismiss", "note": "  "}, 422, "validation"),
        (K.INVOICE_OVERPAID, {"action": "dismiss", "account": "ann"}, 422, "validation"),
        (K.ORPHAN_PAYMENT, {"action": "assign"}, 422, "validation"),
        (K.ORPHAN_PAYMENT, {"action": "assign", "account": "@nobody"}, 422, "validation"),
        (K.ORPHAN_PAYMENT, {"action": "assign", "account": "annn"}, 404, "account_not_found"),
        (K.FRAUD_WARNING, {"action": "fetch_again"}, 409, "incident_remains"),
        (K.DISPUTE_OPENED, {"action": "fetch_again"}, 409, "incident_remains"),
        (K.RECONCILE_GONE, {"action": "fetch_again"}, 409, "unknown_at_gateway"),
    ],
)
async def test_what_cannot_be_done_is_refused_and_leaves_it_open(
    kind: IncidentKind, asked: dict[str, str], status: int, code: str
) -> None:
    shop = Shop()
    desk = Desk(shop)
    await MAKERS[kind](shop)
    shown = await the_one(desk, kind)

    answer = await desk.resolve(shown, **asked)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert shown["id"] == (await the_one(desk, kind))["id"]


async def test_what_another_account_owns_is_never_assigned() -> None:
    shop = Shop()
    desk = Desk(shop)
    await an_orphan(shop)
    await shop.given(10, "bob")
    await shop.memory.accounts.change("bob", lambda _: Commit(None, (), (OwnerClaimed("cus_by_link"),)))

    answer = await desk.resolve(await the_one(desk, K.ORPHAN_PAYMENT), "assign", account="ann")

    assert (409, "owned_by_another") == (answer.status_code, answer.json()["code"])
    assert 20 == await shop.available()


async def test_one_that_was_resolved_in_another_way_is_not_resolved_again() -> None:
    shop = Shop()
    desk = Desk(shop)
    await disputed(shop)
    shown = await the_one(desk, K.DISPUTE_OPENED)
    await desk.resolve(shown, "dismiss")

    answer = await desk.resolve(shown, "reinstate")

    assert (409, "incident_resolved") == (answer.status_code, answer.json()["code"])
    assert 1 == len((await shop.kept()).suspended_for)


async def test_a_dispute_that_the_bank_decided_against_us_is_open_no_more() -> None:
    shop = Shop()
    desk = Desk(shop)
    await disputed(shop)
    shown = await the_one(desk, K.DISPUTE_OPENED)
    await shop.stripe.bank.close(shown["about"]["dispute"], DisputeStatus.LOST)
    shop.clock.advance(A_MINUTE)

    done = await desk.resolve(shown, "fetch_again")

    assert 200 == done.status_code, done.text
    (left,) = await desk.listed(status="open")
    assert ("dispute_lost", 1) == (left["kind"], len((await shop.kept()).suspended_for))
    answer = await desk.resolve(left, "fetch_again")
    assert (409, "the dispute is still lost") == (answer.status_code, answer.json()["problem"])


async def test_money_that_stripe_would_not_give_back_goes_back_once_it_will(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    desk = Desk(shop)
    await MAKERS[K.FRAUD_WARNING](shop)
    shown = await the_one(desk, K.FRAUD_WARNING)
    reply = door._reply

    def refusing(draft: Any, handler: Any, *rest: Any) -> Any:
        if handler is refunds.create:
            raise Refused(message="Insufficient funds in your Stripe balance.", code="balance_insufficient", status=400)
        return reply(draft, handler, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(door, "_reply", refusing)
        answer = await desk.resolve(shown, "refund")
    assert (409, "refund_refused") == (answer.status_code, answer.json()["code"])

    assert 200 == (await desk.resolve(shown, "refund")).status_code
    await shop.later(2 * A_MINUTE)
    await gone_back_with_its_credits(shop)


@pytest.mark.parametrize("theirs", [R.REFUND, R.DISMISS])
@pytest.mark.parametrize("mine", [R.REFUND, R.DISMISS])
async def test_of_two_who_resolve_it_at_once_the_second_is_told_how_it_was_resolved(
    mine: Resolution, theirs: Resolution, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    desk = Desk(shop)
    await MAKERS[K.FRAUD_WARNING](shop)
    shown = await the_one(desk, K.FRAUD_WARNING)
    resolve, resolving = MemoryIncidents.resolve, shop.use.resolving()

    async def after_another(*told: Any) -> bool:
        monkeypatch.setattr(MemoryIncidents, "resolve", resolve)
        await resolving(shown["id"], theirs, Grounds(by="otto", note="saw it too"))
        return await resolve(*told)

    monkeypatch.setattr(MemoryIncidents, "resolve", after_another)
    answer = await desk.resolve(shown, mine.value)

    if mine is theirs:
        assert (200, "otto") == (answer.status_code, answer.json()["resolved"]["by"])
    else:
        assert (409, "incident_resolved") == (answer.status_code, answer.json()["code"])
        assert theirs.value in answer.json()["detail"]
    noted = [each.event async for each in shop.memory.history.of("ann") if isinstance(each.event, OperatorActed)]
    assert ["otto"] == [event.by for event in noted if event.act is Act.RESOLVED_INCIDENT]


async def test_only_admins_see_incidents_and_resolve_them() -> None:
    desk = Desk(Shop())

    for method, path in (("GET", PATH), ("POST", f"{PATH}/inc_0/resolve")):
        assert 403 == (await desk.ask(method, path, admin=False)).status_code
    unknown = await desk.ask("POST", f"{PATH}/inc_0/resolve", json={"action": "dismiss", "note": "x"})
    assert (404, "incident_not_found") == (unknown.status_code, unknown.json()["code"])


async def test_they_are_listed_newest_first_page_by_page_and_by_account() -> None:
    shop = Shop()
    desk = Desk(shop)
    await overpaid(shop)
    shop.clock.advance(A_DAY)
    await misconfigured(shop)

    first = (await desk.ask("GET", PATH, params={"limit": 1})).json()
    second = (await desk.ask("GET", PATH, params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert ["image_provider"] == [shown["kind"] for shown in first["data"]]
    assert (["invoice_overpaid"], None) == ([shown["kind"] for shown in second["data"]], second["next_cursor"])
    assert ["invoice_overpaid"] == [shown["kind"] for shown in await desk.listed(account="ann")]
    assert 422 == (await desk.ask("GET", PATH, params={"kind": "odd"})).status_code


@pytest.mark.parametrize(("kind", "choice"), WAYS, ids=lambda each: each.value)
async def test_who_asks_again_after_a_crash_has_it_done_once(
    kind: IncidentKind, choice: Resolution, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, way = Shop(), WAYS[kind, choice]
    desk = Desk(shop)
    await MAKERS[kind](shop)
    shown = await the_one(desk, kind)
    await way.first(shop)

    async def down(*_: object) -> bool:
        raise Unavailable("the store")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryIncidents, "resolve", down)
        assert 503 == (await desk.resolve(shown, choice.value, **way.more)).status_code
    await shop.settle()
    assert "open" == (await the_one(desk, kind))["status"]

    assert 200 == (await desk.resolve(shown, choice.value, **way.more)).status_code
    await shop.settle()
    await way.then(shop)


async def test_who_resolved_it_and_why_is_noted_once_in_the_stream_of_its_account() -> None:
    shop = Shop()
    desk = Desk(shop)
    await disputed(shop)
    shown = await the_one(desk, K.DISPUTE_OPENED)

    for _ in range(2):
        await desk.resolve(shown, "reinstate", code="goodwill")

    noted = [each.event async for each in shop.memory.history.of("ann") if isinstance(each.event, OperatorActed)]
    assert [
        OperatorActed(
            at=shop.clock.now(),
            act=Act.RESOLVED_INCIDENT,
            by="olga",
            code=ReasonCode.GOODWILL,
            note="looked into",
            about={"incident": shown["id"], "kind": "dispute_opened", "action": "reinstate"},
        )
    ] == noted


async def test_what_is_assigned_is_noted_in_the_stream_of_who_it_is_assigned_to() -> None:
    shop = Shop()
    desk = Desk(shop)
    await an_orphan(shop)

    await desk.resolve(await the_one(desk, K.ORPHAN_PAYMENT), "assign", account="ann")

    noted = [each.event async for each in shop.memory.history.of("ann") if isinstance(each.event, OperatorActed)]
    assert [Act.ADJUSTED, Act.RESOLVED_INCIDENT] == [event.act for event in noted]
