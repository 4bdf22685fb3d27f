"""FastAPI with billing-core inside: routes of one's own by a dependency, and the product's own beside them.

    pip install billing-core fastapi
    python examples/fastapi_shop.py                 # http://127.0.0.1:8000, where PORT says nothing else

    curl http://127.0.0.1:8000/shop/ada                      # a route of this shop
    curl -X POST http://127.0.0.1:8000/shop/ada/posters      # spends 4 credits, or says why not
    curl http://127.0.0.1:8000/api/v1/subscriptions/tiers    # the product's API; its pages are at /
    billing-core token ada                                   # what that API takes from the customer ada

A real shop takes the account from its own sign-in. With Stripe, webhooks go to /api/v1/subscriptions/webhook.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from billing_core import Billing
from billing_core.domain.errors import RuleViolation
from billing_core.entrypoints.http import create_app

product = create_app()


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    """One opening of the books, for the product's routes and for this shop's."""
    async with Billing.behind(product) as billing:
        app.state.billing = billing
        yield


def the_billing(request: Request) -> Billing:
    billing: Billing = request.app.state.billing
    return billing


Bills = Annotated[Billing, Depends(the_billing)]
app = FastAPI(lifespan=opened)


@app.get("/shop/{account}")
async def show(account: str, billing: Bills) -> dict[str, Any]:
    """The customer's plan and credits."""
    return {
        "plan": (await billing.subscription(account)).tier,
        "credits": (await billing.credits(account)).available,
    }


@app.post("/shop/{account}/posters")
async def print_poster(account: str, billing: Bills) -> dict[str, int]:
    """Does something that costs credits: they are captured when it is done, and released if it fails."""
    async with billing.spend(account, credits=4, reason="a poster"):
        pass  # the work itself
    return {"credits": (await billing.credits(account)).available}


@app.exception_handler(RuleViolation)
async def denied(_request: Request, error: Exception) -> JSONResponse:
    """What the rules refuse, in words."""
    return JSONResponse({"error": str(error)}, status_code=402)


app.mount("/", product)  # type: ignore[arg-type] # what is none of the shop's; the two describe ASGI in other words

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
