"""The merchant's own account."""

from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.rest.expanding import Expandings
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Route

ACCOUNT = "acct_simulated"


def retrieve(draft: Draft, params: Params) -> Json:
    return {
        "id": ACCOUNT,
        "object": "account",
        "business_profile": None,
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "dashboard": {"display_name": "Simulated shop", "timezone": "Etc/UTC"},
        },
        "type": "standard",
    }


ROUTES = (Route("GET", "/v1/account", retrieve),)
EXPANDING: Expandings = {}
