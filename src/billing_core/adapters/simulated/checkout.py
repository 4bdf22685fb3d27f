"""Hosted checkouts. A subscription and its invoice are made only once the payment succeeded."""

from datetime import timedelta

from attrs import evolve

from billing_core.adapters.simulated.billing import next_end, whole_period
from billing_core.adapters.simulated.cards import PAID, Card, Charge, Occasion, Verdict, charge
from billing_core.adapters.simulated.collecting import await_bank
from billing_core.adapters.simulated.discounting import cuts
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer, tell_session, tell_subscription
from billing_core.adapters.simulated.goods import Coupon, PromotionCode
from billing_core.adapters.simulated.invoicing import bill, ensure_currency, finalize, settle
from billing_core.adapters.simulated.money import PaymentIntent
from billing_core.adapters.simulated.paying import ask_for, attempt, intent_of, refuse_authentication
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.shapes import checkout_url
from billing_core.adapters.simulated.state import Customer
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.adapters.simulated.visits import Discount, PaymentLink, Selling, Session, SessionStatus
from billing_core.domain.errors import IllegalTransition, InvalidValue
from billing_core.domain.subscription import Status

LIFETIME = timedelta(hours=24)
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def amount_of(draft: Draft, selling: Selling) -> int:
    """What it costs without discounts."""
    return sum(draft.price(line.price).amount_minor * line.quantity for line in selling.lines)


def open_session(draft: Draft, session: Session) -> Session:
    """Keeps a new session, its amounts worked out. Raises UnknownAtGateway, CurrencyLocked."""
    if session.customer_id is not None and session.is_recurring:
        ensure_currency(draft.customer(session.customer_id).currency, session.selling.currency)
    amount = amount_of(draft, session.selling)
    off = sum(taken for _, taken in cuts(draft, session.discounts, amount))
    opened = evolve(session, amount_minor=amount, discount_minor=off)
    draft.put(opened)
    return opened


def expire(draft: Draft, session: Session) -> Session:
    """One that is not open is left alone."""
    if session.status is not SessionStatus.OPEN:
        return session
    expired = evolve(session, status=SessionStatus.EXPIRED, asking=None)
    tell_session(draft, expired, "expired")
    return expired


def pay(draft: Draft, session: Session, card: Card | None) -> PaymentResult:
    """A card is handed over, or none where none is needed. Raises IllegalTransition, InvalidValue."""
    _ensure_open(session)
    if card is None and session.needs_card:
        raise InvalidValue("card", "this checkout needs one")
    if card is None:
        return _complete(draft, session, None, PAID)
    answer = charge(card, Occasion.GIVEN, blocks=draft.world.settings.blocks_highest_risk)
    match answer.verdict:
        case Verdict.PAID | Verdict.PROCESSING:
            return _complete(draft, session, card, answer)
        case Verdict.ASKS:
            draft.put(_tried(draft, evolve(session, asking=card), card, answer))
            url = f"{checkout_url(session.id, draft.world)}/bank"
            return PaymentResult(status=PaymentStatus.REQUIRES_AUTHENTICATION, redirect_url=url)
        case Verdict.DECLINED:
            draft.put(_tried(draft, evolve(session, asking=None), card, answer))
            return PaymentResult(status=PaymentStatus.DECLINED, decline_code=answer.decline_code)


def authenticate(draft: Draft, session: Session, *, ok: bool) -> PaymentResult:
    """The card's owner says yes or no. Raises IllegalTransition where no card waits for that."""
    _ensure_open(session)
    if session.asking is None:
        raise IllegalTransition("authenticate a checkout", "not asked")
    if ok:
        return _complete(draft, session, session.asking, PAID)
    if session.payment_intent_id is not None:
        refuse_authentication(draft, draft.find(PaymentIntent, session.payment_intent_id))
    draft.put(evolve(session, asking=None))
    return PaymentResult(status=PaymentStatus.DECLINED, decline_code="authentication_required")


def _ensure_open(session: Session) -> None:
    if session.status is not SessionStatus.OPEN:
        raise IllegalTransition("pay a checkout", session.status.value)


def _complete(draft: Draft, session: Session, card: Card | None, answer: Charge) -> PaymentResult:
    holder = _holder(draft, session)
    if card is not None and session.is_recurring and holder is not None:  # a card that pays once is not kept
        tell_customer(draft, evolve(holder, card=card), before=holder)
    done = evolve(session, status=SessionStatus.COMPLETE, asking=None, customer_id=holder.id if holder else None)
    if session.is_recurring:
        sub = _subscribe(draft, done, answer)
        done = evolve(done, subscription_id=sub.id, invoice_id=sub.latest_invoice_id)
    elif session.total and card is not None:
        done = _tried(draft, done, card, answer)
    if done.total and answer.verdict is Verdict.PROCESSING:
        done = evolve(done, is_unsettled=True, awaits=_under_way(draft, done))
    _count(draft, done)
    tell_session(draft, done, "completed")
    url = session.success_url.replace(PLACEHOLDER, session.id) if session.success_url else None
    status = PaymentStatus.PROCESSING if done.is_unsettled else PaymentStatus.SUCCEEDED
    return PaymentResult(status=status, redirect_url=url)


def _under_way(draft: Draft, session: Session) -> str | None:
    """The charge that the checkout waits for."""
    intent = draft.state.intents.get(session.payment_intent_id or "") or intent_of(draft, session.invoice_id or "")
    return intent.latest_charge_id if intent else None


def _tried(draft: Draft, session: Session, card: Card, answer: Charge) -> Session:
    """The session after one more attempt at its payment intent. A subscription is paid by its invoice instead."""
    if session.is_recurring:
        return session
    known = draft.state.intents.get(session.payment_intent_id or "")
    holder, selling = draft.state.customers.get(session.customer_id or ""), session.selling
    intent = known or ask_for(
        draft, session.total, selling.currency, holder=holder, metadata=dict(selling.payment_metadata)
    )
    if holder is not None and intent.customer_id is None:
        intent = evolve(intent, customer_id=holder.id)
    return evolve(session, payment_intent_id=attempt(draft, intent, card, answer).id)


def _holder(draft: Draft, session: Session) -> Customer | None:
    """Who buys; a session without a customer makes one, or serves a guest."""
    if session.customer_id is not None:
        return draft.customer(session.customer_id)
    if not session.selling.makes_customer:
        return None
    made = Customer(id=draft.new_id("cus"), email=session.customer_email, created_at=draft.now)
    tell_customer(draft, made)
    return made


def _count(draft: Draft, session: Session) -> None:
    """What is limited in number has been used once more."""
    if session.payment_link is not None:
        link = draft.find(PaymentLink, session.payment_link)
        completed = link.completed + 1
        draft.put(evolve(link, completed=completed, active=link.active and completed != link.limit))
    for discount in session.discounts:
        coupon = draft.find(Coupon, discount.coupon)
        draft.put(evolve(coupon, times_redeemed=coupon.times_redeemed + 1))
        if discount.promotion_code is not None:
            code = draft.find(PromotionCode, discount.promotion_code)
            draft.put(evolve(code, times_redeemed=code.times_redeemed + 1))


def _subscribe(draft: Draft, session: Session, answer: Charge) -> Subscription:
    selling, (bought,) = session.selling, session.selling.lines
    price = draft.price(bought.price)
    trial_end = draft.now + timedelta(days=selling.trial_days) if selling.trial_days else None
    period_end = trial_end or next_end(draft.now, draft.now, price)
    sub = Subscription(
        id=draft.new_id("sub"),
        item_id=draft.new_id("si"),
        customer_id=session.customer_id or "",
        status=Status.TRIALING if trial_end else Status.ACTIVE,
        price=price.id,
        quantity=bought.quantity,
        currency=selling.currency,
        metadata=selling.subscription_metadata,
        created_at=draft.now,
        anchor=trial_end or draft.now,
        period_start=draft.now,
        period_end=period_end,
        trial_start=draft.now if trial_end else None,
        trial_end=trial_end,
        without_card=selling.without_card,
        discounts=_from_now(draft, session.discounts),
    )
    draft.put(sub)
    line = whole_period(price, draft.now, period_end, quantity=bought.quantity, free=trial_end is not None)
    invoice = bill(draft, sub, (line,), reason="subscription_create")
    tell_subscription(draft, draft.subscription(sub.id), "created")
    opened = finalize(draft, invoice)
    if opened.amount_due and answer.verdict is Verdict.PROCESSING:
        await_bank(draft, opened, answer)
    else:
        settle(draft, opened)
    return draft.subscription(sub.id)


def _from_now(draft: Draft, discounts: tuple[Discount, ...]) -> tuple[Discount, ...]:
    """They run from the moment of the payment, not from when the page was opened."""
    return tuple(evolve(x, start=draft.now, end=x.end and x.end + (draft.now - x.start)) for x in discounts)
