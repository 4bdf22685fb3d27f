"""How a payment intent gets its money: attempt by attempt, each with the events that Stripe tells of it."""

from attrs import evolve

from billing_core.adapters.simulated import money_shape
from billing_core.adapters.simulated.cards import Card, Verdict
from billing_core.adapters.simulated.cards import Charge as BankAnswer
from billing_core.adapters.simulated.disputing import follow_up
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_charge
from billing_core.adapters.simulated.money import Charge, IntentStatus, PaymentIntent
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Invoice


def tell_intent(draft: Draft, intent: PaymentIntent, verb: str) -> PaymentIntent:
    """`payment_intent.<verb>`."""
    draft.put(intent)
    draft.emit(f"payment_intent.{verb}", money_shape.payment_intent(intent))
    return intent


def intent_of(draft: Draft, invoice_id: str) -> PaymentIntent | None:
    """The payment intent of an invoice; none where nothing was due."""
    return next(iter(draft.named(PaymentIntent, invoice_id)), None)


def is_under_way(draft: Draft, invoice: Invoice) -> bool:
    """Whether a bank has still to answer for it."""
    intent = intent_of(draft, invoice.id)
    return intent is not None and intent.status is IntentStatus.PROCESSING


def ask_for(
    draft: Draft,
    amount_minor: int,
    currency: str,
    *,
    holder: Customer | None,
    invoice_id: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> PaymentIntent:
    """A new payment intent, which nobody has tried to pay yet."""
    intent = PaymentIntent(
        id=draft.new_id("pi"),
        amount_minor=amount_minor,
        currency=currency,
        created_at=draft.now,
        customer_id=holder.id if holder else None,
        invoice_id=invoice_id,
        inpay_id=draft.new_id("inpay") if invoice_id else None,
        description=description,
        metadata=metadata or {},
    )
    return tell_intent(draft, intent, "created")


def attempt(draft: Draft, intent: PaymentIntent, card: Card | None, answer: BankAnswer) -> PaymentIntent:
    """What the bank's answer makes of it, and at once what the card's owner does about that.

    Where there is no card, nothing was tried; an answer to an attempt under way is that of its own card.
    """
    card = intent.card if intent.status is IntentStatus.PROCESSING else card
    if card is None:
        tried = evolve(intent, status=IntentStatus.REQUIRES_PAYMENT_METHOD, decline_code=None)
        draft.put(tried)
        return tried
    match answer.verdict:
        case Verdict.ASKS:
            asking = evolve(intent, status=IntentStatus.REQUIRES_ACTION, card=card, decline_code=None)
            return tell_intent(draft, asking, "requires_action")
        case Verdict.PAID:
            charge = tell_charge(draft, _charge(draft, intent, card), "succeeded")
            paid = evolve(
                intent,
                status=IntentStatus.SUCCEEDED,
                card=card,
                decline_code=None,
                latest_charge_id=charge.id,
                settles_at=None,
                paid_at=draft.now,
            )
            tell_intent(draft, paid, "succeeded")
            follow_up(draft, charge)
            return paid
        case Verdict.PROCESSING:
            charge = tell_charge(draft, evolve(_charge(draft, intent, card), pending=True), "pending")
            under_way = evolve(
                intent,
                status=IntentStatus.PROCESSING,
                card=card,
                decline_code=None,
                latest_charge_id=charge.id,
                settles_at=draft.now + draft.world.settings.bank_takes,
            )
            return tell_intent(draft, under_way, "processing")
        case Verdict.DECLINED:
            code = answer.decline_code or "generic_decline"
            charge = tell_charge(draft, _charge(draft, intent, card, decline_code=code), "failed")
            failed = evolve(
                intent,
                status=IntentStatus.REQUIRES_PAYMENT_METHOD,
                card=card,
                decline_code=code,
                latest_charge_id=charge.id,
                settles_at=None,
            )
            return tell_intent(draft, failed, "payment_failed")


def _charge(draft: Draft, intent: PaymentIntent, card: Card, *, decline_code: str | None = None) -> Charge:
    """A new one, or the one that was under way."""
    if intent.status is IntentStatus.PROCESSING:
        known = draft.find(Charge, intent.latest_charge_id or "")
        return evolve(known, pending=False, decline_code=decline_code)
    return Charge(
        id=draft.new_id("ch"),
        intent_id=intent.id,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        created_at=draft.now,
        card=card,
        customer_id=intent.customer_id,
        description=intent.description,
        decline_code=decline_code,
    )


def refuse_authentication(draft: Draft, intent: PaymentIntent) -> PaymentIntent:
    """The card's owner said no, so no charge was tried."""
    failed = evolve(intent, status=IntentStatus.REQUIRES_PAYMENT_METHOD, decline_code="authentication_required")
    return tell_intent(draft, failed, "payment_failed")


def cancel(draft: Draft, intent: PaymentIntent, *, reason: str) -> None:
    """Nobody is to pay it any more."""
    if intent.status not in {IntentStatus.SUCCEEDED, IntentStatus.CANCELED}:
        canceled = evolve(intent, status=IntentStatus.CANCELED, canceled_at=draft.now, cancel_reason=reason)
        tell_intent(draft, canceled, "canceled")
