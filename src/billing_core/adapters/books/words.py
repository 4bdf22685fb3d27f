"""Words that all stores write alike."""

from collections.abc import Mapping

NAMES = {"cus_": "customer", "sub_": "subscription", "cs_": "session", "in_": "invoice"}


def claimed_about(provider_id: str) -> Mapping[str, str]:
    """What the incident of a claim of an owned id is about."""
    name = next((name for prefix, name in NAMES.items() if provider_id.startswith(prefix)), "payment")
    return {name: provider_id}
