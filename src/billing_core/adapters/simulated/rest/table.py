"""All that the simulated Stripe answers."""

from collections.abc import Mapping

from billing_core.adapters.simulated.rest import account, customers
from billing_core.adapters.simulated.rest.expanding import Expanding
from billing_core.adapters.simulated.rest.routes import Route

_RESOURCES = (account, customers)

ROUTES: tuple[Route, ...] = tuple(route for resource in _RESOURCES for route in resource.ROUTES)
EXPANDING: Mapping[tuple[str, str], Expanding] = {
    name: how for resource in _RESOURCES for name, how in resource.EXPANDING.items()
}
