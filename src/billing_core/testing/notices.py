"""A notice of each topic, with every fact that its words tell."""

from collections.abc import Mapping
from types import MappingProxyType

from billing_core.ports.notifier import Notice, Topic

_FOR_OPERATORS = {
    "title": "Money came in that belongs to nobody",
    "detail": "a paid checkout of cus_1 (webhook evt_1) belongs to no account",
    "kind": "orphan_payment",
    "incident": "inc_0f3c7a11d24be695",
}
FACTS: Mapping[Topic, Mapping[str, str | int]] = MappingProxyType(
    {
        Topic.TRIAL_ENDING: {"ends_at": "2026-01-08T00:00:00+00:00"},
        Topic.PAYMENT_FAILED: {"needs_authentication": 0, "url": "https://invoice.stripe.com/i/acct_1/test_1"},
        Topic.CREDITS_LOW: {"left": 18, "allotment": 200, "plan": "Basic"},
        Topic.REFUNDED: {"amount": "4.50 USD", "payment": "in_1", "whole": 0},
        Topic.DISPUTED: {"status": "open", "payment": "in_1", "amount": "9.00 USD"},
        Topic.FRAUD_ALERT: {
            "title": "A card's network warns of fraud",
            "detail": "in_1 (pi_1) may be fraud (made_with_stolen_card) and can still be refunded",
            "kind": "fraud_warning",
            "incident": "inc_5b2d9e80c1a74f36",
        },
        Topic.INCIDENT: _FOR_OPERATORS,
    }
)


def a_notice(
    topic: Topic = Topic.TRIAL_ENDING, *, to: str = "ann@example.org", key: str = "ann cause", **facts: str | int
) -> Notice:
    """A notice of that topic to Ann, with other facts where they are given."""
    return Notice(topic=topic, account_id="ann", to=to, key=key, facts={**FACTS[topic], **facts})
