"""What an event becomes on its way out: in the shapes of the endpoint's API version, or thin."""

import msgspec

from billing_core.adapters.simulated import shapes, thin
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.older import Known, rendered


def posted(draft: Draft, body: str) -> bytes:
    """The bytes that are posted for an event, as the settings say."""
    settings = draft.world.settings
    if settings.thin:
        return msgspec.json.encode(thin.notification(msgspec.json.decode(body)))
    if settings.api_version is not None:
        return msgspec.json.encode(rendered(msgspec.json.decode(body), settings.api_version, known(draft)))
    return body.encode()


def known(draft: Draft) -> Known:
    """What older shapes tell of the present state beside the object itself."""
    state = draft.state

    def price(price_id: str) -> Json | None:
        found = state.prices.get(price_id)
        return None if found is None else shapes.price(found)

    def payment_of(invoice_id: str) -> tuple[str | None, str | None]:
        intents = list(draft.named(PaymentIntent, invoice_id))
        return (intents[-1].id, intents[-1].latest_charge_id) if intents else (None, None)

    def invoice_of(payment_id: str) -> str | None:
        charge = state.charges.get(payment_id)
        intent = state.intents.get(charge.intent_id if charge else payment_id)
        return intent.invoice_id if intent else None

    return Known(price, payment_of, invoice_of)
