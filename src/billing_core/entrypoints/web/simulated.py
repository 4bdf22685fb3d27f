"""What the simulated pages have in common: their guard, their words, and the page of links that lead nowhere."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response
from msgspec import Meta, Struct

from billing_core.domain.errors import BillingError, InvalidValue
from billing_core.entrypoints.http.bodies import NO_NUL
from billing_core.entrypoints.http.dev import only_simulated
from billing_core.entrypoints.simulated import Paid
from billing_core.entrypoints.web.giving import web_of
from billing_core.ports.errors import UnknownAtGateway

GUARDS = (only_simulated,)
GOOD_CARD = "4242 4242 4242 4242"
DECLINE_WORDS: Mapping[str, str] = {
    "authentication_required": "its owner did not confirm the payment",
    "fraudulent": "it was blocked, since its risk is too high",
    "generic_decline": "the bank gives no reason",
    "insufficient_funds": "insufficient funds",
    "payment_method_missing": "there is no card",
    "processing_error": "the bank could not process it",
}

Number = Annotated[str, Meta(max_length=32, pattern=NO_NUL)]


class CardForm(Struct, kw_only=True):
    """A test card's number; none, where a trial needs none."""

    card: Number | None = None


class AnswerForm(Struct, kw_only=True):
    """What the card's owner tells the bank."""

    ok: bool = False


def nowhere(request: Request[Any, Any, Any], _: UnknownAtGateway) -> Response[str]:
    """A page for a link that leads nowhere, or no longer."""
    web = web_of(request, request.app.state.settings, request.app.state.opened.use_cases.clock)
    return web.page("dev_nowhere.html", status=404)


NOWHERE: Any = {UnknownAtGateway: nowhere}


def declined(paid: Paid) -> str:
    """Why nothing was paid, in words; empty where nothing was declined."""
    if paid.decline_code is None:
        return ""
    reason = DECLINE_WORDS.get(paid.decline_code, paid.decline_code.replace("_", " "))
    return f"The card was declined: {reason}. Nothing was paid."


def refused(error: BillingError) -> str:
    """Why something is not taken, as a sentence for whoever filled in the form."""
    text = error.problem if isinstance(error, InvalidValue) else str(error)
    return f"{text[:1].upper()}{text[1:]}."
