"""Where the money is simulated: paying with a test card, and moving the clock. No such routes elsewhere."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect
from msgspec import Meta

from billing_core.domain.errors import BillingError
from billing_core.entrypoints.http import dev_pages, given
from billing_core.entrypoints.http.bodies import NO_NUL, Body
from billing_core.entrypoints.simulated import Paid

Card = Annotated[str, Meta(min_length=1, max_length=32, pattern=NO_NUL)]
LONGEST_JUMP_DAYS = 3660


class PayBody(Body):
    """A test card's number; none, where a trial needs none."""

    card: Card | None = None


class AnswerBody(Body):
    """Whether the card's owner confirms."""

    ok: bool


class ForwardBody(Body):
    """How far the clock is moved."""

    days: Annotated[int, Meta(ge=1, le=LONGEST_JUMP_DAYS)]


class CardBody(Body):
    """Another card for the account's customer."""

    account: Annotated[str, Meta(min_length=1, max_length=255, pattern=NO_NUL)]
    card: Card


class PaidShape(msgspec.Struct, kw_only=True):
    """How an attempt to pay ended: `succeeded`, `requires_authentication` or `declined`."""

    status: str
    redirect_url: str | None
    decline_code: str | None


class NowShape(msgspec.Struct, kw_only=True):
    """What time it is now."""

    now: datetime


def only_simulated(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route. Raises NotFoundException where real money is taken."""
    if connection.app.state.opened.use_cases.simulation is None:
        raise NotFoundException()


class Dev(Controller):
    """`/dev`"""

    path = "/dev"
    guards = (only_simulated,)
    tags = ("Simulation",)

    @post("/checkout/{session_id:str}/pay", status_code=200)
    async def pay(self, session_id: FromPath[str], data: JSONBody[PayBody], simulation: given.Simulation) -> PaidShape:
        """Pays a checkout with a test card."""
        return _paid(await simulation.pay(session_id, data.card))

    @post("/checkout/{session_id:str}/authenticate", status_code=200)
    async def authenticate(
        self, session_id: FromPath[str], data: JSONBody[AnswerBody], simulation: given.Simulation
    ) -> PaidShape:
        """Answers the bank."""
        return _paid(await simulation.authenticate(session_id, ok=data.ok))

    @get("/checkout/{session_id:str}/authenticate", include_in_schema=False)
    async def question(self, session_id: FromPath[str], settings: given.Settings) -> Response[str]:
        return dev_pages.question(session_id, settings)

    @post("/invoices/{invoice_id:str}/authenticate", status_code=200)
    async def authenticate_invoice(
        self, invoice_id: FromPath[str], data: JSONBody[AnswerBody], simulation: given.Simulation
    ) -> PaidShape:
        """Answers the bank for an invoice, such as that of a change of plan."""
        return _paid(await simulation.authenticate_invoice(invoice_id, ok=data.ok))

    @post("/clock", status_code=200)
    async def forward(self, data: JSONBody[ForwardBody], simulation: given.Simulation, clock: given.Clock) -> NowShape:
        """Lets days pass, with all that falls due in them."""
        await simulation.forward(days=data.days)
        return NowShape(now=clock.now())

    @post("/card", status_code=200)
    async def replace_card(self, data: JSONBody[CardBody], simulation: given.Simulation) -> PaidShape:
        """Gives the account's customer another card."""
        return _paid(await simulation.replace_card(data.account, data.card))


class DevPages(Controller):
    """The look-alike of a hosted checkout: plain forms."""

    path = "/dev/checkout/{session_id:str}"
    guards = (only_simulated,)
    include_in_schema = False

    @get("/")
    async def checkout(self, session_id: FromPath[str], settings: given.Settings) -> Response[str]:
        return dev_pages.checkout(session_id, settings)

    @post("/card")
    async def card(
        self,
        request: Request[Any, Any, Any],
        session_id: FromPath[str],
        simulation: given.Simulation,
        settings: given.Settings,
    ) -> Response[str] | Redirect:
        form = await request.form()
        try:
            paid = await simulation.pay(session_id, str(form.get("card", ""))[:32] or None)
        except BillingError as error:
            return dev_pages.checkout(session_id, settings, problem=str(error))
        return _next(session_id, paid, settings)

    @post("/answer")
    async def answer(
        self,
        request: Request[Any, Any, Any],
        session_id: FromPath[str],
        simulation: given.Simulation,
        settings: given.Settings,
    ) -> Response[str] | Redirect:
        form = await request.form()
        try:
            paid = await simulation.authenticate(session_id, ok=form.get("ok") == "yes")
        except BillingError as error:
            return dev_pages.checkout(session_id, settings, problem=str(error))
        return _next(session_id, paid, settings)


def _next(session_id: str, paid: Paid, settings: given.Settings) -> Response[str] | Redirect:
    if paid.redirect_url is not None:
        return Redirect(paid.redirect_url, status_code=303)
    return dev_pages.checkout(session_id, settings, problem=f"The card was declined ({paid.decline_code}).")


def _paid(paid: Paid) -> PaidShape:
    return PaidShape(status=paid.status, redirect_url=paid.redirect_url, decline_code=paid.decline_code)
