"""Till as a `PaymentGateway`: the words of billing-core on the one side, Till's on the other."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from attrs import frozen

from billing_core.domain.catalog import CatalogVersion, Interval
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.errors import BillingError, CurrencyLocked, IllegalTransition, InvalidValue
from billing_core.domain.fraud import RiskLevel
from billing_core.domain.money import Money
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.errors import IdempotencyKeyReused, UnknownAtGateway
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import (
    ChangeOutcome,
    ChangeQuote,
    ChangeStatus,
    CheckoutRequest,
    CheckoutSession,
    DisputeTold,
    PaymentLink,
    PaymentLinkRequest,
    PaymentShown,
    PaymentState,
    PlanChange,
    RefundOutcome,
    RefundReason,
    RefundStatus,
    When,
)
from till.provider import Till
from till.translation import SITE, invoice_of, lines_of, shown, snapshot_of
from till.webhooks import progressed
from till.words import Change, Refused, Tariff

MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12, None: 0}
ERRORS: Mapping[str, Callable[[str], BillingError]] = {
    "unknown": UnknownAtGateway,
    "key_reused": IdempotencyKeyReused,
    "currency": CurrencyLocked,
    "over": lambda _: IllegalTransition("change", "canceled"),
    "not_recurring": lambda about: InvalidValue("price", f"{about} is paid once"),
    "time": lambda about: InvalidValue("as_of", f"{about} is not in the present period"),
}
STATUSES = {
    "done": ChangeStatus.DONE,
    "asking": ChangeStatus.PENDING_AUTHENTICATION,
    "declined": ChangeStatus.DECLINED,
}


def tariffs_of(version: CatalogVersion) -> dict[str, Tariff]:
    """What Till is to sell, by our price keys."""
    prices = (offer.price for offer in version.offers.values())
    return {
        price.key: Tariff(price.key, price.money.amount_minor, price.money.currency, MONTHS[price.interval])
        for price in prices
    }


@contextmanager
def in_our_words() -> Iterator[None]:
    """The one place where Till's refusals become our errors."""
    try:
        yield
    except Refused as refused:
        raise ERRORS[refused.code](refused.about) from refused


@frozen
class TillGateway:
    """The port `PaymentGateway`. Promotion codes are not Till's."""

    till: Till

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        return self.till.customer(account_id)

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        if request.promotion_code is not None:
            raise InvalidValue("promotion_code", "cannot be used")
        note = {
            "account": request.account_id,
            "kind": request.kind.value,
            "item": request.item,
            "version": request.version,
        }

        def open_visit() -> CheckoutSession:
            visit = self.till.open_visit(request.customer_id, request.price, request.trial_days, note)
            return CheckoutSession(id=visit.id, url=f"{SITE}/visits/{visit.id}", expires_at=visit.until)

        with in_our_words():
            return self.till.once("visit", idempotency_key, request, open_visit)

    async def expire_checkout(self, session_id: str) -> None:
        if session_id in self.till.visits:
            self.till.visits[session_id].open = False

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        return f"{SITE}/portal/{self.till.new_id('door')}?back={return_url}"

    async def preview_change(self, change: PlanChange) -> ChangeQuote:
        with in_our_words():
            contract = self.till.contract(change.subscription_id)
            at, tariff = change.as_of or self.till.clock.now(), self.till.tariffs[change.price]
            reckoned = self.till.reckon(contract, change.price, at)
        is_now = change.when is When.NOW
        return ChangeQuote(
            due_now_minor=reckoned.due if is_now else 0,
            currency=tariff.currency,
            next_amount=Money(tariff.amount, tariff.currency),
            next_at=reckoned.end if is_now else contract.end,
            as_of=at,
            lines=lines_of("quote", reckoned.items) if is_now else (),
        )

    async def change_plan(self, change: PlanChange, *, idempotency_key: str) -> ChangeOutcome:
        def move() -> Change:
            contract = self.till.contract(change.subscription_id)
            at = change.as_of or self.till.clock.now()
            if change.when is When.NOW:
                return self.till.change(contract, change.price, at)
            self.till.reckon(contract, change.price, at)  # refuses what cannot be
            self.till.change_later(contract, change.price)
            return Change(contract.id, change.price, at, contract.end, None)

        with in_our_words():
            done = self.till.once("change", idempotency_key, change, move)
        is_asking = done.state == "asking" and done.bill is not None
        return ChangeOutcome(
            status=STATUSES[done.state],
            hosted_invoice_url=f"{SITE}/bills/{done.bill.id}" if is_asking and done.bill else None,
            decline_code="card_declined" if done.state == "declined" else None,
        )

    async def drop_change(self, subscription_id: str) -> None:
        with in_our_words():
            self.till.change_later(self.till.contract(subscription_id), None)

    async def cancel(self, subscription_id: str, *, at_period_end: bool, prorate: bool, idempotency_key: str) -> None:
        def end() -> None:
            contract = self.till.contract(subscription_id)
            if contract.over is not None:
                return
            if at_period_end:
                self.till.end_with_period(contract, ends=True)
            else:
                self.till.end(contract, credit=prorate)

        with in_our_words():
            self.till.once("end", idempotency_key, (subscription_id, at_period_end, prorate), end)

    async def resume(self, subscription_id: str, *, idempotency_key: str) -> None:
        def go_on() -> None:
            contract = self.till.contract(subscription_id)
            if contract.over is not None:
                raise Refused("over", subscription_id)
            self.till.end_with_period(contract, ends=False)

        with in_our_words():
            self.till.once("go on", idempotency_key, subscription_id, go_on)

    async def fetch_subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionSnapshot:
        with in_our_words():
            return snapshot_of(self.till.contract(subscription_id), now)

    async def card_of(self, subscription_id: str) -> str | None:
        with in_our_words():
            self.till.contract(subscription_id)
        return self.till.card

    async def fetch_invoice(self, invoice_id: str) -> InvoicePaid | None:
        with in_our_words():
            bill = self.till.bill(invoice_id)
        return invoice_of(bill) if bill.paid and bill.contract is not None else None

    async def fetch_payment(self, payment: str, *, now: datetime) -> PaymentState:
        with in_our_words():
            bill = self.till.bill(payment)
        dispute = DisputeTold(
            id=f"{bill.id}_dispute", status=DisputeStatus.OPEN, amount_minor=bill.amount, reason="the cardholder's"
        )
        return PaymentState(
            id=bill.id,
            customer_id=bill.customer,
            amount_minor=bill.amount,
            currency=bill.currency,
            refunded_minor=bill.refunded,
            disputes=(dispute,) if bill.disputed else (),
            settles=invoice_of(bill) if bill.contract else progressed(self.till.outcome(bill), at=bill.at),
            risk=RiskLevel.UNKNOWN,
            seen_at=now,
        )

    async def fetch_event(self, event_id: str) -> bytes:
        for body in self.till.news:
            if f'"id": "{event_id}"'.encode() in body:
                return body
        raise UnknownAtGateway(event_id)

    async def refund(
        self, payment: str, *, amount_minor: int | None, reason: RefundReason, idempotency_key: str
    ) -> RefundOutcome:
        def give_back() -> RefundOutcome:
            try:
                amount = self.till.refund(self.till.bill(payment), amount_minor)
            except Refused as refused:
                if refused.code not in {"too_much", "disputed"}:
                    raise
                return RefundOutcome(status=RefundStatus.REFUSED, problem=str(refused))
            return RefundOutcome(status=RefundStatus.SUCCEEDED, refund_id=self.till.new_id("back"), amount_minor=amount)

        with in_our_words():
            return self.till.once("refund", idempotency_key, (payment, amount_minor, reason), give_back)

    async def payments(
        self, customer_id: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[PaymentShown, ...], str | None]:
        bills = list(self.till.paid_by(customer_id))
        first = 1 + next((n for n, bill in enumerate(bills) if bill.id == after), -1)
        page = bills[first : first + limit]
        return tuple(map(shown, page)), page[-1].id if len(bills) > first + limit else None

    async def open_payment_link(self, request: PaymentLinkRequest, *, idempotency_key: str) -> PaymentLink:
        def make() -> PaymentLink:
            link_id = self.till.new_id("link")
            self.till.links[link_id] = f"{SITE}/links/{link_id}"
            return PaymentLink(id=link_id, url=self.till.links[link_id], active=True)

        with in_our_words():
            return self.till.once("link", idempotency_key, request, make)

    async def fetch_payment_link(self, link_id: str) -> PaymentLink:
        if link_id not in self.till.links:
            raise UnknownAtGateway(link_id)
        return PaymentLink(id=link_id, url=self.till.links[link_id], active=True)

    def page_of(self, object_id: str) -> str:
        return f"{SITE}/office/{object_id}"
