"""What Till keeps, in the words of billing-core."""

from datetime import datetime
from decimal import Decimal

from attrs import evolve

from billing_core.domain.payments import Sign
from billing_core.domain.subscription import PendingChange, Status, SubscriptionSnapshot
from billing_core.ports.facts import InvoiceLine, InvoicePaid
from billing_core.ports.gateway import PaymentShown
from till.words import Bill, Contract, Item

SITE = "https://till.example"


def snapshot_of(contract: Contract, now: datetime) -> SubscriptionSnapshot:
    snapshot = SubscriptionSnapshot(
        id=contract.id,
        customer_id=contract.customer,
        status=Status.ACTIVE,
        created_at=contract.since,
        seen_at=now,
        price=contract.tariff,
        anchor=contract.anchor,
        period_start=contract.start,
        period_end=contract.end,
        cancel_at_period_end=contract.ends_with_period,
        ended_at=contract.over,
        trial_start=contract.since if contract.trial_end else None,
        trial_end=contract.trial_end,
        pending_change=PendingChange(contract.next_tariff, contract.end) if contract.next_tariff else None,
    )
    if contract.over is not None:
        return evolve(snapshot, status=Status.CANCELED)
    if contract.trial_end is not None and now < contract.trial_end:
        return evolve(snapshot, status=Status.TRIALING)
    return snapshot


def lines_of(of: str, items: tuple[Item, ...]) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            key=f"{of}_{n}",
            price=item.tariff,
            sign=Sign.CREDIT if item.back else Sign.CHARGE,
            quantity=Decimal(1),
            start=item.start,
            end=item.end,
            prorated=not item.whole,
        )
        for n, item in enumerate(items)
    )


def invoice_of(bill: Bill) -> InvoicePaid:
    return InvoicePaid(
        invoice_id=bill.id,
        subscription_id=bill.contract,
        customer_id=bill.customer,
        amount_minor=bill.amount,
        currency=bill.currency,
        paid_at=bill.at,
        lines=lines_of(bill.id, bill.items),
    )


def shown(bill: Bill) -> PaymentShown:
    return PaymentShown(
        id=bill.id,
        at=bill.at,
        kind="subscription" if bill.contract else "pack",
        status="succeeded",
        amount_minor=bill.amount,
        currency=bill.currency,
        refunded_minor=bill.refunded,
        description=", ".join(item.tariff for item in bill.items),
        receipt_url=None,
        invoice_url=f"{SITE}/bills/{bill.id}",
    )
