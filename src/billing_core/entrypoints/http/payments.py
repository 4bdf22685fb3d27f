"""What the caller has paid."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.gateway import PaymentShown

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=255, pattern=r"^\w+$")]


class PaymentShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A payment. `amount` and `refunded` are in minor units; `dashboard_url` is told to admins alone."""

    id: str
    at: datetime
    kind: str
    status: str
    amount: int
    currency: str
    refunded: int
    description: str
    receipt_url: str | None
    invoice_url: str | None
    livemode: bool
    dashboard_url: str | None = None


class PaymentsShape(msgspec.Struct, kw_only=True):
    """A page of payments, newest first; it may be shorter than its limit though others follow."""

    data: list[PaymentShape]
    next_cursor: str | None


class Payments(Controller):
    """`/payments`"""

    path = "/payments"
    tags = ("Account",)

    @get("/", guards=[payments_needed], responses=problems(401, 409, 422, 503))
    async def show(
        self,
        *,
        caller: given.Caller,
        paying: given.Paying,
        settings: given.Settings,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> PaymentsShape:
        """What the caller paid, or tried to pay."""
        page = await paying(caller.account_id, limit=limit, cursor=cursor)
        is_live = settings.mode is Mode.LIVE
        return PaymentsShape(
            data=[
                payment_of(paid, livemode=is_live, dashboard=paying.page_of(paid.id) if caller.is_admin else None)
                for paid in page.items
            ],
            next_cursor=page.next_cursor,
        )


def payment_of(paid: PaymentShown, *, livemode: bool, dashboard: str | None = None) -> PaymentShape:
    """The payment as the contract has it."""
    return PaymentShape(
        id=paid.id,
        at=paid.at,
        kind=paid.kind,
        status=paid.status,
        amount=paid.amount_minor,
        currency=paid.currency,
        refunded=paid.refunded_minor,
        description=paid.description,
        receipt_url=paid.receipt_url,
        invoice_url=paid.invoice_url,
        livemode=livemode,
        dashboard_url=dashboard,
    )
