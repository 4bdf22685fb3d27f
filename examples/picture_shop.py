"""A web service of one's own, with billing-core inside: it sells credits, and spends them.

    python examples/picture_shop.py                 # simulated payments, at http://127.0.0.1:8000 or PORT
    STRIPE_SECRET_KEY=… STRIPE_WEBHOOK_SECRET=… python examples/picture_shop.py

    curl -X POST http://127.0.0.1:8000/accounts/ada/checkout        # where the customer pays
    curl http://127.0.0.1:8000/accounts/ada                         # plan and credits
    curl -X POST http://127.0.0.1:8000/accounts/ada/work            # spends 4 credits, or says why not

A real one would take the account from its own sign-in. With Stripe, send its webhooks to /stripe/webhook.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from billing_core import Billing
from billing_core.domain.errors import BillingError, RuleViolation

PORT = int(os.environ.get("PORT", "8000"))
ORIGIN = f"http://127.0.0.1:{PORT}"


@get("/accounts/{account:str}")
async def show(account: FromPath[str], state: State) -> dict[str, Any]:
    """The customer's plan and credits."""
    billing: Billing = state.billing
    held = await billing.account(account)
    return {"plan": held.in_force.plan.key, "credits": (await billing.credits(account)).available}


@post("/accounts/{account:str}/checkout")
async def check_out(account: FromPath[str], state: State) -> dict[str, str]:
    """Opens a checkout for the basic plan; the customer goes to the URL."""
    billing: Billing = state.billing
    started = await billing.checkout(
        account,
        tier="basic",
        email=f"{account}@example.com",
        name=account,
        success_url=f"{ORIGIN}/accounts/{account}",
        cancel_url=f"{ORIGIN}/accounts/{account}",
    )
    return {"session": started.session_id, "url": started.url}


@post("/accounts/{account:str}/work", status_code=200)
async def work(account: FromPath[str], state: State) -> dict[str, int]:
    """Does something that costs credits: they are captured when it is done, and released if it fails."""
    billing: Billing = state.billing
    async with billing.spend(account, credits=4, reason="upscaling"):
        pass  # the work itself
    return {"credits": (await billing.credits(account)).available}


@post("/stripe/webhook", status_code=200)
async def receive(request: Request[Any, Any, Any], state: State) -> dict[str, bool]:
    """Takes in what Stripe tells: the raw bytes and their signature. Any error makes Stripe send it again."""
    billing: Billing = state.billing
    await billing.handle_webhook(await request.body(), request.headers.get("stripe-signature", ""))
    return {"received": True}


@post("/simulation/pay/{session:str}", status_code=200)
async def pay(session: FromPath[str], state: State) -> dict[str, str]:
    """Pays a checkout with a test card, where payments are simulated: the part of Stripe's page and the customer."""
    billing: Billing = state.billing
    return {"status": (await billing.simulation.pay(session, "4242 4242 4242 4242")).status}


def denied(_request: Request[Any, Any, Any], error: BillingError) -> Response[dict[str, str]]:
    """What the rules or the gateway refuse, in words. The errors' types tell programs which it is."""
    return Response({"error": str(error)}, status_code=402 if isinstance(error, RuleViolation) else 400)


@asynccontextmanager
async def billing_opened(app: Litestar) -> AsyncIterator[None]:
    """The books, the jobs and the way to Stripe live as long as the service."""
    async with Billing.from_environment() as billing:
        app.state.billing = billing
        yield


app = Litestar(
    [show, check_out, work, receive, pay],
    lifespan=[billing_opened],
    exception_handlers={BillingError: denied},
)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
