"""What became of the credits, movement by movement, and why there are as many as there are."""

from litestar import Controller, Response, get
from litestar.params import FromQuery

from billing_core.application import sentences
from billing_core.application.explaining import CreditsTraced, Explaining
from billing_core.domain.provenance import Fate, GrantStory, Movement
from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.giving import Page
from billing_core.entrypoints.web.movements import lines_of
from billing_core.entrypoints.web.rendering import Web
from billing_core.entrypoints.web.wording import FATES

MOVEMENTS_A_PAGE = 25


class CreditPages(Controller):
    """`/account/credits` and `/account/why`"""

    path = "/account"
    include_in_schema = False

    @get("/credits")
    async def movements(
        self, web: Page, caller: given.Caller, transactions: given.Transactions, cursor: FromQuery[str] = ""
    ) -> Response[str]:
        """Everything that happened, newest first."""
        page = await transactions(caller.account_id, limit=MOVEMENTS_A_PAGE, cursor=cursor or None)
        return web.page("credits.html", movements=lines_of(page.items), cursor=page.next_cursor, is_first=not cursor)

    @get("/why")
    async def why(
        self,
        *,
        web: Page,
        caller: given.Caller,
        explaining: given.Explaining,
        grant: FromQuery[str] = "",
        work: FromQuery[str] = "",
    ) -> Response[str]:
        """Why the balance is what it is; or where one grant's credits went; or what paid for one piece of work."""
        if grant:
            return grant_page(web, await explaining.grant(caller.account_id, grant))
        if work:
            return web.page("why_work.html", told=await explaining.work(caller.account_id, work))
        return await balance(web, caller.account_id, explaining)


def grant_page(web: Web, told: CreditsTraced) -> Response[str]:
    left = told.story.amount(Fate.AVAILABLE)
    return web.page("why_grant.html", told=told, steps=steps_of(told.story), fates=FATES, left=left)


def steps_of(story: GrantStory) -> tuple[Movement, ...]:
    """What became of the credits: setting them aside is told only while that is all."""
    settled = {moved.cause for moved in story.movements if moved.before is Fate.HELD}
    return tuple(m for m in story.movements if m.after is not Fate.HELD or m.cause not in settled)


async def balance(web: Web, account_id: str, explaining: Explaining) -> Response[str]:
    told = await explaining(account_id)
    sums = {fate: sum(story.amount(fate) for story in told.grants) for fate in Fate}
    return web.page(
        "why.html",
        told=told,
        book=told.held.account.book,
        granted=sum(story.grant.amount for story in told.grants),
        sums=[(FATES[fate], amount) for fate, amount in sums.items() if amount or fate is Fate.AVAILABLE],
        remarks=sentences.of_balance(told.held, told.grants)[2:],
        spent=Fate.CAPTURED,
        left=Fate.AVAILABLE,
    )
