"""Errors as Stripe tells them."""

from billing_core.adapters.simulated.draft import Json
from billing_core.adapters.simulated.refusals import Refused
from billing_core.domain.errors import BillingError, CurrencyLocked, InvalidValue
from billing_core.ports.errors import UnknownAtGateway


def error(refused: Refused) -> Json:
    """Stripe's `error` object; what it has nothing to say to is left out."""
    said = {
        "charge": refused.charge,
        "code": refused.code,
        "decline_code": refused.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{refused.code.replace('_', '-')}" if refused.code else None,
        "message": refused.message,
        "param": refused.param,
        "type": refused.type,
    }
    return {"error": {name: value for name, value in said.items() if value is not None}}


def refusal_of(problem: BillingError) -> Refused:
    """What Stripe says where a rule of the simulation was broken."""
    match problem:
        case UnknownAtGateway(what=what):
            kind, _, key = what.rpartition(" ")
            return missing(kind, key)
        case CurrencyLocked(currency=currency):
            message = (
                "You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or"
                f" invoice item with currency {currency}"
            )
            return Refused(message=message)
        case InvalidValue(field=name, problem=said):
            return Refused(message=f"Invalid {name}: {said}", param=name)
        case _:
            return Refused(message=f"{problem}.")


def missing(kind: str, key: str, *, param: str = "id", status: int = 404) -> Refused:
    """Nothing has that id. Where the path names it, it is not found; as a parameter, it is a bad one (400)."""
    return Refused(message=f"No such {kind}: '{key}'", code="resource_missing", param=param, status=status)
