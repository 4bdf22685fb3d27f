"""Django without `async`: views that spend credits through the blocking facade, under any WSGI server.

    pip install billing-core django
    python examples/django_shop.py                  # simulated payments, at http://127.0.0.1:8000 or PORT

    curl -X POST http://127.0.0.1:8000/accounts/ada/checkout        # where the customer pays
    curl http://127.0.0.1:8000/accounts/ada                         # plan and credits
    curl -X POST http://127.0.0.1:8000/accounts/ada/work            # spends 4 credits, or says why not

A project of yours has the views and the URLs in their own files, and opens billing in its `wsgi.py`.
Workers that are forked load that file each, so each has its own; more than one of them takes books on PostgreSQL.
"""

import atexit
import os
from collections.abc import Callable
from contextlib import ExitStack
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from billing_core import BlockingBilling
from billing_core.domain.errors import BillingError, RuleViolation

closing = ExitStack()
atexit.register(closing.close)
billing = closing.enter_context(BlockingBilling.from_environment())


def show(_request: HttpRequest, account: str) -> JsonResponse:
    """The customer's plan and credits."""
    return JsonResponse({"plan": billing.subscription(account).tier, "credits": billing.credits(account).available})


def check_out(_request: HttpRequest, account: str) -> JsonResponse:
    """Opens a checkout for the basic plan; the customer goes to the URL."""
    started = billing.checkout(account, tier="basic", email=f"{account}@example.com", name=account)
    return JsonResponse({"session": started.session_id, "url": started.url})


def work(_request: HttpRequest, account: str) -> JsonResponse:
    """Does something that costs credits: they are captured when it is done, and released if it fails."""
    with billing.spend(account, credits=4, reason="upscaling"):
        pass  # the work itself
    return JsonResponse({"credits": billing.credits(account).available})


def receive(request: HttpRequest) -> JsonResponse:
    """Takes in what Stripe tells: the raw bytes and their signature. Any error makes Stripe send it again."""
    billing.handle_webhook(request.body, request.headers.get("stripe-signature", ""))
    return JsonResponse({"received": True})


def pay(_request: HttpRequest, session: str) -> JsonResponse:
    """Pays a checkout with a test card, where payments are simulated: the part of Stripe's page and the customer."""
    return JsonResponse({"status": billing.call(billing.simulation.pay, session, "4242 4242 4242 4242").status})


class Denying:
    """The middleware that says what the rules or the gateway refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> JsonResponse | None:
        if not isinstance(error, BillingError):
            return None
        return JsonResponse({"error": str(error)}, status=402 if isinstance(error, RuleViolation) else 400)


urlpatterns = [
    path("accounts/<account>", show),
    path("accounts/<account>/checkout", check_out),
    path("accounts/<account>/work", work),
    path("stripe/webhook", csrf_exempt(receive)),
    path("simulation/pay/<session>", pay),
]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[f"{__name__}.Denying"])
application = get_wsgi_application()


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, as real servers have."""


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8000"))
    make_server("127.0.0.1", port, application, server_class=Server).serve_forever()
