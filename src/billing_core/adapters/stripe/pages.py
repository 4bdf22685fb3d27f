"""The operator's pages at Stripe."""

from urllib.parse import quote

DASHBOARD = "https://dashboard.stripe.com"
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


def dashboard_page(object_id: str, *, livemode: bool) -> str:
    """The URL of the page about an object; a search for it where its kind has no page of its own."""
    base = DASHBOARD if livemode else f"{DASHBOARD}/test"
    folder = _FOLDERS.get(object_id.rpartition("_")[0])
    named = quote(object_id, safe="")
    return f"{base}/{folder}/{named}" if folder else f"{base}/search?query={named}"
