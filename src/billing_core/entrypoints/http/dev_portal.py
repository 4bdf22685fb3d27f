"""The look-alike of a hosted portal: the subscription, a way out of it and back, and another card."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen
from litestar import Controller, Request, Response, get, post
from litestar.di import Provide
from litestar.params import FromPath

from billing_core.application.viewing import Viewing
from billing_core.domain.errors import Conflict, NotFound, RuleViolation
from billing_core.entrypoints.http import dev_pages, given
from billing_core.entrypoints.http.dev import only_simulated
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.use_cases import PortalDoor, Simulation
from billing_core.ports.errors import UnknownAtGateway


@frozen(kw_only=True)
class Outcome:
    """What was done, or why it was not."""

    done: str = ""
    problem: str = ""


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

    async def do(self, act: Callable[[str], Awaitable[Outcome]]) -> Response[str]:
        """Acts for the account, waits until the books have followed, and shows the page with what came of it."""
        try:
            door = await self.simulation.portal(self.token)
        except UnknownAtGateway:
            return dev_pages.nothing_here(self.settings)
        try:
            outcome = await act(door.account_id)
        except (RuleViolation, NotFound, Conflict) as refusal:
            outcome = Outcome(problem=str(refusal))
        await self.simulation.settle()
        return await self._page(door, outcome)

    async def _page(self, door: PortalDoor, outcome: Outcome) -> Response[str]:
        view = await self.viewing.subscription(door.account_id)
        return dev_pages.portal(
            self.token, view, door.return_url, self.settings, done=outcome.done, problem=outcome.problem
        )


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
    async def cancel(self, portal: given.Given[OpenPortal], canceling: given.Canceling) -> Response[str]:
        async def cancel(account_id: str) -> Outcome:
            await canceling(account_id, at_period_end=True)
            return Outcome(done="Your subscription ends with its period.")

        return await portal.do(cancel)

    @post("/resume")
    async def resume(self, portal: given.Given[OpenPortal], canceling: given.Canceling) -> Response[str]:
        async def resume(account_id: str) -> Outcome:
            await canceling.resume(account_id)
            return Outcome(done="Your subscription goes on.")

        return await portal.do(resume)

    @post("/card")
    async def card(
        self, request: Request[Any, Any, Any], portal: given.Given[OpenPortal], simulation: given.Simulation
    ) -> Response[str]:
        form = await request.form()
        number = str(form.get("card", ""))[:32]

        async def replace(account_id: str) -> Outcome:
            paid = await simulation.replace_card(account_id, number)
            if paid.decline_code is not None:
                return Outcome(problem=f"The card was declined ({paid.decline_code}).")
            return Outcome(done="Your card was replaced. What is open is charged to it at the next attempt.")

        return await portal.do(replace)
