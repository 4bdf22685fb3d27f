"""What was paid, with receipts."""

import re

from litestar import Controller, Response, get
from litestar.params import FromQuery

from billing_core.domain.catalog import CatalogVersion
from billing_core.domain.errors import UnknownPack
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.web.giving import Page
from billing_core.entrypoints.web.wording import PAYMENTS
from billing_core.ports.gateway import PaymentShown

PAYMENTS_A_PAGE = 20
CURSOR = re.compile(r"\w{1,255}")
ONE_OF = re.compile(r"^1 (?:x|\u00d7) ")


class PaymentPages(Controller):
    """`/payments`"""

    path = "/payments"
    guards = (payments_needed,)
    include_in_schema = False

    @get("/")
    async def show(
        self,
        web: Page,
        caller: given.Caller,
        paying: given.Paying,
        catalog: given.Catalog,
        cursor: FromQuery[str] = "",
    ) -> Response[str]:
        """Newest first. A page may be short though others follow."""
        after = cursor if CURSOR.fullmatch(cursor) else None
        page = await paying(caller.account_id, limit=PAYMENTS_A_PAGE, cursor=after)
        paid = [(each, bought(each, catalog.current), *PAYMENTS[each.status]) for each in page.items]
        return web.page("payments.html", paid=paid, next_cursor=page.next_cursor, is_first=not cursor)


def bought(paid: PaymentShown, version: CatalogVersion) -> str:
    """What it was for: a pack's name where the gateway has but its key."""
    try:
        return f"Pack: {version.pack(paid.description).name}"
    except UnknownPack:
        return ONE_OF.sub("", paid.description) or ("Pack" if paid.kind == "pack" else "Subscription")
