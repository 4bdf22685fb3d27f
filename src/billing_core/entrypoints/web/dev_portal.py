"""The look-alike of a hosted portal: the subscription, a way out of it and back, another plan, and another card.

What is done here is done at the simulated gateway; the books follow by its webhooks, as they would follow a real one.
"""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Any

from attrs import frozen
from litestar import Controller, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing_core.application.viewing import Viewing
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import Conflict, RuleViolation
from billing_core.domain.subscription import LIVE
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL
from billing_core.entrypoints.simulated import Offered, Paid, PortalDoor, Simulation
from billing_core.entrypoints.test_cards import TEST_CARDS
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.simulated import GOOD_CARD, GUARDS, NOWHERE, CardForm, declined, refused

RUNNING = frozenset(status.value for status in LIVE)


class SwitchForm(Struct, kw_only=True):
    """One of the prices that the portal offers."""

    price: Annotated[str, Meta(max_length=255, pattern=NO_NUL)] = ""


@frozen
class OpenPortal:
    """A token, and what stands behind it while it opens anything."""

    web: Web
    token: str
    door: PortalDoor
    simulation: Simulation
    viewing: Viewing

    async def page(self, *, problem: str = "", card: str = GOOD_CARD, card_problem: str = "") -> Response[str]:
        view = await self.viewing.subscription(self.door.account_id)
        offers = await self.simulation.offers_at_portal(self.token)
        return self.web.page(
            "dev_portal.html",
            status=422 if problem or card_problem else 200,
            token=self.token,
            view=view,
            plan=_plan_name(self.viewing.catalog, view.tier),
            is_running=view.status in RUNNING,
            offers=[(offered.id, _label(self.viewing.catalog, offered)) for offered in offers],
            back=self.door.return_url,
            cards=TEST_CARDS,
            problem=problem,
            card=card,
            card_problem=card_problem,
        )

    async def do(self, act: Awaitable[Paid | None], done: str) -> Response[Any]:
        """Acts, and tells what came of it; where a bank asks first, leads to it."""
        try:
            paid = await act
        except (RuleViolation, Conflict) as error:
            return await self.page(problem=refused(error))
        problem = declined(paid) if paid else ""
        if problem:
            return await self.page(problem=problem)
        if paid and paid.redirect_url:
            return self.web.leave(paid.redirect_url)
        return self.web.see(f"/dev/portal/{self.token}", said=done)


async def opened(web: Page, token: FromPath[str], simulation: given.Simulation, viewing: given.Viewing) -> OpenPortal:
    """The portal that the path names. Raises UnknownAtGateway for a token that opens nothing, or nothing any more."""
    return OpenPortal(web, token, await simulation.portal(token), simulation, viewing)


class DevPortal(Controller):
    """`/dev/portal/{token}`, for whoever bears the token, which is a secret of the account's customer."""

    path = "/dev/portal/{token:str}"
    guards = GUARDS
    exception_handlers = NOWHERE
    dependencies: Mapping[str, Provide] = {"portal": Provide(opened)}
    include_in_schema = False

    @get("/")
    async def show(self, portal: given.Given[OpenPortal]) -> Response[str]:
        return await portal.page()

    @post("/cancel")
    async def cancel(self, portal: given.Given[OpenPortal]) -> Response[Any]:
        cancel = portal.simulation.cancel_at_portal(portal.token)
        return await portal.do(cancel, "Your subscription ends with its period.")

    @post("/resume")
    async def resume(self, portal: given.Given[OpenPortal]) -> Response[Any]:
        return await portal.do(portal.simulation.resume_at_portal(portal.token), "Your subscription goes on.")

    @post("/switch")
    async def switch(self, portal: given.Given[OpenPortal], form: Filled) -> Response[Any]:
        price = form.read(SwitchForm).price
        return await portal.do(portal.simulation.switch_at_portal(portal.token, price), "Your plan changes.")

    @post("/card")
    async def replace_card(self, portal: given.Given[OpenPortal], form: Filled) -> Response[Any]:
        """A card that is not taken is told beside its field."""
        card = form.read(CardForm).card or ""
        try:
            paid = await portal.simulation.replace_card_at_portal(portal.token, card)
        except (RuleViolation, Conflict) as error:
            return await portal.page(card=card, card_problem=refused(error))
        if declined(paid):
            return await portal.page(card=card, card_problem=declined(paid))
        said = "Your card was replaced. What is open is charged to it at the next attempt."
        return portal.web.see(f"/dev/portal/{portal.token}", said=said)


def _label(catalog: Catalog, offered: Offered) -> str:
    """Basic, 9.99 USD a month."""
    offer = catalog.current.offers.get(offered.key)
    if offer is None or offer.price.interval is None:
        return f"{offered.key}, {offered.price}"
    return f"{_plan_name(catalog, offer.item)}, {offered.price} a {offer.price.interval.value}"


def _plan_name(catalog: Catalog, key: str) -> str:
    """What a plan is called; its key where it is not sold any more."""
    return next((plan.name for plan in catalog.current.plans if plan.key == key), key)
