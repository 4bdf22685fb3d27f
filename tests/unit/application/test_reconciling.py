"""What was never told, or told wrongly, is noticed, and the books follow."""

import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from attrs import define, evolve, field

from billing_core.application.catching_up import BookingMissedInvoices, FollowingTouchedPayments, TakingMissedEvents
from billing_core.application.checking import Checked, Checking
from billing_core.application.comparing import Comparing
from billing_core.application.drifting import FollowingDrift
from billing_core.application.fetching import FetchingInvoice
from billing_core.application.importing import Importing
from billing_core.application.naming import Naming
from billing_core.application.receiving import NOBODY, Receiving
from billing_core.application.reconciling import BOOKMARK, Reconciling
from billing_core.application.refreshing import Refreshing
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.results import Outcome, Result, Trouble
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.archive import Unreadable
from billing_core.ports.errors import BadSignature, Unavailable, UnknownAtGateway
from billing_core.ports.facts import Fact, InvoicePaid, NothingToDo, SubscriptionTouched
from billing_core.ports.gateway import DisputeTold, PaymentGateway, PaymentState
from billing_core.ports.records import CauseStatus
from billing_core.ports.shelf import Prices
from billing_core.ports.webhooks import Delivery, Webhooks
from billing_core.testing.builders import a_snapshot, day
from tests.gateway_archive import KeptArchive, a_gateway_customer, a_paid_invoice
from tests.quiet_shop import QuietShop

NOW, JULY = day(2026, 7, 15), day(2026, 7, 1)
A_DAY = timedelta(days=1)
FREE_CREDITS = 10


@define
class Told:
    """A gateway that tells what stands in its archive, and webhooks whose bodies name their facts."""

    archive: KeptArchive
    payments: dict[str, PaymentState] = field(factory=dict)
    facts: dict[str, Fact] = field(factory=dict)
    asked: list[str] = field(factory=list)

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        self.asked.append(subscription_id)
        for told in self.archive.kept_subscriptions:
            if isinstance(told, SubscriptionSnapshot) and told.id == subscription_id:
                return evolve(told, seen_at=now)
        raise UnknownAtGateway(subscription_id)

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        self.asked.append(invoice_id)
        invoices = (told for told in self.archive.kept_invoices if isinstance(told, InvoicePaid))
        return next((told for told in invoices if told.invoice_id == invoice_id), None)

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        if payment not in self.payments:
            raise UnknownAtGateway(payment)
        return evolve(self.payments[payment], seen_at=now)

    def retranslate(self, body: bytes) -> Delivery:
        event_id = json.loads(body)
        if event_id not in self.facts:
            raise BadSignature("not an event")
        return Delivery(
            event_id=event_id, type="told", created_at=JULY, livemode=False, fact=self.facts[event_id], body=body
        )

    def forget(self) -> None: ...


@define
class Shop(QuietShop):
    """A customer, `cus_1`, who pays monthly; everything of whom is in the books."""

    archive: KeptArchive = field(factory=KeptArchive)
    told: Told = field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.told = Told(self.archive)

    async def brought_in(self) -> None:
        self.clock.advance(NOW - self.clock.now())
        self.archive.kept_customers = [a_gateway_customer()]
        self.archive.kept_subscriptions = [a_snapshot(customer_id="cus_1", period_start=JULY)]
        self.archive.kept_invoices = [a_paid_invoice(start=JULY)]
        books = self.memory
        bring_in = Importing(
            self.accounts, books.directory, books.bookmarks, books.incidents, self.archive, self.catalog, self.clock
        )
        assert [] == [result async for result in bring_in(Naming()) if result.outcome is not Outcome.NEW]
        self.clock.advance(A_DAY)

    @property
    def reconciling(self) -> Reconciling:
        books, trouble = self.memory, Trouble(self.memory.incidents, self.clock, "reconcile")
        gateway, webhooks = cast(PaymentGateway, self.told), cast(Webhooks, self.told)
        receiving = Receiving(
            self.accounts,
            books.directory,
            books.inbox,
            webhooks,
            cast(Prices, self.told),
            self.catalog,
            self.clock,
            livemode=False,
        )
        fetch_invoice = FetchingInvoice(self.accounts, gateway, self.catalog, self.clock)
        refresh_payment = RefreshingPayment(
            self.accounts, books.directory, books.inbox, books.incidents, gateway, webhooks, self.catalog, self.clock
        )
        return Reconciling(
            TakingMissedEvents(receiving, books.directory, self.archive, self.clock, trouble),
            self.drift,
            BookingMissedInvoices(self.accounts, books.directory, self.archive, fetch_invoice, self.clock, trouble),
            FollowingTouchedPayments(
                self.accounts, books.directory, self.archive, gateway, refresh_payment, self.clock, trouble
            ),
            books.bookmarks,
            self.clock,
        )

    @property
    def drift(self) -> FollowingDrift:
        books, trouble = self.memory, Trouble(self.memory.incidents, self.clock, "reconcile")
        refresh = Refreshing(self.accounts, cast(PaymentGateway, self.told), self.catalog, self.clock)
        compare = Comparing(self.accounts, books.directory, books.register, self.archive, self.clock)
        return FollowingDrift(compare, refresh, trouble)

    async def reconciled(self, **how: Any) -> list[Result]:
        """What was done: everything but what was found as it should be."""
        same = {Outcome.UNCHANGED, Outcome.SKIPPED}
        return [result async for result in self.reconciling(**how) if result.outcome not in same]

    async def checked(self, *, dry_run: bool = False) -> list[Checked]:
        return [checked async for checked in Checking(self.drift, self.clock)(dry_run=dry_run)]

    async def cursor(self) -> str | None:
        return await self.memory.bookmarks.get(BOOKMARK)

    async def status(self) -> Status | None:
        (subscription,) = (await self.kept("cus_1")).subscriptions
        return subscription.status

    def is_told(self, **news: Any) -> None:
        """The gateway has other news of the subscription."""
        (snapshot,) = self.archive.kept_subscriptions
        assert isinstance(snapshot, SubscriptionSnapshot)
        self.archive.kept_subscriptions = [evolve(snapshot, **news)]

    def happened(self, event_id: str, fact: Fact) -> None:
        """Something of which no webhook came."""
        self.told.facts[event_id] = fact
        self.archive.kept_events.append(json.dumps(event_id).encode())

    def went_back(self, amount_minor: int = 0, *disputes: DisputeTold) -> None:
        """Money of the July invoice, of which no webhook came."""
        invoice = a_paid_invoice(start=JULY)
        self.archive.touched = ["pi_1", "pi_1"]
        self.told.payments["pi_1"] = PaymentState(
            id=invoice.invoice_id,
            customer_id="cus_1",
            amount_minor=1000,
            currency="usd",
            refunded_minor=amount_minor,
            disputes=disputes,
            settles=invoice,
            is_risk_highest=False,
            seen_at=NOW,
        )


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.brought_in()
    return shop


def kinds(results: list[Result]) -> dict[str, int]:
    return dict(Counter(f"{result.kind} {result.outcome.value}" for result in results))


async def test_where_all_is_in_step_nothing_is_done(shop: Shop) -> None:
    before = await shop.written()

    assert [] == await shop.reconciled()

    assert before == await shop.written()
    assert [] == shop.told.asked


# Events


async def test_an_event_that_never_came_is_taken_in_once(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))

    (first,) = await shop.reconciled()

    assert ("event", "evt_1", Outcome.NEW, "cus_1") == (first.kind, first.id, first.outcome, first.account_id)
    assert ["sub_1"] == [job.args["subscription_id"] for job in shop.jobs("refresh-subscription")]
    assert [] == await shop.reconciled()


async def test_an_event_of_nobody_is_parked_once(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_2", customer_id="cus_2"))

    assert {"event new": 1} == kinds(await shop.reconciled())
    assert [] == await shop.reconciled()
    assert ["evt_1"] == [parked.event_id for parked in await shop.memory.directory.parked_for("cus_2")]


async def test_an_event_that_says_nothing_is_not_kept(shop: Shop) -> None:
    shop.happened("evt_1", NothingToDo("balance.available"))

    assert [] == await shop.reconciled()
    assert () == await shop.memory.inbox.with_status(CauseStatus.PROCESSED)


async def test_an_event_that_came_and_failed_is_left_to_its_own_retries(shop: Shop) -> None:
    unknown = evolve(a_paid_invoice(start=JULY), invoice_id="in_odd", lines=(a_line_of_old(),))
    shop.happened("evt_1", unknown)
    assert {"event failed": 1} == kinds(await shop.reconciled())
    kept = await shop.memory.inbox.get("cus_1", "webhook:evt_1")

    assert [] == await shop.reconciled()
    assert kept == await shop.memory.inbox.get("cus_1", "webhook:evt_1")


async def test_an_event_that_cannot_be_read_is_shown(shop: Shop) -> None:
    shop.archive.kept_events.append(b'"evt_odd"')

    assert {"event unreadable": 1} == kinds(await shop.reconciled())
    assert ["reconcile_unreadable"] == await shop.incidents()


# Subscriptions


async def test_a_subscription_that_drifted_is_fetched_and_followed(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    (result,) = await shop.reconciled()

    assert ("subscription", "sub_1", Outcome.CHANGED, "cus_1", "status active -> past_due") == (
        result.kind,
        result.id,
        result.outcome,
        result.account_id,
        result.detail,
    )
    assert Status.PAST_DUE is await shop.status()
    assert [] == await shop.reconciled()


async def test_one_that_ended_unheard_ends(shop: Shop) -> None:
    shop.is_told(status=Status.CANCELED, ended_at=NOW)

    assert {"subscription changed": 1} == kinds(await shop.reconciled())
    assert "free" == await shop.plan("cus_1")


async def test_one_of_a_known_customer_that_was_never_told_comes_in(shop: Shop) -> None:
    shop.archive.kept_subscriptions.append(a_snapshot(id="sub_2", customer_id="cus_1", price="drip-price", anchor=NOW))

    assert {"subscription changed": 1} == kinds(await shop.reconciled())
    assert "cus_1" == await shop.memory.directory.owner_of("sub_2")


async def test_one_that_the_gateway_does_not_know_stays_and_a_person_is_told(shop: Shop) -> None:
    shop.archive.kept_subscriptions = []

    assert {"subscription gone": 1} == kinds(await shop.reconciled())

    assert Status.ACTIVE is await shop.status()
    assert ["reconcile_gone"] == await shop.incidents()
    assert None is not await shop.cursor()


async def test_those_of_nobody_and_those_that_cannot_be_read_stand_in_nobodys_way(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)
    shop.archive.kept_subscriptions += [
        a_snapshot(id="sub_9", customer_id="cus_9"),
        Unreadable(id="sub_odd", customer_id="cus_1", problem="has no item"),
    ]

    assert {"subscription changed": 1, "subscription unreadable": 1} == kinds(await shop.reconciled())


# Invoices


async def test_an_invoice_that_was_paid_unheard_is_booked(shop: Shop) -> None:
    shop.is_told(period_start=day(2026, 8, 1), period_end=day(2026, 9, 1))
    shop.clock.advance(20 * A_DAY)
    shop.archive.kept_invoices.insert(0, a_paid_invoice(start=day(2026, 8, 1)))

    assert {"subscription changed": 1, "invoice new": 1} == kinds(await shop.reconciled())

    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    assert [] == await shop.reconciled()
    await shop.proven("cus_1")


async def test_an_invoice_of_before_the_import_gives_nothing(shop: Shop) -> None:
    shop.archive.kept_invoices.append(a_paid_invoice(start=day(2026, 6, 1)))

    assert {"invoice new": 1} == kinds(await shop.reconciled(since=day(2026, 5, 1)))

    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    assert [] == await shop.reconciled(since=day(2026, 5, 1))


async def test_an_invoice_with_a_price_that_nobody_knows_is_told(shop: Shop) -> None:
    odd = evolve(a_paid_invoice(start=day(2026, 7, 2)), lines=(a_line_of_old(),))
    shop.archive.kept_invoices.insert(0, odd)

    assert {"invoice unknown_price": 1} == kinds(await shop.reconciled())
    assert None is await shop.cursor()


async def test_one_without_a_subscription_and_one_of_nobody_are_left_alone(shop: Shop) -> None:
    shop.archive.kept_invoices += [
        evolve(a_paid_invoice(start=NOW), invoice_id="in_x", subscription_id=None),
        a_paid_invoice(9, start=NOW),
    ]

    assert [] == await shop.reconciled()


# Payments


async def test_a_refund_that_was_never_told_is_followed(shop: Shop) -> None:
    shop.went_back(500)

    (result,) = await shop.reconciled()

    assert ("payment", Outcome.CHANGED, "refunded 0 -> 500") == (result.kind, result.outcome, result.detail)
    assert FREE_CREDITS + 100 == await shop.available("cus_1")
    assert [] == await shop.reconciled()


async def test_a_dispute_that_was_never_told_suspends(shop: Shop) -> None:
    shop.went_back(0, DisputeTold(id="du_1", status=DisputeStatus.OPEN, amount_minor=1000, reason="fraudulent"))

    (result,) = await shop.reconciled()

    assert "dispute du_1 open" == result.detail
    assert ("dispute:du_1",) == (await shop.kept("cus_1")).suspended_for
    assert [] == await shop.reconciled()


async def test_a_payment_that_the_gateway_does_not_know_is_told(shop: Shop) -> None:
    shop.archive.touched = ["pi_nowhere"]

    assert {"payment failed": 1} == kinds(await shop.reconciled())


async def test_a_payment_of_nobody_is_left_alone(shop: Shop) -> None:
    shop.went_back(500)
    shop.told.payments["pi_1"] = evolve(shop.told.payments["pi_1"], id="in_9", customer_id="cus_9")

    assert [] == await shop.reconciled()


# The whole


async def test_a_dry_run_tells_the_same_and_writes_nothing(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    shop.is_told(status=Status.PAST_DUE)
    shop.archive.kept_invoices.insert(0, a_paid_invoice(start=NOW))
    shop.went_back(500)
    before, jobs = await shop.written(), shop.jobs()

    dry = await shop.reconciled(dry_run=True)

    assert before == await shop.written()
    assert jobs == shop.jobs()
    assert None is await shop.cursor()
    assert dry == await shop.reconciled()


async def test_the_cursor_moves_only_when_all_went_well(shop: Shop) -> None:
    shop.archive.touched = ["pi_nowhere"]
    await shop.reconciled()
    assert None is await shop.cursor()

    shop.archive.touched = []
    await shop.reconciled()

    assert shop.clock.now().isoformat() == await shop.cursor()


async def test_the_cursor_does_not_move_over_what_was_not_looked_at(shop: Shop) -> None:
    await shop.reconciled(since=shop.clock.now() - A_DAY)
    assert None is await shop.cursor()

    await shop.reconciled(since=shop.clock.now() - 40 * A_DAY)
    assert None is not await shop.cursor()


async def test_where_the_gateway_is_down_the_cursor_stays(shop: Shop) -> None:
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    shop.archive.breaks_after = 1
    with pytest.raises(Unavailable):
        await shop.reconciled()

    assert None is await shop.cursor()
    assert {} == kinds(await shop.reconciled())


async def test_it_looks_back_to_the_last_run_and_no_further_than_events_are_kept(shop: Shop) -> None:
    first = shop.clock.now()
    await shop.reconciled()
    shop.clock.advance(A_DAY)
    await shop.reconciled()
    shop.clock.advance(60 * A_DAY)
    await shop.reconciled()

    assert [first - 30 * A_DAY, first - timedelta(hours=1), shop.clock.now() - 30 * A_DAY] == shop.archive.events_since


async def test_the_job_does_the_same(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    await shop.reconciling.run({})

    assert Status.PAST_DUE is await shop.status()


# Checking


async def test_a_subscription_in_step_is_told_as_it_stands(shop: Shop) -> None:
    (checked,) = await shop.checked()

    assert (Status.ACTIVE, False, False) == (checked.status, checked.is_due, checked.is_overdue)
    assert Outcome.UNCHANGED is checked.result.outcome


async def test_one_whose_period_is_over_is_due_until_the_renewal_comes(shop: Shop) -> None:
    shop.clock.advance(20 * A_DAY)
    (checked,) = await shop.checked()
    assert checked.is_due

    shop.is_told(period_start=day(2026, 8, 1), period_end=day(2026, 9, 1))
    (told,) = await shop.checked()
    (after,) = await shop.checked()

    assert (True, Outcome.CHANGED) == (told.is_due, told.result.outcome)
    assert (False, Outcome.UNCHANGED) == (after.is_due, after.result.outcome)


async def test_one_that_is_not_paid_is_overdue(shop: Shop) -> None:
    shop.is_told(status=Status.PAST_DUE)

    (dry,) = await shop.checked(dry_run=True)
    assert Status.ACTIVE is await shop.status()
    (checked,) = await shop.checked()

    assert dry == checked
    assert (Status.PAST_DUE, True) == (checked.status, checked.is_overdue)
    assert Status.PAST_DUE is await shop.status()


async def test_those_of_nobody_are_not_told(shop: Shop) -> None:
    shop.archive.kept_subscriptions = [a_snapshot(id="sub_9", customer_id="cus_9")]

    assert ["sub_1"] == [checked.result.id for checked in await shop.checked()]


def a_line_of_old() -> Any:
    """A line with a price that no catalog version knows."""
    (line,) = a_paid_invoice(start=JULY).lines
    return evolve(line, key="il_odd", price="price_of_old", quantity=Decimal(1))


async def test_the_inbox_of_nobody_is_looked_at_too(shop: Shop) -> None:
    """An event may have come when nobody was known to own it."""
    body = json.dumps("evt_1").encode()
    shop.happened("evt_1", SubscriptionTouched(subscription_id="sub_1", customer_id="cus_1"))
    quiet = evolve(shop.told.retranslate(body), fact=NothingToDo("told"))
    await shop.reconciling.events.receiving.take(quiet, now=shop.clock.now())

    assert None is not await shop.memory.inbox.get(NOBODY, "webhook:evt_1")
    assert [] == await shop.reconciled()
