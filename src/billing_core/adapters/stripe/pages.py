"""The operator's pages at Stripe."""

from urllib.parse import quote

LIVE_DASHBOARD = "https://dashboard.stripe.com"
TEST_DASHBOARD = f"{LIVE_DASHBOARD}/test"

_FOLDERS = {
    "ch": "payments",
    "cus": "customers",
    "in": "invoices",
    "pi": "payments",
    "plink": "payment-links",
    "price": "prices",
    "prod": "products",
    "py": "payments",
    "sub": "subscriptions",
    "sub_sched": "subscription_schedules",
}


def page_of(object_id: str, *, dashboard: str) -> str:
    """The URL of the page about an object; a search for it where its kind has no page of its own."""
    folder = _FOLDERS.get(object_id.rpartition("_")[0])
    named = quote(object_id, safe="")
    return f"{dashboard}/{folder}/{named}" if folder else f"{dashboard}/search?query={named}"
