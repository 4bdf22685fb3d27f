"""A shop whose gateway tells what stands in its archive, and a customer of whom everything is in the books."""

import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from attrs import define, evolve, field

from billing_core.application.catching_up import BookingMissedInvoices, FollowingTouchedPayments, TakingMissedEvents
from billing_core.application.checking import Checked, Checking
from billing_core.application.claiming_cards import ClaimingCards
from billing_core.application.comparing import Comparing
from billing_core.application.drifting import FollowingDrift
from billing_core.application.fetching import FetchingInvoice
from billing_core.application.importing import Importing
from billing_core.application.naming import Naming
from billing_core.application.receiving import Receiving
from billing_core.application.reconciling import BOOKMARK, Reconciling
from billing_core.application.refreshing import Refreshing
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.reporting import ReportingRefusals
from billing_core.application.results import Outcome, Result, Trouble
from billing_core.domain.fraud import FraudPolicies, RiskLevel
from billing_core.domain.subscription import Status, SubscriptionSnapshot
from billing_core.ports.errors import BadSignature, UnknownAtGateway
from billing_core.ports.facts import Fact, InvoicePaid
from billing_core.ports.gateway import DisputeTold, PaymentGateway, PaymentState
from billing_core.ports.shelf import Prices
from billing_core.ports.webhooks import Delivery, Webhooks
from billing_core.testing.builders import a_snapshot, day
from tests.shops.archive import JULY, KeptArchive, a_gateway_customer, a_paid_invoice
from tests.shops.quiet import QuietShop

NOW = day(2026, 7, 15)
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
            self.accounts,
            books.directory,
            books.inbox,
            books.incidents,
            gateway,
            webhooks,
            self.catalog,
            self.clock,
            books.warnings,
            FraudPolicies(),
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
        gateway = cast(PaymentGateway, self.told)
        report = ReportingRefusals(books.incidents, self.clock)
        claim_card = ClaimingCards(self.accounts, books.directory, gateway, report)
        refresh = Refreshing(self.accounts, gateway, claim_card, self.catalog, self.clock)
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
            risk=RiskLevel.NORMAL,
            seen_at=NOW,
        )


def kinds(results: list[Result]) -> dict[str, int]:
    return dict(Counter(f"{result.kind} {result.outcome.value}" for result in results))


def a_line_of_old() -> Any:
    """A line with a price that no catalog version knows."""
    (line,) = a_paid_invoice(start=JULY).lines
    return evolve(line, key="il_odd", price="price_of_old", quantity=Decimal(1))
