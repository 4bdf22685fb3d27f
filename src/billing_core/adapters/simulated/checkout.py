"""Hosted checkouts. A subscription and its invoice are made only once the payment succeeded."""

from datetime import timedelta

from attrs import evolve

from billing_core.adapters.simulated.billing import next_end, whole_period
from billing_core.adapters.simulated.cards import Card, Occasion, Verdict, charge
from billing_core.adapters.simulated.collecting import bill, ensure_currency, finalize, settle
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.events import tell_customer, tell_session, tell_subscription
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.shapes import checkout_url
from billing_core.adapters.simulated.state import Session, SessionStatus, Subscription
from billing_core.domain.errors import IllegalTransition, InvalidValue
from billing_core.domain.subscription import Status
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession

LIFETIME = timedelta(hours=24)
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def open_session(draft: Draft, request: CheckoutRequest) -> CheckoutSession:
    """Raises UnknownAtGateway, CurrencyLocked, InvalidValue."""
    holder = draft.customer(request.customer_id)
    find = draft.world.prices.recurring if request.recurring else draft.world.prices.find
    offer = find(request.price, version=request.version)
    if not request.recurring and offer.price.interval is not None:
        raise InvalidValue("price", f"{request.price} is paid again and again")
    ensure_currency(holder.currency, offer.price.money.currency)
    draft.world.prices.sell(offer)
    session = Session(
        id=draft.new_id("cs_test"),
        customer_id=holder.id,
        account_id=request.account_id,
        kind=request.kind,
        item=request.item,
        price=request.price,
        version=request.version,
        recurring=request.recurring,
        trial_days=request.trial_days if request.recurring else 0,
        trial_needs_card=request.trial_needs_card,
        promotion_codes=request.promotion_codes or request.promotion_code is not None,
        billing_address=request.billing_address,
        amount_minor=offer.price.money.amount_minor,
        currency=offer.price.money.currency,
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        created_at=draft.now,
        expires_at=draft.now + LIFETIME,
    )
    draft.put(session)
    url = checkout_url(session.id, draft.world)
    return CheckoutSession(id=session.id, url=url, expires_at=session.expires_at)


def expire(draft: Draft, session: Session) -> None:
    """One that is not open is left alone."""
    if session.status is SessionStatus.OPEN:
        tell_session(draft, evolve(session, status=SessionStatus.EXPIRED, asking=None), "expired")


def pay(draft: Draft, session: Session, card: Card | None) -> PaymentResult:
    """A card is handed over, or none where a trial needs none. Raises IllegalTransition, InvalidValue."""
    _ensure_open(session)
    if card is None and (session.trial_needs_card or not session.trial_days):
        raise InvalidValue("card", "this checkout needs one")
    if card is None:
        return _complete(draft, session, None)
    answer = charge(card, Occasion.GIVEN)
    match answer.verdict:
        case Verdict.PAID:
            return _complete(draft, session, card)
        case Verdict.ASKS:
            draft.put(evolve(session, asking=card))
            url = f"{checkout_url(session.id, draft.world)}/authenticate"
            return PaymentResult(status=PaymentStatus.REQUIRES_AUTHENTICATION, redirect_url=url)
        case Verdict.DECLINED:
            draft.put(evolve(session, asking=None))
            return PaymentResult(status=PaymentStatus.DECLINED, decline_code=answer.decline_code)


def authenticate(draft: Draft, session: Session, *, ok: bool) -> PaymentResult:
    """The card's owner says yes or no. Raises IllegalTransition where no card waits for that."""
    _ensure_open(session)
    if session.asking is None:
        raise IllegalTransition("authenticate a checkout", "not asked")
    if ok:
        return _complete(draft, session, session.asking)
    draft.put(evolve(session, asking=None))
    return PaymentResult(status=PaymentStatus.DECLINED, decline_code="authentication_required")


def _ensure_open(session: Session) -> None:
    if session.status is not SessionStatus.OPEN:
        raise IllegalTransition("pay a checkout", session.status.value)


def _complete(draft: Draft, session: Session, card: Card | None) -> PaymentResult:
    if card is not None and session.recurring:  # a card that pays once is not kept
        holder = draft.customer(session.customer_id)
        tell_customer(draft, evolve(holder, card=card), before=holder)
    done = evolve(session, status=SessionStatus.COMPLETE, asking=None)
    if session.recurring:
        sub = _subscribe(draft, session)
        done = evolve(done, subscription_id=sub.id, invoice_id=sub.latest_invoice_id)
    else:
        done = evolve(done, payment_intent_id=draft.new_id("pi"))
    tell_session(draft, done, "completed")
    url = session.success_url.replace(PLACEHOLDER, session.id)
    return PaymentResult(status=PaymentStatus.SUCCEEDED, redirect_url=url)


def _subscribe(draft: Draft, session: Session) -> Subscription:
    offer = draft.world.prices.recurring(session.price, version=session.version)
    assert offer.price.interval is not None  # `recurring` raises otherwise
    trial_end = draft.now + timedelta(days=session.trial_days) if session.trial_days else None
    period_end = trial_end or next_end(draft.now, draft.now, offer.price.interval)
    sub = Subscription(
        id=draft.new_id("sub"),
        item_id=draft.new_id("si"),
        customer_id=session.customer_id,
        status=Status.TRIALING if trial_end else Status.ACTIVE,
        price=session.price,
        version=session.version,
        currency=session.currency,
        metadata=session.metadata,
        created_at=draft.now,
        anchor=trial_end or draft.now,
        period_start=draft.now,
        period_end=period_end,
        trial_start=draft.now if trial_end else None,
        trial_end=trial_end,
    )
    draft.put(sub)
    line = whole_period(offer, draft.now, period_end, free=trial_end is not None)
    invoice = bill(draft, sub, (line,), reason="subscription_create")
    tell_subscription(draft, draft.subscription(sub.id), "created")
    settle(draft, finalize(draft, invoice))
    return draft.subscription(sub.id)
