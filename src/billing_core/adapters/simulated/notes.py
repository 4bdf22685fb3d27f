"""Credit notes: an invoice turns out to be too high, before or after it was paid.

Before, less is due; after, the difference goes back to the card, to the customer's balance, or outside of Stripe.
"""

from attrs import evolve, frozen

from billing_core.adapters.simulated import note_shape
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer
from billing_core.adapters.simulated.paying import intent_of, is_under_way
from billing_core.adapters.simulated.refunding import charge_of, refund
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.subscriptions import CreditNote, Invoice, InvoiceStatus
from billing_core.adapters.simulated.writing_off import take_elsewhere


@frozen(kw_only=True)
class Back:
    """How much of a paid invoice goes back, and where to."""

    refund: int = 0
    balance: int = 0
    elsewhere: int = 0

    @property
    def total(self) -> int:
        return self.refund + self.balance + self.elsewhere


def issue(
    draft: Draft,
    invoice: Invoice,
    amount: int,
    back: Back,
    *,
    reason: str | None = None,
    memo: str | None = None,
    metadata: dict[str, str] | None = None,
) -> CreditNote:
    """A note over so much of an invoice. Raises Refused."""
    is_paid = invoice.status is InvoiceStatus.PAID
    _ensure_sound(draft, invoice, amount, back)
    made = None
    if back.refund:
        intent = intent_of(draft, invoice.id)
        if intent is None:
            raise Refused(message="There is no payment of this invoice to refund.", param="refund_amount")
        made = refund(draft, charge_of(draft, intent), amount_minor=back.refund)
    if back.balance:
        holder = draft.customer(invoice.customer_id)
        tell_customer(draft, evolve(holder, balance=holder.balance - back.balance), before=holder)
    note = CreditNote(
        id=draft.new_id("cn"),
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        amount_minor=amount,
        is_of_paid=is_paid,
        elsewhere_minor=back.elsewhere,
        refund_id=made.id if made else None,
        refunded_minor=back.refund,
        reason=reason,
        memo=memo,
        metadata=metadata or {},
        created_at=draft.now,
    )
    draft.put(note)
    if not is_paid:
        _lower(draft, invoice, amount)
    draft.emit("credit_note.created", note_shape.credit_note(draft, note))
    return note


def void_note(draft: Draft, note: CreditNote) -> CreditNote:
    """It was a mistake, so all of it is due again. Raises Refused where the invoice is paid."""
    invoice = draft.invoice(note.invoice_id)
    if note.voided_at is not None or invoice.status not in {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}:
        raise Refused(message="You can only void a credit note of an open invoice.")
    voided = evolve(note, voided_at=draft.now)
    draft.put(voided)
    _lower(draft, invoice, -note.amount_minor)
    draft.emit("credit_note.voided", note_shape.credit_note(draft, voided))
    return voided


def noted(draft: Draft, invoice: Invoice) -> int:
    """What the notes of an invoice, or those of after its payment once it is paid, come to."""
    is_paid = invoice.status is InvoiceStatus.PAID
    notes = (note for note in draft.named(CreditNote, invoice.id) if note.voided_at is None)
    return sum(note.amount_minor for note in notes if note.is_of_paid is is_paid)


def _ensure_sound(draft: Draft, invoice: Invoice, amount: int, back: Back) -> None:
    if invoice.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID} or is_under_way(draft, invoice):
        raise Refused(message=f"An invoice that is {invoice.status.value} cannot be credited.", param="invoice")
    is_paid = invoice.status is InvoiceStatus.PAID
    most = invoice.amount_paid + invoice.elsewhere_minor - noted(draft, invoice) if is_paid else invoice.amount_due
    if not 0 < amount <= most:
        raise Refused(message=f"The amount of a credit note of this invoice must be from 1 to {most}.", param="amount")
    if back.total != (amount if is_paid else 0):
        message = "The sum of credit amount, refund amount and out of band amount must be what was paid of the note."
        raise Refused(message=message)


def _lower(draft: Draft, invoice: Invoice, amount: int) -> None:
    """Less is due; where nothing is any more, the invoice is paid."""
    owed = evolve(invoice, amount_due=invoice.amount_due - amount, noted_minor=invoice.noted_minor + amount)
    draft.put(owed)
    intent = intent_of(draft, invoice.id)
    if owed.amount_due == 0:
        take_elsewhere(draft, owed)
    elif intent is not None:
        draft.put(evolve(intent, amount_minor=owed.amount_due))
