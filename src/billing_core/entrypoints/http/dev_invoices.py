"""The look-alike of a hosted invoice: the bank's question, and how it ended."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from billing_core.domain.errors import Conflict, RuleViolation
from billing_core.entrypoints.http import dev_pages, given
from billing_core.entrypoints.http.dev import only_simulated
from billing_core.ports.errors import UnknownAtGateway


class DevInvoices(Controller):
    """Where a change of plan sends the customer if the bank asks first."""

    path = "/dev/invoices/{invoice_id:str}"
    guards = (only_simulated,)
    include_in_schema = False

    @get("/")
    async def question(
        self, invoice_id: FromPath[str], simulation: given.Simulation, settings: given.Settings
    ) -> Response[str]:
        try:
            is_paid = (await simulation.invoice(invoice_id)).status == "paid"
        except UnknownAtGateway:
            return dev_pages.nothing_here(settings)
        return dev_pages.invoice_paid(settings) if is_paid else dev_pages.invoice(invoice_id, settings)

    @post("/answer")
    async def answer(
        self,
        request: Request[Any, Any, Any],
        invoice_id: FromPath[str],
        simulation: given.Simulation,
        settings: given.Settings,
    ) -> Response[str] | Redirect:
        form = await request.form()
        try:
            paid = await simulation.authenticate_invoice(invoice_id, ok=form.get("ok") == "yes")
        except UnknownAtGateway:
            return dev_pages.nothing_here(settings)
        except (RuleViolation, Conflict) as refusal:
            return dev_pages.invoice(invoice_id, settings, problem=str(refusal))
        if paid.redirect_url is not None:
            return Redirect(paid.redirect_url, status_code=303)
        if paid.decline_code is not None:
            return dev_pages.invoice_declined(invoice_id, settings)
        return dev_pages.invoice_paid(settings)
