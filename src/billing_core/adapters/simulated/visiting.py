"""What visitors do before they pay: they open a payment link, or enter a promotion code."""

from attrs import evolve

from billing_core.adapters.simulated import checkout
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import PromotionCode
from billing_core.adapters.simulated.redeeming import used
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.visits import Bought, PaymentLink, Session, SessionStatus
from billing_core.domain.errors import IllegalTransition, InvalidValue


def open_link(draft: Draft, link: PaymentLink, *, email: str | None, reference: str | None) -> Session:
    """A checkout for whoever opens the link; `reference` is what its URL said. Raises IllegalTransition."""
    if not link.active:
        raise IllegalTransition("open a payment link", "inactive")
    lines = tuple(Bought(id=draft.new_id("li"), price=x.price, quantity=x.quantity) for x in link.selling.lines)
    session = Session(
        id=draft.new_id("cs_test"),
        selling=evolve(link.selling, lines=lines),
        amount_minor=0,
        customer_email=email,
        client_reference_id=reference,
        payment_link=link.id,
        created_at=draft.now,
        expires_at=draft.now + checkout.LIFETIME,
    )
    return checkout.open_session(draft, session)


def enter_code(draft: Draft, session: Session, code: str) -> Session:
    """The customer enters a promotion code. Raises IllegalTransition, InvalidValue."""
    if session.status is not SessionStatus.OPEN:
        raise IllegalTransition("enter a promotion code", session.status.value)
    known = next((each for each in draft.named(PromotionCode, code.casefold()) if each.active), None)
    if known is None or not session.selling.allow_promotion_codes:
        raise InvalidValue("promotion_code", "it cannot be used here")
    try:
        discount = used(
            draft, known, session.amount_minor, session.selling.currency, session.customer_id, param="promotion_code"
        )
    except Refused as refused:
        raise InvalidValue("promotion_code", refused.message) from None
    return checkout.open_session(draft, evolve(session, discounts=(discount,)))
