"""Opening hosted checkouts, and ending them."""

import re
from collections.abc import Iterable

from attrs import frozen

from billing_core.adapters.stripe.api import Api, any_key, nothing, of, reading
from billing_core.adapters.stripe.checkouts import ACCOUNT, ITEM, KIND, VERSION
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import customer_of, moment, needed, rows, text
from billing_core.domain.checkout_page import Branding, CustomField
from billing_core.domain.errors import CurrencyLocked, InvalidValue
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession

_SESSIONS = "/v1/checkout/sessions"
_LONGEST_URL = 5000
_LONGEST_REFERENCE = 200
_LOCKED = re.compile(r"cannot combine currencies.*\b([a-z]{3})\b\W*$", re.IGNORECASE | re.DOTALL)

Params = dict[str, object]


@frozen
class Sessions:
    """Stripe's checkout sessions. What is bought stands in the metadata of the session and of what comes of it."""

    api: Api
    prices: PriceBook

    async def open_checkout(self, request: CheckoutRequest, *, idempotency_key: str) -> CheckoutSession:
        """The same key opens one session. Raises InvalidValue for a promotion code that cannot be used,
        CurrencyLocked."""
        params = params_of(request) | await self._discount(request)

        async def use(price_id: str, key: str) -> CheckoutSession:
            return await self._open(params, price_id, key)

        return await self.prices.sell(request.price, use, idempotency_key=idempotency_key)

    async def expire_checkout(self, session_id: str) -> None:
        """One that is not open is left alone."""
        path = of(_SESSIONS, session_id)
        try:
            await self.api.post(f"{path}/expire", key=any_key(), find=nothing)
        except GatewayRefused:
            if (await self.api.get(path)).get("status") == "open":
                raise

    async def _discount(self, request: CheckoutRequest) -> Params:
        """The promotion code that was named, or the field in which the customer may enter one; not both.

        Several promotions may go by one code, each for a customer of its own, and one for all others.
        """
        code = request.promotion_code
        if code is None:
            return {"allow_promotion_codes": request.promotion_codes or None}
        page = await self.api.get("/v1/promotion_codes", code=code, active=True, limit=100)
        with reading("a list of promotion codes"):
            usable = [each for each in rows(page, "data") if customer_of(each) in {None, request.customer_id}]
            if not usable:
                raise InvalidValue("promotion_code", "it cannot be used")
            own = max(usable, key=lambda each: customer_of(each) is not None)
            return {"discounts": [{"promotion_code": needed(text(own, "id"), "id")}]}

    async def _open(self, params: Params, price_id: str, key: str) -> CheckoutSession:
        """A session that is opened twice does no harm: nobody knows the URL of the first, and it ends by itself."""
        lines = [{"price": price_id, "quantity": 1}]
        try:
            session = await self.api.post(_SESSIONS, key=key, find=nothing, line_items=lines, **params)
        except Refused as refused:
            locked = _LOCKED.search(refused.problem)
            if locked:
                raise CurrencyLocked(locked[1].lower()) from None
            if refused.param.startswith("discounts") or refused.code == "coupon_expired":
                raise InvalidValue("promotion_code", "it cannot be used for this") from None
            raise
        with reading("a checkout session"):
            return CheckoutSession(
                id=needed(text(session, "id"), "id"),
                url=needed(text(session, "url", longest=_LONGEST_URL), "url"),
                expires_at=needed(moment(session, "expires_at"), "expires_at"),
            )


def params_of(request: CheckoutRequest) -> Params:
    """Everything but the line and the discount. Which ways to pay are offered is set in the dashboard."""
    metadata = {
        ACCOUNT: request.account_id,
        KIND: request.kind.value,
        ITEM: request.item,
        VERSION: str(request.version),
    }
    is_short = len(request.account_id) <= _LONGEST_REFERENCE
    params: Params = {
        "mode": "subscription" if request.recurring else "payment",
        "customer": request.customer_id,
        "client_reference_id": request.account_id if is_short else None,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "billing_address_collection": "required" if request.billing_address else None,
        "custom_fields": fields_of(request.custom_fields),
        "branding_settings": _look(request.branding),
        "metadata": metadata,
    }
    if request.automatic_tax:
        params |= {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}
    if not request.recurring:
        return params | {"payment_intent_data": {"metadata": metadata}}
    return params | _subscription(request, metadata)


def fields_of(asked: Iterable[CustomField]) -> list[Params] | None:
    """What the customer is asked beside the payment."""
    return [
        {
            "key": each.key,
            "label": {"type": "custom", "custom": each.label},
            "type": each.kind.value,
            "optional": each.optional,
        }
        for each in asked
    ] or None


def _look(branding: Branding | None) -> Params | None:
    if branding is None:
        return None
    told = {
        "display_name": branding.display_name,
        "background_color": branding.background_color,
        "button_color": branding.button_color,
        "border_style": branding.border_style.value if branding.border_style else None,
    }
    return {name: value for name, value in told.items() if value is not None} or None


def _subscription(request: CheckoutRequest, metadata: dict[str, str]) -> Params:
    """A trial without a card ends as a cancellation: nobody is asked to pay who has not said how."""
    data: Params = {"metadata": metadata}
    if not request.trial_days:
        return {"subscription_data": data}
    data["trial_period_days"] = request.trial_days
    if request.trial_needs_card:
        return {"subscription_data": data}
    data["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
    return {"subscription_data": data, "payment_method_collection": "if_required"}
