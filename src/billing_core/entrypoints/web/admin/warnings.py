"""Early fraud warnings: one case each."""

from typing import Annotated
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct

from billing_core.application.reviewing import Review
from billing_core.domain.acts import ReasonCode
from billing_core.domain.errors import BillingError
from billing_core.domain.fraud import WarningStatus
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import NO_NUL
from billing_core.entrypoints.http.refusals import InvalidFields
from billing_core.entrypoints.web.admin.accounts import Word
from billing_core.entrypoints.web.admin.doors import FEW, operators_only
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.wording import sentence
from billing_core.ports.warnings import WarningFilter

STATUSES = {
    WarningStatus.OPEN: ("Open", "bad"),
    WarningStatus.REVIEWING: ("Under review", "warn"),
    WarningStatus.CONFIRMED: ("Fraud", "bad"),
    WarningStatus.DISMISSED: ("False alarm", "good"),
}


class ReviewForm(Struct, kw_only=True):
    """How the case stands now, and what is to be remembered."""

    status: WarningStatus
    notes: Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)] = ""


class WarningPages(Controller):
    """`/admin/fraud-warnings`"""

    path = "/admin/fraud-warnings"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def show(
        self, web: Page, reviewing: given.Reviewing, paying: given.Paying, status: Word = "", cursor: Word = ""
    ) -> Response[str]:
        """What the networks of cards warned of, newest first."""
        known = {each.value: each for each in WarningStatus}
        page = await reviewing.page(WarningFilter(status=known.get(status)), limit=FEW, cursor=cursor or None)
        return web.page("admin_warnings.html", found=page, statuses=STATUSES, chosen=status, page_of=paying.page_of)

    @post("/{warning_id:str}")
    async def review(
        self, web: Page, warning_id: FromPath[str], form: Filled, caller: given.Caller, reviewing: given.Reviewing
    ) -> Redirect:
        """Moves a case, or writes something down."""
        path = f"/admin/fraud-warnings#{quote(warning_id, safe='')}"
        try:
            told = form.read(ReviewForm)
            code = ReasonCode.FRAUDULENT if told.status is WarningStatus.CONFIRMED else ReasonCode.OTHER
            review = Review(status=told.status, notes=told.notes, code=code)
            await reviewing(warning_id, review, by=caller.email or caller.account_id)
        except (BillingError, InvalidFields) as refused:
            return web.see(path, problem=sentence(str(refused)))
        return web.see(path, said="Noted.")
