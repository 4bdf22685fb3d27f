"""Invoices: looked at, foreseen, paid by hand and voided."""

from functools import partial

from billing_core.adapters.simulated import invoice_shape, manual_payment
from billing_core.adapters.simulated.cards import Charge, Verdict
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.ending import drop_update
from billing_core.adapters.simulated.foreseeing import foresee
from billing_core.adapters.simulated.invoicing import void
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.money_shape import GENERIC, declined
from billing_core.adapters.simulated.paying import intent_of, is_under_way
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest.errors import error
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.finding import found, referred
from billing_core.adapters.simulated.rest.items import wish_of
from billing_core.adapters.simulated.rest.pages import chunk, listing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Reply, Route
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus, Subscription
from billing_core.adapters.simulated.writing_off import catch_up, write_off

_OWED = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
_STATUSES = ("draft", "open", "paid", "uncollectible", "void")


def retrieve(draft: Draft, params: Params, invoice_id: str) -> Json:
    return _shape(draft, _found(draft, invoice_id))


def listed(draft: Draft, params: Params) -> Json:
    holder = referred(draft, params, "customer", Customer, "customer")
    sub = referred(draft, params, "subscription", Subscription, "subscription")
    of = sub or holder
    status = params.choice("status", *_STATUSES)

    def where(invoice: Invoice) -> bool:
        return status in {None, invoice.status.value} and (holder is None or invoice.customer_id == holder.id)

    shape = partial(_shape, draft)
    return listing(draft, params, "/v1/invoices", Invoice, shape, by=of, where=where)


def lines(draft: Draft, params: Params, invoice_id: str) -> Json:
    invoice = _found(draft, invoice_id)
    url = f"/v1/invoices/{invoice_id}/lines"
    return chunk(
        params,
        url,
        invoice.lines,
        key=lambda line: line.id,
        shape=lambda line: invoice_shape.line(draft, line, invoice),
    )


def create_preview(draft: Draft, params: Params) -> Json:
    sub = params.needed("subscription", referred(draft, params, "subscription", Subscription, "subscription"))
    holder = referred(draft, params, "customer", Customer, "customer")
    if sub.is_over or (holder is not None and holder.id != sub.customer_id):
        raise Refused(
            message=f"No upcoming invoices for subscription: {sub.id}", code="invoice_upcoming_none", status=404
        )
    wish = wish_of(draft, params.inside("subscription_details"), sub)
    return _shape(draft, foresee(draft, sub, wish))


def void_one(draft: Draft, params: Params, invoice_id: str) -> Json:
    """Voiding what a change waits for is how that change is given up; nobody is late for what is void."""
    invoice = _found(draft, invoice_id)
    if invoice.status not in _OWED:
        raise Refused(message="You can only pass in open invoices. This invoice isn't open.")
    if is_under_way(draft, invoice):
        raise Refused(message="You cannot void an invoice while a payment of it is processing.")
    sub = draft.subscription(invoice.subscription_id)
    if sub.pending_update is not None and sub.pending_update.invoice_id == invoice_id:
        drop_update(draft, sub, verb="pending_update_expired")
    else:
        void(draft, invoice)
        catch_up(draft, sub.id)
    return _shape(draft, draft.invoice(invoice_id))


def pay(draft: Draft, params: Params, invoice_id: str) -> Json | Reply:
    """A failed attempt has been made all the same, so it stays made."""
    invoice = _found(draft, invoice_id)
    if invoice.status is InvoiceStatus.PAID:
        raise Refused(message="Invoice is already paid")
    if invoice.status not in _OWED:
        raise Refused(message=f"An invoice that is {invoice.status.value} cannot be paid.")
    if is_under_way(draft, invoice):
        raise Refused(
            message="This invoice cannot be paid: a payment of it is processing.", code="invoice_payment_processing"
        )
    if params.flag("paid_out_of_band"):
        return _shape(draft, manual_payment.pay_elsewhere(draft, invoice))
    answer = manual_payment.pay(draft, invoice)
    if answer.verdict in {Verdict.PAID, Verdict.PROCESSING}:
        return _shape(draft, draft.invoice(invoice_id))
    return Reply(402, error(_declined(answer, intent_of(draft, invoice_id))))


def mark_uncollectible(draft: Draft, params: Params, invoice_id: str) -> Json:
    invoice = _found(draft, invoice_id)
    if invoice.status is not InvoiceStatus.OPEN or is_under_way(draft, invoice):
        raise Refused(message="You can only pass in open invoices that no payment is processing of.")
    return _shape(draft, write_off(draft, invoice))


def _declined(answer: Charge, intent: PaymentIntent | None) -> Refused:
    if answer.verdict is Verdict.ASKS:
        code = "invoice_payment_intent_requires_action"
        message = "This payment requires additional user action before it can be completed successfully."
        return Refused(message=message, code=code, type="card_error", status=402)
    return declined(answer.decline_code or GENERIC, charge=intent.latest_charge_id if intent else None)


def _found(draft: Draft, invoice_id: str) -> Invoice:
    return found(draft, Invoice, invoice_id, "invoice")


def _shape(draft: Draft, invoice: Invoice) -> Json:
    return invoice_shape.invoice(draft, invoice)


def _latest(draft: Draft, shape: Json) -> Json | None:
    key = shape.get("latest_invoice")
    return _shape(draft, _found(draft, key)) if isinstance(key, str) else None


ROUTES = (
    Route("GET", "/v1/invoices", listed),
    Route("GET", "/v1/invoices/{invoice_id}", retrieve),
    Route("GET", "/v1/invoices/{invoice_id}/lines", lines),
    Route("POST", "/v1/invoices/create_preview", create_preview),
    Route("POST", "/v1/invoices/{invoice_id}/void", void_one),
    Route("POST", "/v1/invoices/{invoice_id}/pay", pay),
    Route("POST", "/v1/invoices/{invoice_id}/mark_uncollectible", mark_uncollectible),
)
EXPANDING: Expandings = {("subscription", "latest_invoice"): _latest}
