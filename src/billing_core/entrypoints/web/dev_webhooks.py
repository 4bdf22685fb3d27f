"""The webhooks that the simulated Stripe sends: each can be sent again, held back, shuffled, and lost."""

import json
from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from billing_core.domain.errors import IllegalTransition
from billing_core.entrypoints.http import given
from billing_core.entrypoints.simulated import SentWebhook
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.simulated import GUARDS, NOWHERE
from billing_core.ports.errors import UnknownAtGateway

AT_ONCE = 25
HERE = "/dev/webhooks"
NO_ANSWER = 0


class DevWebhooks(Controller):
    """`/dev/webhooks`"""

    path = HERE
    guards = GUARDS
    exception_handlers = NOWHERE
    include_in_schema = False

    @get("/")
    async def show(
        self, web: Page, simulation: given.Simulation, skip: Annotated[int, QueryParameter(ge=0, le=10**9)] = 0
    ) -> Response[str]:
        """Newest first."""
        webhooks = await simulation.webhooks()
        return web.page(
            "dev_webhooks.html",
            shown=[(webhook, *standing(webhook)) for webhook in webhooks[skip : skip + AT_ONCE]],
            total=len(webhooks),
            waiting=sum(webhook.next_at is not None for webhook in webhooks),
            skip=skip,
            at_once=AT_ONCE,
            is_holding=simulation.is_holding,
        )

    @get("/{event_id:str}")
    async def one(self, web: Page, event_id: FromPath[str], simulation: given.Simulation) -> Response[str]:
        """What is in it."""
        webhook = next((each for each in await simulation.webhooks() if each.id == event_id), None)
        if webhook is None:
            raise UnknownAtGateway(f"webhook {event_id}")
        text, mood = standing(webhook)
        body = json.dumps(json.loads(webhook.body), indent=2, ensure_ascii=False)
        return web.page("dev_webhook.html", webhook=webhook, text=text, mood=mood, body=body)

    @post("/hold")
    async def hold(self, web: Page, simulation: given.Simulation) -> Redirect:
        simulation.hold()
        return web.see(HERE, said="Webhooks are held back from now on.")

    @post("/release")
    async def release(self, web: Page, form: Filled, simulation: given.Simulation) -> Redirect:
        taken = await simulation.release(shuffled=form.get("order") == "any")
        return web.see(HERE, said=f"{taken} webhooks were taken. New ones go out at once again.")

    @post("/shuffle")
    async def shuffle(self, web: Page, simulation: given.Simulation) -> Redirect:
        """Sends the newest ones again, in any order."""
        newest = [webhook.id for webhook in (await simulation.webhooks())[:AT_ONCE]]
        await simulation.resend(*newest, shuffled=True)
        said = f"The newest {len(newest)} were sent again, in any order. No balance may have changed by that."
        return web.see(HERE, said=said)

    @post("/{event_id:str}/resend")
    async def resend(self, web: Page, event_id: FromPath[str], simulation: given.Simulation) -> Redirect:
        await simulation.resend(event_id)
        return web.see(HERE, said="It waits with the others." if simulation.is_holding else "It was sent again.")

    @post("/{event_id:str}/drop")
    async def drop(self, web: Page, event_id: FromPath[str], simulation: given.Simulation) -> Redirect:
        try:
            await simulation.drop(event_id)
        except IllegalTransition:
            return web.see(HERE, problem="It is not on its way any more, so it cannot get lost.")
        return web.see(HERE, said="It got lost on its way. Send it again to mend that.")


def standing(webhook: SentWebhook) -> tuple[str, str]:
    """How its delivery stands, in words, and whether that is good, bad or worth a look."""
    answer = "no answer" if webhook.last_status == NO_ANSWER else f"answered {webhook.last_status}"
    if webhook.next_at is not None:
        return ("waits", "warn") if webhook.attempts == 0 or webhook.delivered_at else (f"{answer}, tries again", "bad")
    if webhook.delivered_at is not None:
        return "taken", "good"
    return (f"{answer}, given up", "bad") if webhook.attempts else ("lost", "bad")
