"""Which events tell of what, in the shapes of the moment at which it happened."""

from billing_core.adapters.simulated import invoice_shape, money_shape, session_shape, shapes, subscription_shape
from billing_core.adapters.simulated.draft import Draft, Json
from billing_core.adapters.simulated.money import Charge
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Invoice, Subscription
from billing_core.adapters.simulated.visits import Session


def tell_customer(draft: Draft, after: Customer, *, before: Customer | None = None) -> None:
    """A customer is new, or is not what it was."""
    if before == after:
        return
    draft.put(after)
    draft.emit(
        "customer.created" if before is None else "customer.updated",
        shapes.customer(after),
        before=None if before is None else shapes.customer(before),
    )


def tell_session(draft: Draft, session: Session, verb: str) -> None:
    """`checkout.session.<verb>`."""
    draft.put(session)
    draft.emit(f"checkout.session.{verb}", session_shape.session(draft, session))


def tell_subscription(draft: Draft, sub: Subscription, verb: str) -> None:
    """`customer.subscription.<verb>`."""
    draft.put(sub)
    draft.emit(f"customer.subscription.{verb}", subscription_shape.subscription(draft, sub))


def tell_update(draft: Draft, before: Subscription, after: Subscription) -> Subscription:
    """`customer.subscription.updated`, with what it was before; nothing where nothing differs."""
    if before != after:
        draft.put(after)
        draft.emit(
            "customer.subscription.updated",
            subscription_shape.subscription(draft, after),
            before=subscription_shape.subscription(draft, before),
        )
    return after


def tell_invoice(draft: Draft, invoice: Invoice, *verbs: str) -> None:
    """`invoice.<verb>`, for each of them."""
    draft.put(invoice)
    for verb in verbs:
        draft.emit(f"invoice.{verb}", invoice_shape.invoice(draft, invoice))


def tell_charge(draft: Draft, charge: Charge, verb: str, *, before: Charge | None = None) -> Charge:
    """`charge.<verb>`."""
    draft.put(charge)
    draft.emit(
        f"charge.{verb}",
        shape_of_charge(draft, charge),
        before=None if before is None else shape_of_charge(draft, before),
    )
    return charge


def shape_of_charge(draft: Draft, charge: Charge) -> Json:
    """As it is now, with its customer's name."""
    holder = draft.state.customers.get(charge.customer_id) if charge.customer_id else None
    return money_shape.charge(charge, holder, draft.world)
