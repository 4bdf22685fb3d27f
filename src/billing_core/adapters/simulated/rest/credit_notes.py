"""Credit notes over an amount of an invoice; notes over single lines are not simulated."""

from functools import partial

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.note_shape import credit_note
from billing_core.adapters.simulated.notes import Back, issue, void_note
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.pages import listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import CreditNote, Invoice

_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


def create(draft: Draft, params: Params) -> Json:
    invoice = params.needed("invoice", referred(draft, params, "invoice", Invoice, "invoice"))
    back = Back(
        refund=params.whole("refund_amount", least=0) or 0,
        balance=params.whole("credit_amount", least=0) or 0,
        elsewhere=params.whole("out_of_band_amount", least=0) or 0,
    )
    amount = params.needed("amount", params.whole("amount", least=0))
    reason, memo = params.choice("reason", *_REASONS), params.text("memo")
    params.choice("email_type", "credit_note", "none")
    made = issue(draft, invoice, amount, back, reason=reason, memo=memo, metadata=params.metadata())
    return credit_note(draft, made)


def retrieve(draft: Draft, params: Params, note_id: str) -> Json:
    return credit_note(draft, found(draft, CreditNote, note_id, "credit note"))


def listed(draft: Draft, params: Params) -> Json:
    invoice = referred(draft, params, "invoice", Invoice, "invoice")
    holder = referred(draft, params, "customer", Customer, "customer")

    def where(note: CreditNote) -> bool:
        return holder is None or note.customer_id == holder.id

    shape = partial(credit_note, draft)
    return listing(draft, params, "/v1/credit_notes", CreditNote, shape, by=invoice or holder, where=where)


def void(draft: Draft, params: Params, note_id: str) -> Json:
    return credit_note(draft, void_note(draft, found(draft, CreditNote, note_id, "credit note")))


ROUTES = (
    Route("POST", "/v1/credit_notes", create),
    Route("GET", "/v1/credit_notes", listed),
    Route("GET", "/v1/credit_notes/{note_id}", retrieve),
    Route("POST", "/v1/credit_notes/{note_id}/void", void),
)
EXPANDING: Expandings = {}
