"""What customers ask for while the server is being killed, and what may come of it at Stripe: each thing once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from billing_core.adapters.simulated.state import State
from billing_core.adapters.simulated.subscriptions import InvoiceStatus

Json = dict[str, Any]
Holdings = Mapping[str, int]


@frozen(kw_only=True)
class Verb:
    """A request, and what the customer holds at Stripe once it is done.

    `subscribed_to` is the plan that the customer has before; `first` is asked before it, and nobody is killed then.
    """

    name: str
    method: str
    path: str
    body: Json | None = None
    subscribed_to: str | None = None
    first: "Verb | None" = None
    leaves: Holdings


NEWCOMER = {"customers": 1}
SUBSCRIBER = {"customers": 1, "sessions": 1, "subscriptions": 1, "live": 1, "paid": 1}
UPGRADE = {"tier": "premium", "when": "now"}
DOWNGRADE = {"tier": "basic", "when": "period_end"}
ENDING = Verb(
    name="cancel at the period's end",
    method="DELETE",
    path="/subscriptions",
    subscribed_to="basic",
    leaves=SUBSCRIBER | {"ending": 1},
)
WAITING = Verb(
    name="downgrade later",
    method="POST",
    path="/subscriptions/change",
    body=DOWNGRADE,
    subscribed_to="premium",
    leaves=SUBSCRIBER | {"schedules": 1},
)

VERBS = (
    Verb(
        name="check out a plan",
        method="POST",
        path="/subscriptions/checkout",
        body={"tier": "basic"},
        leaves=NEWCOMER | {"sessions": 1},
    ),
    Verb(
        name="check out a pack",
        method="POST",
        path="/credits/checkout",
        body={"pack": "pack_1k"},
        leaves=NEWCOMER | {"sessions": 1},
    ),
    Verb(
        name="upgrade now",
        method="POST",
        path="/subscriptions/change",
        body=UPGRADE,
        subscribed_to="basic",
        leaves=SUBSCRIBER | {"paid": 2},
    ),
    Verb(
        name="upgrade now what was to end",
        method="POST",
        path="/subscriptions/change",
        body=UPGRADE,
        subscribed_to="basic",
        first=ENDING,
        leaves=SUBSCRIBER | {"paid": 2},
    ),
    WAITING,
    Verb(
        name="drop a downgrade",
        method="DELETE",
        path="/subscriptions/change",
        subscribed_to="premium",
        first=WAITING,
        leaves=SUBSCRIBER,
    ),
    ENDING,
    Verb(
        name="cancel what was to be downgraded",
        method="DELETE",
        path="/subscriptions",
        subscribed_to="premium",
        first=WAITING,
        leaves=SUBSCRIBER | {"ending": 1},
    ),
    Verb(
        name="resume",
        method="POST",
        path="/subscriptions/resume",
        subscribed_to="basic",
        first=ENDING,
        leaves=SUBSCRIBER,
    ),
    Verb(
        name="cancel now, with the rest credited",
        method="DELETE",
        path="/subscriptions?at_period_end=false&prorate=true",
        subscribed_to="basic",
        leaves=SUBSCRIBER | {"live": 0, "paid": 2},
    ),
)


def holdings(state: State, account_id: str) -> Holdings:
    """What the account's customers hold at Stripe, counted; what there is none of is left out."""
    customers = {c.id for c in state.customers.values() if c.metadata.get("billing_core_account") == account_id}
    subs = [sub for sub in state.subscriptions.values() if sub.customer_id in customers]
    counted: Counter[str] = Counter(customers=len(customers), subscriptions=len(subs))
    counted["sessions"] = sum(session.customer_id in customers for session in state.sessions.values())
    counted["live"] = sum(not sub.is_over for sub in subs)
    counted["ending"] = sum(sub.ends_at is not None and not sub.is_over for sub in subs)
    counted["schedules"] = sum(sub.schedule_id is not None for sub in subs)
    invoices = [invoice for invoice in state.invoices.values() if invoice.customer_id in customers]
    counted["paid"] = sum(invoice.status is InvoiceStatus.PAID for invoice in invoices)
    return +counted
