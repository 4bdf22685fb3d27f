"""Whatever object Stripe has, told by whatever type of event, in whatever version: it is answered with 200 and kept."""

import builtins
import json
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product

import pytest

from billing_core.adapters.memory.inbox import MemoryInbox
from billing_core.adapters.memory.state import MemoryState
from billing_core.application.receiving import Receiving
from billing_core.entrypoints.http.opening import Opened
from billing_core.ports.commit import Commit
from billing_core.ports.records import CauseStatus, OwnerClaimed
from tests.shops.http import SETTINGS, Shop
from tests.shops.use_case import SECRET as WEBHOOK_SECRET
from tests.shops.use_case import Shop as UseCaseShop
from tests.stripe.objects import event_types, fits, objects
from tests.stripe.samples import BEFORE_BASIL, SINCE_BASIL, Json, sign

PATH = "/api/v1/subscriptions/webhook"
VERSIONS = (*SINCE_BASIL, *BEFORE_BASIL)
EVERY = 23  # of so many pairs that do not fit, one is posted; no divisor of how many types there are

Pair = tuple[int, Json, str]


def pairs() -> Iterator[Pair]:
    """Every object under every type, numbered."""
    return ((n, told, kind) for n, (told, kind) in enumerate(product(objects(), event_types())))


def an_event(pair: Pair, version: str | None = None) -> Json:
    """Of that version, or of the one whose turn it is."""
    n, told, kind = pair
    return {
        "id": f"evt_{n}",
        "object": "event",
        "type": kind,
        "api_version": version or VERSIONS[n % len(VERSIONS)],
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": told},
    }


async def kept(receiving: Receiving, told: Iterable[Json]) -> MemoryState:
    """The books behind it, once they know the customers that the objects name."""
    assert isinstance(receiving.inbox, MemoryInbox)
    claims = tuple(OwnerClaimed(customer_id) for customer_id in {str(each.get("customer")) for each in told})
    await receiving.accounts.change("ann", lambda _: Commit(None, (), claims))
    return receiving.inbox.state


def fates(state: MemoryState) -> dict[str, set[str]]:
    """The events by what became of them. One that failed counts only where an incident names it, or its object."""
    shown = {key.split(":")[1] for _, key in state.incidents}
    found: dict[str, set[str]] = {"taken": set(), "shown": set(), "parked": set(state.parked)}
    webhooks = (cause for cause in state.causes.values() if cause.body)  # notices that were sent are causes too
    for cause in webhooks:
        event = json.loads(cause.body)
        if cause.status is CauseStatus.PROCESSED:
            found["taken"].add(event["id"])
        elif not shown.isdisjoint({event["id"], event["data"]["object"].get("id")}):
            found["shown"].add(event["id"])
    return found


def surprises(state: MemoryState) -> list[str]:
    """The failures that are no rule's refusal, but a mistake of ours."""
    errors = [cause.error or "" for cause in state.causes.values()]
    return [error for error in errors if hasattr(builtins, error.partition(":")[0])]


async def test_every_object_under_every_fitting_type_is_answered_with_200(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    opened: Opened = shop.client.app.state.opened
    state = await kept(opened.use_cases.receiving, objects())
    posted = [pair for pair in pairs() if fits(*pair[1:]) or pair[0] % EVERY == 0]
    refused = []
    for pair in posted:
        body = json.dumps(an_event(pair)).encode()
        signature = sign(body, SETTINGS.webhook_secrets[0], datetime.now(UTC))
        answer = await shop.client.post(PATH, content=body, headers={"Stripe-Signature": signature})
        refused += [(pair, answer.text)] if answer.status_code != 200 else []

    became = fates(state)
    assert [] == refused
    assert {f"evt_{n}" for n, _, _ in posted} == became["taken"] | became["shown"] | became["parked"]
    assert all(became.values())
    assert [] == surprises(state)
    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.long
@pytest.mark.parametrize("n", range(len(objects())))
async def test_every_object_under_every_type_in_every_version_is_kept(n: int) -> None:
    shop, told = UseCaseShop(), objects()[n]
    receiving = shop.use.receiving()
    state = await kept(receiving, [told])
    events = [
        an_event((number, told, kind), version)
        for number, (kind, version) in enumerate(product(event_types(), VERSIONS))
    ]
    for event in events:
        body = json.dumps(event).encode()
        await receiving(body, sign(body, WEBHOOK_SECRET, shop.clock.now()))

    became = fates(state)
    assert {event["id"] for event in events} == became["taken"] | became["shown"] | became["parked"]
    assert [] == surprises(state)
