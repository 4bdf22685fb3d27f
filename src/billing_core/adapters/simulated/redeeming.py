"""Whether a coupon, or the code for one, can be used for a purchase."""

from billing_core.adapters.simulated.discounting import begun
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.goods import Coupon, PromotionCode
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.subscriptions import Invoice, InvoiceStatus
from billing_core.adapters.simulated.visits import Discount, Session, SessionStatus


def used(
    draft: Draft, code: PromotionCode, amount: int, currency: str, customer_id: str | None, *, param: str
) -> Discount:
    """The discount of a code that this customer may use for this. Raises Refused."""
    problem = None
    if not code.is_valid(draft.now):
        problem = "This promotion code cannot be redeemed because it is inactive or has expired."
    elif code.customer_id not in {None, customer_id}:
        problem = "This promotion code cannot be redeemed by this customer."
    elif code.first_time and customer_id is not None and _has_paid(draft, customer_id):
        problem = "This promotion code cannot be redeemed because the associated customer has prior transactions."
    elif code.minimum_amount is not None and (amount < code.minimum_amount or currency != code.minimum_currency):
        problem = "This promotion code cannot be redeemed because the purchase is below its minimum amount."
    if problem is not None:
        raise Refused(message=problem, param=param)
    return given(draft, draft.find(Coupon, code.coupon), currency, param=param, code=code.id)


def given(draft: Draft, coupon: Coupon, currency: str, *, param: str, code: str | None = None) -> Discount:
    """The discount of a coupon that can still be given. Raises Refused."""
    if not coupon.is_valid(draft.now):
        raise Refused(message=f"Coupon expired: {coupon.id}", code="coupon_expired", param=param)
    if coupon.amount_off is not None and coupon.currency != currency:
        message = f"The coupon {coupon.id} takes off {coupon.currency}, and this is paid in {currency}."
        raise Refused(message=message, param=param)
    return begun(draft, coupon, promotion_code=code)


def _has_paid(draft: Draft, customer_id: str) -> bool:
    paid = (invoice.status is InvoiceStatus.PAID for invoice in draft.named(Invoice, customer_id))
    done = (session.status is SessionStatus.COMPLETE for session in draft.named(Session, customer_id))
    return any(paid) or any(done)
