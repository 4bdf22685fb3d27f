"""Django with `async` views, under an ASGI server.

    pip install billing-core django uvicorn
    python examples/django_async_shop.py            # simulated payments, at http://127.0.0.1:8000 or PORT

    curl http://127.0.0.1:8000/accounts/ada                         # plan and credits
    curl -X POST http://127.0.0.1:8000/accounts/ada/pictures        # a picture, paid for once it is made

A project of yours has the views and the URLs in their own files, and `app` in its `asgi.py`.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any

import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from billing_core import Billing
from billing_core.domain.errors import BillingError, RuleViolation

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

billing: Billing


async def show(_request: HttpRequest, account: str) -> JsonResponse:
    """The customer's plan and credits."""
    subscription, credits = await billing.subscription(account), await billing.credits(account)
    return JsonResponse({"plan": subscription.tier, "credits": credits.available})


async def draw(request: HttpRequest, account: str) -> JsonResponse:
    """A picture of what the body names, once it is made. It is paid for once, or not at all."""
    prompt = request.body.decode() or "a lighthouse"
    try:
        generation = await billing.generate(account, prompt, wait=timedelta(seconds=30))
    except RuleViolation as denial:
        return JsonResponse({"error": str(denial)}, status=402)
    return JsonResponse({"status": generation.status.value, "pictures": [image.id for image in generation.images]})


async def receive_webhook(request: HttpRequest) -> JsonResponse:
    """Takes in what Stripe tells: the raw bytes and their signature. Stripe sends again what is not answered by 200."""
    try:
        await billing.handle_webhook(request.body, request.headers.get("stripe-signature", ""))
    except BillingError as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"received": True})


urlpatterns = [
    path("accounts/<account>", show),
    path("accounts/<account>/pictures", csrf_exempt(draw)),
    path("stripe/webhook", csrf_exempt(receive_webhook)),
]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[])
django = get_asgi_application()


async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Django's own application is not told when the server starts and stops. This one is, and opens billing between."""
    global billing
    if scope["type"] != "lifespan":
        await django(scope, receive, send)
        return
    await receive()
    async with Billing.from_environment() as billing:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
