"""The look-alike of a hosted portal: the subscription, a way out of it and back, another plan, and another card.

What is done here is done at the simulated gateway; the books follow by its webhooks, as they would follow a real one.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen
from litestar import Controller, Request, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath
from litestar.response import Redirect

from billing_core.application.viewing import Viewing
from billing_core.domain.errors import Conflict, RuleViolation
from billing_core.entrypoints.http import dev_pages, given
from billing_core.entrypoints.http.dev import only_simulated
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.simulated import Paid, PortalDoor, Simulation
from billing_core.ports.errors import UnknownAtGateway


@frozen(kw_only=True)
class Outcome:
    """What was done, or why it was not, or where the customer has to go first."""

    done: str = ""
    problem: str = ""
    next_url: str | None = None

    @classmethod
    def of(cls, paid: Paid, done: str) -> "Outcome":
        """A card that was declined is a problem."""
        problem = f"The card was declined ({paid.decline_code})." if paid.decline_code is not None else ""
        return cls(done="" if problem else done, problem=problem, next_url=paid.redirect_url)


@frozen
class OpenPortal:
    """A token, and what stands behind it if it still opens anything."""

    token: str
    simulation: Simulation
    viewing: Viewing
    settings: Settings

    async def show(self) -> Response[str]:
        """The page; a page with 404 for a token that opens nothing."""
        try:
            door = await self.simulation.portal(self.token)
        except UnknownAtGateway:
            return dev_pages.nothing_here(self.settings)
        return await self._page(door, Outcome())

    async def do(self, act: Callable[[str], Awaitable[Outcome]]) -> Response[str] | Redirect:
        """Acts with the token, and shows the page with what came of it."""
        try:
            door = await self.simulation.portal(self.token)
        except UnknownAtGateway:
            return dev_pages.nothing_here(self.settings)
        try:
            outcome = await act(self.token)
        except (RuleViolation, Conflict) as refusal:
            outcome = Outcome(problem=str(refusal))
        if outcome.next_url is not None:
            return Redirect(outcome.next_url, status_code=303)
        return await self._page(door, outcome)

    async def _page(self, door: PortalDoor, outcome: Outcome) -> Response[str]:
        view = await self.viewing.subscription(door.account_id)
        offers = await self.simulation.offers_at_portal(self.token)
        news = dev_pages.Said(done=outcome.done, problem=outcome.problem)
        return dev_pages.portal(self.token, view, self.settings, offers=offers, return_url=door.return_url, news=news)


async def opened(
    token: FromPath[str], simulation: given.Simulation, viewing: given.Viewing, settings: given.Settings
) -> OpenPortal:
    """The portal that the path names."""
    return OpenPortal(token, simulation, viewing, settings)


class DevPortal(Controller):
    """For whoever bears the token, which is a secret of the account's customer."""

    path = "/dev/portal/{token:str}"
    guards = (only_simulated,)
    dependencies: Mapping[str, Provide] = {"portal": Provide(opened)}
    include_in_schema = False

    @get("/")
    async def show(self, portal: given.Given[OpenPortal]) -> Response[str]:
        return await portal.show()

    @post("/cancel")
    async def cancel(self, portal: given.Given[OpenPortal], simulation: given.Simulation) -> Response[str] | Redirect:
        async def cancel(token: str) -> Outcome:
            await simulation.cancel_at_portal(token)
            return Outcome(done="Your subscription ends with its period.")

        return await portal.do(cancel)

    @post("/resume")
    async def resume(self, portal: given.Given[OpenPortal], simulation: given.Simulation) -> Response[str] | Redirect:
        async def resume(token: str) -> Outcome:
            await simulation.resume_at_portal(token)
            return Outcome(done="Your subscription goes on.")

        return await portal.do(resume)

    @post("/switch")
    async def switch(
        self, request: Request[Any, Any, Any], portal: given.Given[OpenPortal], simulation: given.Simulation
    ) -> Response[str] | Redirect:
        price_id = str((await request.form()).get("price", ""))[:255]

        async def switch(token: str) -> Outcome:
            return Outcome.of(await simulation.switch_at_portal(token, price_id), "Your plan changes.")

        return await portal.do(switch)

    @post("/card")
    async def card(
        self, request: Request[Any, Any, Any], portal: given.Given[OpenPortal], simulation: given.Simulation
    ) -> Response[str] | Redirect:
        number = str((await request.form()).get("card", ""))[:32]

        async def replace(token: str) -> Outcome:
            done = "Your card was replaced. What is open is charged to it at the next attempt."
            return Outcome.of(await simulation.replace_card_at_portal(token, number), done)

        return await portal.do(replace)
