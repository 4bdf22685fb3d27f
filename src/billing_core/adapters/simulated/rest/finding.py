"""Finding what a path or a parameter names."""

from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.rest.errors import missing
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.state import Customer, K


def found(draft: Draft, kind: type[K], key: str, called: str) -> K:
    """What the path names. Raises Refused: 404."""
    value = draft.state.table(kind).get(key)
    if value is None:
        raise missing(called, key)
    return value


def referred(draft: Draft, params: Params, name: str, kind: type[K], called: str) -> K | None:
    """What a parameter names; None where it is missing. Raises Refused: 400."""
    key = params.text(name)
    if key is None:
        return None
    value = draft.state.table(kind).get(key)
    if value is None or (isinstance(value, Customer) and value.deleted):
        raise missing(called, key, param=params.name(name), status=400)
    return value


def living(draft: Draft, customer_id: str) -> Customer:
    """A customer that is not deleted. Raises Refused: 404."""
    customer = found(draft, Customer, customer_id, "customer")
    if customer.deleted:
        raise missing("customer", customer_id)
    return customer
