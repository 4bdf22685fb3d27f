"""What a developer tries where the money is simulated: being anyone, and letting time pass."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Meta, Struct

from billing_core.domain.calendar import nth_month
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import LONGEST_ID, Tokens, is_account_id
from billing_core.entrypoints.http.bodies import NO_NUL
from billing_core.entrypoints.simulated import Simulation
from billing_core.entrypoints.test_cards import TEST_CARDS
from billing_core.entrypoints.web.forms import Form
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web, moment, plural
from billing_core.entrypoints.web.sessions import TOKEN
from billing_core.entrypoints.web.signing_in import HOME, local
from billing_core.entrypoints.web.simulated import GUARDS

Text = Annotated[str, Meta(max_length=LONGEST_ID, pattern=NO_NUL)]
PERSONS = (
    {"account": "ann", "name": "Ann Archer", "email": "ann@example.com", "is_admin": False, "label": "a customer"},
    {"account": "bob", "name": "Bob Baker", "email": "bob@example.com", "is_admin": False, "label": "another customer"},
    {"account": "olga", "name": "Olga Owen", "email": "olga@example.com", "is_admin": True, "label": "an operator"},
)


class PersonForm(Struct, kw_only=True):
    """Who to be."""

    account: Text = ""
    name: Text = ""
    email: Text = ""
    is_admin: bool = False


class ForwardForm(Struct, kw_only=True):
    """How far the clock is moved."""

    by: Literal["day", "week", "month", "year"]


class Dev(Controller):
    """`/dev`"""

    path = "/dev"
    guards = GUARDS
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, simulation: given.Simulation, next: FromQuery[str] = HOME) -> Response[str]:  # noqa: A002 (the query's own word)
        return await _dev(web, simulation, Form({"next": local(next)}))

    @post("/signin")
    async def sign_in(
        self, web: Page, form: Filled, simulation: given.Simulation, settings: given.Settings
    ) -> Response[Any]:
        """Makes a token for whoever it is to be, and keeps it in the session."""
        person = form.read(PersonForm)
        if not is_account_id(person.account):
            problem = "No account can have this name." if person.account else "Name an account, such as ann."
            return await _dev(web, simulation, form, problem=problem)
        token = Tokens(settings).make(person.account, admin=person.is_admin, email=person.email, name=person.name)
        web.request.session.clear()
        web.request.session[TOKEN] = token
        return web.see(local(form.get("next")))

    @post("/forward")
    async def forward(self, web: Page, form: Filled, simulation: given.Simulation, clock: given.Clock) -> Redirect:
        """Lets days pass, one by one, with all that falls due in them."""
        before = clock.now()
        await simulation.forward(days=days_of(form.read(ForwardForm).by, before))
        sent = sum(webhook.created_at > before for webhook in await simulation.webhooks())
        news = f"{plural(sent, 'webhook')} came of it." if sent else "Nothing fell due."
        return web.see("/dev", said=f"It is {moment(clock.now()).striptags()} now. {news}")


def days_of(span: str, now: datetime) -> int:
    """How many days a day, a week, a month or a year is from now."""
    months = {"month": 1, "year": 12}
    if span in months:
        return (nth_month(now, months[span]) - now).days
    return 7 if span == "week" else 1


async def _dev(web: Web, simulation: Simulation, form: Form, *, problem: str = "") -> Response[str]:
    webhooks = await simulation.webhooks()
    return web.page(
        "dev.html",
        status=422 if problem else 200,
        form=form,
        problem=problem,
        persons=PERSONS,
        cards=TEST_CARDS,
        sent=len(webhooks),
        waiting=sum(webhook.next_at is not None for webhook in webhooks),
        is_holding=simulation.is_holding,
    )
