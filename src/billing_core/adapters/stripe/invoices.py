"""Invoices, in the shapes of every API version since 2017."""

import re
from collections.abc import Mapping
from datetime import datetime

from billing_core.adapters.stripe.lines import has_unique_id, line_of, without_extras
from billing_core.adapters.stripe.shapes import (
    Misshapen,
    Shape,
    customer_of,
    id_of,
    moment,
    needed,
    part,
    rows,
    text,
    url,
    whole,
)
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.facts import InvoicePaid, InvoiceTouched, InvoiceUnpaid, OddityTold

_CURRENCY = re.compile(r"[a-z]{3}")
_NOT_PAID = frozenset({"draft", "open", "void", "uncollectible"})


def paid(invoice: Shape, *, prices: Mapping[str, str], at: datetime) -> InvoicePaid:
    """A paid invoice; `at` is when it was told. Raises Misshapen.

    It is complete only if it says that there are no more lines, and if they can be told from last month's: lines of
    the oldest versions cannot, so those are left to a fetch.
    """
    if text(invoice, "status") in _NOT_PAID:
        raise Misshapen("a paid invoice is not paid")
    paid_at = moment(part(invoice, "status_transitions"), "paid_at") or at
    page = part(invoice, "lines")
    listed = rows(page, "data")
    are_unique = all(map(has_unique_id, listed))
    ours = without_extras(listed, prices) if are_unique else []
    told = [line_of(line, prices=prices, at=paid_at) for line in ours]
    kept = [line for line in told if line is not None]
    return InvoicePaid(
        invoice_id=needed(text(invoice, "id"), "id"),
        subscription_id=_only({subscription_of(invoice), *[subscription_id for subscription_id, _ in kept]}),
        customer_id=needed(customer_of(invoice), "customer"),
        amount_minor=_amount(invoice),
        currency=currency_of(invoice),
        paid_at=paid_at,
        lines=tuple(line for _, line in kept),
        complete=are_unique and page.get("has_more") is False,
    )


def unpaid(invoice: Shape, *, needs_authentication: bool) -> InvoiceUnpaid:
    """Raises Misshapen."""
    return InvoiceUnpaid(
        invoice_id=needed(text(invoice, "id"), "id"),
        subscription_id=subscription_of(invoice),
        customer_id=needed(customer_of(invoice), "customer"),
        hosted_invoice_url=url(invoice, "hosted_invoice_url"),
        needs_authentication=needs_authentication,
        attempt=whole(invoice, "attempt_count") or 0,
    )


def touched(invoice: Shape) -> InvoiceTouched:
    """Raises Misshapen."""
    return InvoiceTouched(
        invoice_id=needed(text(invoice, "id"), "id"),
        subscription_id=subscription_of(invoice),
        customer_id=needed(customer_of(invoice), "customer"),
    )


def credited(note: Shape) -> InvoiceTouched:
    """The invoice of a credit note. Raises Misshapen."""
    return InvoiceTouched(
        invoice_id=needed(id_of(note, "invoice"), "invoice"),
        subscription_id=subscription_of(part(note, "invoice")),
        customer_id=needed(customer_of(note), "customer"),
    )


def not_finalized(invoice: Shape, *, at: datetime) -> OddityTold:
    """An invoice that Stripe could not make ready, so that it charges nobody. Raises Misshapen.

    The customer is not told: there is no page on which to pay, and what is wrong (a tax location, an account that is
    set up badly) is put right in Stripe's dashboard.
    """
    invoice_id = needed(text(invoice, "id"), "id")
    why = text(part(invoice, "last_finalization_error"), "code") or "no reason given"
    return OddityTold(
        key=f"invoice-not-finalized:{invoice_id}",
        kind=IncidentKind.INVOICE_NOT_FINALIZED,
        detail=f"invoice {invoice_id} could not be finalized ({why}), so nothing is collected until that is put right",
        customer_id=customer_of(invoice),
        at=at,
        about={"invoice": invoice_id},
    )


def overpaid(invoice: Shape, *, at: datetime) -> OddityTold:
    """More came in than was asked for. Stripe puts it on the customer's balance; whether it goes back from there is for
    a person to say. Raises Misshapen."""
    invoice_id, surplus = needed(text(invoice, "id"), "id"), needed(whole(invoice, "amount_overpaid"), "surplus")
    return OddityTold(
        key=f"invoice-overpaid:{invoice_id}",
        kind=IncidentKind.INVOICE_OVERPAID,
        detail=f"invoice {invoice_id} was overpaid by {surplus} minor units, which are on the customer's balance",
        customer_id=customer_of(invoice),
        at=at,
        about={"invoice": invoice_id},
    )


def subscription_of(invoice: Shape) -> str | None:
    """Since basil under `parent`, before that on the invoice; none for an invoice of something else."""
    parent = part(invoice, "parent")
    if parent.get("type") == "subscription_details":
        return id_of(part(parent, "subscription_details"), "subscription")
    return id_of(invoice, "subscription")


def currency_of(shape: Shape) -> str:
    """Raises Misshapen."""
    currency = needed(text(shape, "currency"), "currency")
    if not _CURRENCY.fullmatch(currency):
        raise Misshapen("no usable currency")
    return currency


def _amount(invoice: Shape) -> int:
    """What was really paid. Where it was paid outside of Stripe and Stripe counts nothing, all that it was over."""
    amount = needed(whole(invoice, "amount_paid"), "amount")
    if amount <= 0 and invoice.get("paid_out_of_band") is True:
        amount = needed(whole(invoice, "total"), "amount")
    return max(0, amount, whole(invoice, "amount_paid_off_stripe") or 0)


def _only(subscription_ids: set[str | None]) -> str | None:
    """The one subscription that is named. Lines of two cannot be told apart, and must not be given to one."""
    named = subscription_ids - {None}
    if len(named) > 1:
        raise Misshapen("an invoice of several subscriptions")
    return next(iter(named), None)
