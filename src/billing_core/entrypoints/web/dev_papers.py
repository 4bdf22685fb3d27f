"""The look-alikes of a hosted invoice and of a receipt, for whoever has their address."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from billing_core.domain.errors import Conflict, RuleViolation
from billing_core.entrypoints.http import given
from billing_core.entrypoints.simulated import Paid, Simulation
from billing_core.entrypoints.test_cards import TEST_CARDS
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.simulated import GOOD_CARD, GUARDS, NOWHERE, AnswerForm, CardForm, declined, refused


class DevInvoices(Controller):
    """`/dev/invoices/{id}`: where one pays what is open, and where a change of plan leads if the bank asks first."""

    path = "/dev/invoices/{invoice_id:str}"
    guards = GUARDS
    exception_handlers = NOWHERE
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, invoice_id: FromPath[str], simulation: given.Simulation) -> Response[str]:
        return await _invoice(web, simulation, invoice_id)

    @post("/answer")
    async def answer(
        self, web: Page, invoice_id: FromPath[str], form: Filled, simulation: given.Simulation
    ) -> Response[Any]:
        """The card's owner answers the bank; a yes where no bank asks charges the card that is on file."""
        try:
            paid = await simulation.authenticate_invoice(invoice_id, ok=form.read(AnswerForm).ok)
        except (RuleViolation, Conflict) as error:
            return await _invoice(web, simulation, invoice_id, problem=refused(error))
        return await _next(web, simulation, invoice_id, paid)

    @post("/card")
    async def pay(
        self, web: Page, invoice_id: FromPath[str], form: Filled, simulation: given.Simulation
    ) -> Response[Any]:
        card = form.read(CardForm).card or ""
        try:
            paid = await simulation.pay_invoice(invoice_id, card)
        except (RuleViolation, Conflict) as error:
            return await _invoice(web, simulation, invoice_id, card=card, problem=refused(error))
        return await _next(web, simulation, invoice_id, paid, card=card)


class DevReceipts(Controller):
    """`/dev/receipts/{id}`: what a charge's `receipt_url` leads to."""

    path = "/dev/receipts/{charge_id:str}"
    guards = GUARDS
    exception_handlers = NOWHERE
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, charge_id: FromPath[str], simulation: given.Simulation) -> Response[str]:
        return web.page("dev_receipt.html", receipt=await simulation.receipt(charge_id))


async def _invoice(
    web: Web, simulation: Simulation, invoice_id: str, *, card: str = GOOD_CARD, problem: str = ""
) -> Response[str]:
    invoice = await simulation.invoice(invoice_id)
    status = 422 if problem else 200
    if invoice.is_asking:
        return web.page(
            "dev_bank.html",
            status=status,
            due=invoice.due,
            action=f"/dev/invoices/{invoice_id}/answer",
            problem=problem,
        )
    return web.page("dev_invoice.html", status=status, invoice=invoice, cards=TEST_CARDS, card=card, problem=problem)


async def _next(
    web: Web, simulation: Simulation, invoice_id: str, paid: Paid, *, card: str = GOOD_CARD
) -> Response[Any]:
    problem = declined(paid)
    if problem:
        return await _invoice(web, simulation, invoice_id, card=card, problem=problem)
    return web.see(f"/dev/invoices/{invoice_id}")
