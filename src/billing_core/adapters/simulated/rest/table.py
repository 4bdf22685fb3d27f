"""All that the simulated Stripe answers."""

from collections.abc import Mapping

from billing_core.adapters.simulated.rest import (
    account,
    coupons,
    credit_notes,
    customers,
    disputes,
    endpoints,
    events,
    invoices,
    links,
    pauses,
    payments,
    portal,
    prices,
    products,
    refunds,
    schedules,
    sessions,
    subscriptions,
)
from billing_core.adapters.simulated.rest.expanding import Expanding
from billing_core.adapters.simulated.rest.routes import Route

_RESOURCES = (
    account,
    coupons,
    credit_notes,
    customers,
    disputes,
    endpoints,
    events,
    invoices,
    links,
    pauses,
    payments,
    portal,
    prices,
    products,
    refunds,
    schedules,
    sessions,
    subscriptions,
)

ROUTES: tuple[Route, ...] = tuple(route for resource in _RESOURCES for route in resource.ROUTES)
EXPANDING: Mapping[tuple[str, str], Expanding] = {
    name: how for resource in _RESOURCES for name, how in resource.EXPANDING.items()
}
