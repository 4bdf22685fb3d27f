"""Where the money is simulated: paying with a test card, and moving the clock. No such routes elsewhere."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL, Body
from billing_core.entrypoints.http.shapes import problems
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

    @post("/checkout/{session_id:str}/pay", status_code=200, responses=problems(404, 409, 422))
    async def pay(self, session_id: FromPath[str], data: JSONBody[PayBody], simulation: given.Simulation) -> PaidShape:
        """Pays a checkout with a test card."""
        return _paid(await simulation.pay(session_id, data.card))

    @post("/checkout/{session_id:str}/authenticate", status_code=200, responses=problems(404, 409, 422))
    async def authenticate(
        self, session_id: FromPath[str], data: JSONBody[AnswerBody], simulation: given.Simulation
    ) -> PaidShape:
        """Answers the bank."""
        return _paid(await simulation.authenticate(session_id, ok=data.ok))

    @post("/invoices/{invoice_id:str}/authenticate", status_code=200, responses=problems(404, 409, 422))
    async def authenticate_invoice(
        self, invoice_id: FromPath[str], data: JSONBody[AnswerBody], simulation: given.Simulation
    ) -> PaidShape:
        """Answers the bank for an invoice, such as that of a change of plan."""
        return _paid(await simulation.authenticate_invoice(invoice_id, ok=data.ok))

    @post("/clock", status_code=200, responses=problems(404, 422))
    async def forward(self, data: JSONBody[ForwardBody], simulation: given.Simulation, clock: given.Clock) -> NowShape:
        """Lets days pass, with all that falls due in them."""
        await simulation.forward(days=data.days)
        return NowShape(now=clock.now())

    @post("/card", status_code=200, responses=problems(404, 409, 422))
    async def replace_card(self, data: JSONBody[CardBody], simulation: given.Simulation) -> PaidShape:
        """Gives the account's customer another card."""
        return _paid(await simulation.replace_card(data.account, data.card))


def _paid(paid: Paid) -> PaidShape:
    return PaidShape(status=paid.status, redirect_url=paid.redirect_url, decline_code=paid.decline_code)
