"""The look-alike of a hosted checkout, for whoever has its address: what is bought, a card, and the bank's question."""

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct

from billing_core.domain.errors import Conflict, InvalidValue, RuleViolation
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL
from billing_core.entrypoints.simulated import Paid, Simulation
from billing_core.entrypoints.test_cards import TEST_CARDS
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.simulated import GOOD_CARD, GUARDS, NOWHERE, AnswerForm, CardForm, declined, refused


class CodeForm(Struct, kw_only=True):
    """A promotion code, as a customer types it."""

    code: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""


class DevCheckout(Controller):
    """`/dev/checkout/{id}`"""

    path = "/dev/checkout/{session_id:str}"
    guards = GUARDS
    exception_handlers = NOWHERE
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, session_id: FromPath[str], simulation: given.Simulation) -> Response[str]:
        return await _checkout(web, simulation, session_id)

    @post("/card")
    async def pay(
        self, web: Page, session_id: FromPath[str], form: Filled, simulation: given.Simulation
    ) -> Response[Any]:
        card = form.read(CardForm).card
        try:
            paid = await simulation.pay(session_id, card)
        except (RuleViolation, Conflict) as error:
            return await _checkout(web, simulation, session_id, card=card, problem=refused(error))
        return await _next(web, simulation, session_id, paid, card=card)

    @post("/code")
    async def enter_code(
        self, web: Page, session_id: FromPath[str], form: Filled, simulation: given.Simulation
    ) -> Response[Any]:
        code = form.read(CodeForm).code
        try:
            await simulation.enter_code(session_id, code)
        except (InvalidValue, RuleViolation) as error:
            return await _checkout(web, simulation, session_id, code=code, code_problem=refused(error))
        return web.see(f"/dev/checkout/{session_id}", said="The code was taken.")

    @get("/bank")
    async def question(self, web: Page, session_id: FromPath[str], simulation: given.Simulation) -> Response[Any]:
        shown = await simulation.checkout(session_id)
        if not shown.is_asking:
            return web.see(f"/dev/checkout/{session_id}")
        return web.page("dev_bank.html", due=shown.due, action=f"/dev/checkout/{session_id}/answer", problem="")

    @post("/answer")
    async def answer(
        self, web: Page, session_id: FromPath[str], form: Filled, simulation: given.Simulation
    ) -> Response[Any]:
        try:
            paid = await simulation.authenticate(session_id, ok=form.read(AnswerForm).ok)
        except (RuleViolation, Conflict) as error:
            return await _checkout(web, simulation, session_id, problem=refused(error))
        return await _next(web, simulation, session_id, paid)


class DevLinks(Controller):
    """`/dev/links/{id}`: where a payment link of the simulated Stripe leads."""

    path = "/dev/links/{link_id:str}"
    guards = GUARDS
    exception_handlers = NOWHERE
    include_in_schema = False

    @get("/")
    async def visit(self, web: Page, link_id: FromPath[str], simulation: given.Simulation) -> Redirect:
        return web.see(f"/dev/checkout/{await simulation.open_link(link_id)}")


async def _checkout(
    web: Web,
    simulation: Simulation,
    session_id: str,
    *,
    card: str | None = GOOD_CARD,
    problem: str = "",
    code: str = "",
    code_problem: str = "",
) -> Response[str]:
    return web.page(
        "dev_checkout.html",
        status=422 if problem or code_problem else 200,
        shown=await simulation.checkout(session_id),
        cards=TEST_CARDS,
        card=card or "",
        problem=problem,
        code=code,
        code_problem=code_problem,
    )


async def _next(
    web: Web, simulation: Simulation, session_id: str, paid: Paid, *, card: str | None = GOOD_CARD
) -> Response[Any]:
    """On to the shop or to the bank; back to the checkout where the card was declined."""
    problem = declined(paid)
    if problem:
        return await _checkout(web, simulation, session_id, card=card, problem=problem)
    return web.leave(paid.redirect_url) if paid.redirect_url else web.see(f"/dev/checkout/{session_id}")
