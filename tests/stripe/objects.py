"""Every kind of object that Stripe has, and every type of event that it could be told by."""

import json
import os
from pathlib import Path
from typing import get_args

import stripe

from tests.stripe import samples
from tests.stripe.samples import Json

SHARED = Path(__file__).parents[2] / "../shared/stripe/fixtures3.json"


def event_types() -> tuple[str, ...]:
    """As the SDK lists them."""
    return get_args(stripe.Event.__annotations__["type"])


def objects() -> list[Json]:
    """Stripe's own sample objects, where the file is at hand; our own always."""
    return [*_of_stripe(), *_of_ours()]


def fits(told: Json, event_type: str) -> bool:
    """Whether events of the type tell of such an object."""
    kind, family = str(told["object"]), event_type.rpartition(".")[0].replace("issuing_", "issuing.")
    return family == kind or family.endswith(f".{kind}")


def _of_stripe() -> list[Json]:
    """Where the file is not, an object of each kind that an event tells of, with nothing but its id."""
    file = Path(os.environ.get("STRIPE_FIXTURES", SHARED))
    if file.exists():
        resources: dict[str, Json] = json.loads(file.read_text())["resources"]
        return list(resources.values())
    kinds = {event_type.rpartition(".")[0] for event_type in event_types()}
    kinds |= {kind.rpartition(".")[2] for kind in kinds}
    return [{"object": kind, "id": f"{kind}_1"} for kind in sorted(kinds)]


def _of_ours() -> list[Json]:
    return [
        samples.a_charge(),
        samples.a_credit_note(),
        samples.a_dispute(),
        samples.a_refund(),
        samples.a_review(),
        samples.a_session(),
        samples.a_subscription(),
        samples.a_warning(),
        samples.an_invoice(),
        samples.an_old_invoice(),
    ]
