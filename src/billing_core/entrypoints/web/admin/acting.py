"""What an operator decides about an account, as forms on its page."""

import re
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, post
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta

from billing_core.application.refunding import RefundWish
from billing_core.domain.errors import InvalidValue, RuleViolation
from billing_core.domain.money import Money, exponent
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.bodies import MOST, Name
from billing_core.entrypoints.http.given import payments_needed
from billing_core.entrypoints.http.operators import ensure_account_id
from billing_core.entrypoints.http.refusals import InvalidFields
from billing_core.entrypoints.web.admin.doors import Decision, grounds_of, operators_only, request_of
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.rendering import Web, plural
from billing_core.entrypoints.web.wording import sentence

LONGEST_SUM = 20
SUM = re.compile(r"(\d+|\d{1,3}(,\d{3})+|(?=\.))(\.\d+)?", re.ASCII)
"""`1,250.50`: a comma stands between thousands and nowhere else, since to some people it begins the decimals."""


class CreditsForm(Decision, kw_only=True):
    """How many credits to give, or below zero to take."""

    amount: Annotated[int, Meta(ge=-MOST, le=MOST)]


class LiftForm(Decision, kw_only=True):
    """Which suspension is lifted; all of them where none is named."""

    suspension: Name | None = None


class RefundForm(Decision, kw_only=True):
    """Which payment goes back: so much, as people write it, or all that is left; and whether the subscription ends."""

    payment: Name
    currency: Annotated[str, Meta(pattern="^[a-z]{3}$")]
    amount: Annotated[str, Meta(max_length=LONGEST_SUM)] | None = None
    cancel_subscription: bool = False


class ActingOnAccounts(Controller):
    """`/admin/accounts/…`"""

    path = "/admin/accounts/{account_id:str}"
    guards = (operators_only,)
    include_in_schema = False

    @post("/credits")
    async def adjust(
        self, web: Page, account_id: FromPath[str], form: Filled, caller: given.Caller, adjusting: given.Adjusting
    ) -> Redirect:
        async def act() -> str:
            told, grounds = form.read(CreditsForm), grounds_of(caller, form.read(CreditsForm))
            done = await adjusting(
                account_id,
                told.amount,
                reason=grounds.note,
                code=grounds.code,
                by=grounds.by,
                request=request_of(told, web.request.url.path),
            )
            verb = "given" if told.amount > 0 else "taken"
            return f"{plural(abs(done.amount), 'credit')} {verb}; {plural(done.available, 'credit')} can be spent now."

        return await told_after(web, account_id, act)

    @post("/forgive")
    async def forgive(
        self, web: Page, account_id: FromPath[str], form: Filled, caller: given.Caller, forgiving: given.Forgiving
    ) -> Redirect:
        async def act() -> str:
            told = form.read(Decision)
            done = await forgiving(account_id, grounds_of(caller, told), request=request_of(told, web.request.url.path))
            return f"{plural(done.amount, 'credit')} of debt let go."

        return await told_after(web, account_id, act)

    @post("/suspend")
    async def suspend(
        self, web: Page, account_id: FromPath[str], form: Filled, caller: given.Caller, suspending: given.Suspending
    ) -> Redirect:
        async def act() -> str:
            told = form.read(Decision)
            request = request_of(told, web.request.url.path)
            await suspending.suspend(account_id, grounds_of(caller, told), request=request)
            return "The account is suspended: it can read, but neither spend nor buy."

        return await told_after(web, account_id, act)

    @post("/reinstate")
    async def reinstate(
        self, web: Page, account_id: FromPath[str], form: Filled, caller: given.Caller, suspending: given.Suspending
    ) -> Redirect:
        async def act() -> str:
            told = form.read(LiftForm)
            request = request_of(told, web.request.url.path)
            left = await suspending.reinstate(
                account_id, grounds_of(caller, told), suspension=told.suspension, request=request
            )
            if left.reasons:
                return f"Lifted. The account is still suspended for {', '.join(left.reasons)}."
            return "The account can spend and buy again."

        return await told_after(web, account_id, act)

    @post("/refund", guards=[payments_needed])
    async def refund(
        self, web: Page, account_id: FromPath[str], form: Filled, caller: given.Caller, refunding: given.Refunding
    ) -> Redirect:
        async def act() -> str:
            told = form.read(RefundForm)
            wish = RefundWish(
                payment=told.payment,
                amount_minor=minor(told.amount, told.currency) if told.amount else None,
                cancel_subscription=told.cancel_subscription,
            )
            request = request_of(told, web.request.url.path)
            done = await refunding(account_id, wish, grounds_of(caller, told), request=request)
            ended = " The subscription has ended." if done.canceled else ""
            return f"{Money(done.amount_minor, done.currency)} went back ({done.status.value}).{ended}"

        return await told_after(web, account_id, act)


async def told_after(web: Web, account_id: str, act: Any) -> Redirect:
    """Acts, and tells on the account's page what was done, or why it was not."""
    ensure_account_id(account_id)
    path = f"/admin/accounts/{quote(account_id, safe='')}"
    try:
        done = await act()
    except (RuleViolation, InvalidValue, InvalidFields) as refused:
        return web.see(path, problem=sentence(str(refused)))
    return web.see(path, said=done)


def minor(amount: str, currency: str) -> int:
    """`12.50` of a currency in its minor units. Raises InvalidValue."""
    if SUM.fullmatch(amount) is None:
        raise InvalidValue("amount", f"{amount!r} is no sum of money; write it as in 1,250.50")
    exact = Decimal(amount.replace(",", "")).scaleb(exponent(currency))
    if exact != exact.to_integral_value() or not 0 < exact <= MOST:
        raise InvalidValue("amount", f"{amount!r} is no sum of {currency.upper()} that can go back")
    return int(exact)
