"""Every order in which the gateway's events may arrive ends in the same books.

Up to seven events all permutations are tried; of more, and with events that come twice, many are drawn. Jobs run at
random moments between the events, and the gateway tells how things stand then: at the end, or on the way there.
"""

import asyncio
import random
from collections.abc import Iterable
from itertools import permutations
from math import factorial

import pytest
from attrs import evolve, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_core.domain.catalog import Kind
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.facts import (
    Charged,
    CheckoutProgressed,
    CustomerDeleted,
    Fact,
    FraudWarned,
    InvoicePaid,
    InvoiceTouched,
    NothingToDo,
    PaymentTouched,
    SubscriptionTouched,
)
from billing_core.ports.gateway import DisputeTold, PaymentState
from billing_core.testing.builders import NEW_YEAR, a_snapshot
from tests.shops.truth import (
    A_DAY,
    CUSTOMER,
    INTENT,
    INVOICE,
    SUBSCRIPTION,
    Books,
    ToldShop,
    a_checkout,
    a_payment_of,
    books_of,
    completed,
    paid,
)

NOW = NEW_YEAR + 10 * A_DAY
INQUIRY, OPEN, WON, LOST, PREVENTED = DisputeStatus

ACTIVE = a_snapshot()
ENDED = evolve(ACTIVE, status=Status.CANCELED, ended_at=NOW - A_DAY)
TOUCHED = SubscriptionTouched(subscription_id=SUBSCRIPTION, customer_id=CUSTOMER)
CHARGED = Charged(payment=INTENT, customer_id=CUSTOMER)
RETURNED = PaymentTouched(payment=INTENT)
WARNED = FraudWarned(warning_id="issfr_1", payment=INTENT, kind="misc", actionable=True, at=NEW_YEAR)
PAID, PACK = paid(), completed(Kind.PACK, "boost")
BILLED_PACK = evolve(PACK, payment_id=INVOICE)


@frozen
class Step:
    """Something that happens at the gateway: the event that it sends, and what is so from then on."""

    name: str
    fact: Fact
    subscription: SubscriptionSnapshot | None = None
    payment: PaymentState | None = None


@frozen
class Family:
    """What happens at the gateway, in the order in which it happens there."""

    name: str
    steps: tuple[Step, ...]
    settles: InvoicePaid | CheckoutProgressed = PAID
    available: int = field(kw_only=True)
    is_suspended: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return self.name


def standing(
    settles: InvoicePaid | CheckoutProgressed, refunded_minor: int = 0, dispute: DisputeStatus | None = None
) -> PaymentState:
    """How the payment stands."""
    told = DisputeTold(id="dp_1", status=dispute, amount_minor=500, reason="general") if dispute else None
    return a_payment_of(settles, *([told] if told else []), refunded_minor=refunded_minor)


INVOICED = (
    Step("checkout.session.completed", completed(), ACTIVE, standing(PAID)),
    Step("customer.subscription.created", TOUCHED, ACTIVE),
    Step("customer.subscription.updated", TOUCHED),
    Step("invoice.paid", PAID),
)
SUBSCRIBED = (*INVOICED, Step("invoice.payment_succeeded", NothingToDo("invoice.payment_succeeded")))
DELETED = Step("customer.subscription.deleted", TOUCHED, ENDED)


def returned(name: str, settles: InvoicePaid | CheckoutProgressed, *how: int | DisputeStatus) -> Step:
    """An event of a payment that went back; after it, so much is refunded, and its dispute stands so."""
    refunded = next((part for part in how if isinstance(part, int)), 0)
    dispute = next((part for part in how if isinstance(part, DisputeStatus)), None)
    return Step(name, RETURNED, payment=standing(settles, refunded, dispute))


def disputed(*statuses: DisputeStatus, settles: InvoicePaid | CheckoutProgressed = PAID) -> tuple[Step, ...]:
    """A dispute that goes through these."""
    return tuple(returned(f"charge.dispute {n}", settles, status) for n, status in enumerate(statuses))


def refunded(*amounts: int, settles: InvoicePaid | CheckoutProgressed = PAID) -> tuple[Step, ...]:
    """A payment of which so much is refunded, one after the other."""
    return tuple(returned(f"refund {n}", settles, amount) for n, amount in enumerate(amounts))


BOUGHT = (Step("checkout.session.completed", PACK, payment=standing(PACK)), Step("charge.succeeded", CHARGED))
BILLED = (
    Step("checkout.session.completed", BILLED_PACK),
    Step("invoice.paid", paid("boost-price", subscription_id=None, amount_minor=500)),
)
WARNING = Step("radar.early_fraud_warning.created", WARNED)
VOIDED = InvoiceTouched(invoice_id=INVOICE, subscription_id=SUBSCRIPTION, customer_id=CUSTOMER)
BRIEF = (INVOICED[0], INVOICED[-1])

THE_LIFE_OF_A_SUBSCRIPTION = Family("a subscription that ends", (*SUBSCRIBED, DELETED), available=10)
UP_TO_SEVEN = [
    Family("a refund", (*INVOICED, *refunded(250, 500)), available=110),
    Family("a dispute that is lost", (*BRIEF, *disputed(INQUIRY, OPEN, OPEN, LOST)), available=110, is_suspended=True),
    Family("a dispute that is won", (*BRIEF, *disputed(OPEN, OPEN, LOST, WON)), available=210),
    Family("a refund of a pack", (*BOUGHT, *refunded(250, 500, 100, 100, settles=PACK)), PACK, available=90),
    Family("a pack with an invoice", BILLED, BILLED_PACK, available=110),
    Family("a refund that fails in part", (*INVOICED, *refunded(250, 500, 250)), available=160),
    Family("a refund of what has ended", (*INVOICED, DELETED, *refunded(250, 500)), available=10),
    Family(
        "a refund and a dispute",
        (*INVOICED, *refunded(250), returned("opened", PAID, 250, OPEN), returned("closed", PAID, 250, LOST)),
        available=60,
        is_suspended=True,
    ),
    Family("a warning and a dispute", (*INVOICED, WARNING, *disputed(OPEN, LOST)), available=110, is_suspended=True),
]
LONGER = [
    Family(
        "all that can befall a payment",
        (
            *SUBSCRIBED,
            Step("charge.succeeded", CHARGED),
            *refunded(250, 500, 250),
            WARNING,
            *disputed(INQUIRY, OPEN, WON),
            Step("invoice.voided", VOIDED),
            DELETED,
            Step("customer.deleted", CustomerDeleted(customer_id=CUSTOMER)),
        ),
        available=10,
    ),
    Family(
        "a refund and a lost dispute of a pack",
        (
            *BOUGHT,
            *refunded(100, 200, 500, 200, settles=PACK),
            *(returned(f"dispute {s.value}", PACK, 200, s) for s in (INQUIRY, OPEN, LOST)),
        ),
        PACK,
        available=10,
        is_suspended=True,
    ),
]
ALL = [THE_LIFE_OF_A_SUBSCRIPTION, *UP_TO_SEVEN, *LONGER]


class Gateway:
    """What is so at the gateway, as far as things have got there; its events are sent when they have happened."""

    def __init__(self, family: Family, shop: ToldShop, *, at_end: bool) -> None:
        self.family, self.shop, self.happened = family, shop, 0
        shop.truth.invoices[INVOICE] = PAID
        self.get_on(len(family.steps) if at_end else 1)

    def get_on(self, until: int) -> None:
        """So many of the steps have happened."""
        truth = self.shop.truth
        for step in self.family.steps[self.happened : until]:
            if step.subscription is not None:
                truth.subscriptions[SUBSCRIPTION] = step.subscription
            if step.payment is not None:
                truth.payments[INTENT] = evolve(step.payment, settles=self.family.settles)
        self.happened = max(self.happened, until)


async def told(
    shop: ToldShop, family: Family, order: Iterable[int], *, at_end: bool = True, chance: random.Random
) -> Books:
    """The books after the events came in that order, with jobs at some moments between and all of them at the end."""
    shop.begin_anew()
    await shop.linked()
    await shop.opened(a_checkout() if isinstance(family.settles, InvoicePaid) else a_checkout(Kind.PACK, "boost"))
    shop.clock.set(NOW)
    gateway = Gateway(family, shop, at_end=at_end)
    for n in order:
        gateway.get_on(n + 1)
        step = family.steps[n]
        received = await shop.comes(step.fact, f"evt_{n}", step.name)
        assert received.outcome == "processed"
        while chance.random() < 0.4 and await shop.work_once():
            gateway.get_on(gateway.happened + chance.randint(0, 1))
    gateway.get_on(len(family.steps))
    await shop.work()
    assert shop.failures == []
    return books_of(await shop.held())


async def expected(shop: ToldShop, family: Family) -> Books:
    """The books where each event came in its turn."""
    books = await told(shop, family, range(len(family.steps)), chance=random.Random(0))
    account = (await shop.held()).account
    assert account.book.available == family.available
    assert bool(account.suspended_for) is family.is_suspended
    assert (await shop.use.auditing()("ann")).problems == ()
    return books


async def every_order_ends_alike(family: Family) -> int:
    """Tries each once, with a gateway that tells the end or is still on its way; tells how many there were."""
    shop, tried, chance = ToldShop(), 0, random.Random(family.name)
    wanted = await expected(shop, family)
    for order in permutations(range(len(family.steps))):
        at_end = chance.random() < 0.5
        assert wanted == await told(shop, family, order, at_end=at_end, chance=chance), (order, at_end)
        tried += 1
    return tried


def shown(family: Family, tried: int) -> None:
    """For who reads the report (`-rP`)."""
    print(f"{tried:,} orders of {len(family.steps)} events: {family}")  # noqa: T201 - pytest keeps it


async def test_every_order_of_a_subscriptions_events_ends_in_the_same_books() -> None:
    family = THE_LIFE_OF_A_SUBSCRIPTION

    assert await every_order_ends_alike(family) == factorial(6)
    shown(family, factorial(6))


@pytest.mark.long
@pytest.mark.parametrize("family", UP_TO_SEVEN, ids=str)
async def test_every_order_of_a_refunds_and_a_disputes_events_ends_in_the_same_books(family: Family) -> None:
    tried = await every_order_ends_alike(family)

    assert tried == factorial(len(family.steps))
    shown(family, tried)


@pytest.mark.parametrize("family", ALL, ids=str)
def test_events_that_come_in_any_order_and_twice_end_in_the_same_books(family: Family) -> None:
    shop, tried = ToldShop(), set[tuple[int, ...]]()
    wanted = asyncio.run(expected(shop, family))
    numbers = list(range(len(family.steps)))
    again = st.lists(st.sampled_from(numbers), max_size=5)
    some = settings(max_examples=max(10, settings().max_examples // 5))

    @some
    @given(again.flatmap(lambda more: st.permutations(numbers + more)), st.booleans(), st.integers(0, 2**32))
    def ends_alike(order: list[int], at_end: bool, seed: int) -> None:
        tried.add(tuple(order))
        assert wanted == asyncio.run(told(shop, family, order, at_end=at_end, chance=random.Random(seed)))

    ends_alike()
    shown(family, len(tried))
