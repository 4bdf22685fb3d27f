"""Why a balance is what it is, where credits went, what paid for a picture and why one is denied: in sentences, and
for programs."""

from datetime import datetime

import msgspec

from billing_core.application.denials import options_of
from billing_core.application.explaining import BalanceExplained, CreditsTraced, Explaining, WorkTraced
from billing_core.domain.admission import Checked, Wish
from billing_core.domain.options import Option
from billing_core.domain.provenance import Fate, GrantStory, HoldStory


class MovementShape(msgspec.Struct, kw_only=True):
    """So many credits of a grant went from one fate to another, by the event of that number."""

    event: int
    at: datetime
    amount: int
    before: str
    after: str
    cause: str


class GrantStoryShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A grant and what became of it: `amount` is the sum of the seven figures that follow it."""

    id: str
    source: str
    event: int
    granted_at: datetime
    expires_at: datetime | None
    payment: str | None
    amount: int
    available: int
    held: int
    captured: int
    expired: int
    revoked: int
    taken: int
    settled: int
    movements: list[MovementShape] | None = None


class TakeShape(msgspec.Struct, kw_only=True):
    """So many credits of a grant."""

    grant: str
    amount: int


class HoldStoryShape(msgspec.Struct, kw_only=True):
    """What was set aside for work. `captured` is what was paid, null while it is open."""

    id: str
    event: int
    reason: str
    amount: int
    covered: bool
    placed_at: datetime
    ended_at: datetime | None
    captured: int | None
    takes: list[TakeShape]


class ExplanationShape(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The answer in sentences, and the same as figures: the grants and holds that it is about, oldest first."""

    account_id: str
    sentences: list[str]
    grants: list[GrantStoryShape]
    holds: list[HoldStoryShape]


class BalanceShape(ExplanationShape, kw_only=True):
    """A whole balance at an instant."""

    at: datetime
    available: int
    held: int
    debt: int
    is_unlimited: bool


class WayOutShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What can be done about a refusal, and what that needs."""

    action: str
    tier: str | None = None
    pack: str | None = None
    available_at: datetime | None = None
    url: str | None = None


class CheckShape(msgspec.Struct, kw_only=True):
    """One check of the wish. `refused_for` is null where it passes."""

    check: str
    passes: bool
    refused_for: str | None
    options: list[WayOutShape]


class VerdictShape(msgspec.Struct, kw_only=True):
    """Whether a wish for pictures is, or at that instant would have been, accepted. The first check that does not pass
    is the answer that a request gets."""

    account_id: str
    at: datetime
    tier: str
    accepted: bool
    sentences: list[str]
    checks: list[CheckShape]


async def judged(
    explaining: Explaining, account_id: str, wish: Wish, *, moment: datetime | None = None
) -> VerdictShape:
    """Why pictures are denied, or that they are not, check by check."""
    told = await explaining.verdict(account_id, wish, moment=moment)
    return VerdictShape(
        account_id=account_id,
        at=told.held.now,
        tier=told.held.in_force.plan.key,
        accepted=told.denial is None,
        sentences=list(told.sentences),
        checks=[_check(each) for each, _ in told.checks],
    )


def _check(checked: Checked) -> CheckShape:
    denial = checked.denial
    return CheckShape(
        check=checked.check.value,
        passes=denial is None,
        refused_for=None if denial is None else str(denial),
        options=[] if denial is None else [_way_out(option) for option in options_of(denial)],
    )


def _way_out(option: Option) -> WayOutShape:
    return WayOutShape(
        action=option.action.value,
        tier=option.tier,
        pack=option.pack,
        available_at=option.available_at,
        url=option.url,
    )


async def explained(
    explaining: Explaining,
    account_id: str,
    *,
    grant: str | None = None,
    work: str | None = None,
    moment: datetime | None = None,
) -> BalanceShape | ExplanationShape:
    """One grant's way, or what paid for one piece of work (a generation's id is its hold's), or the whole balance.

    Raises GrantNotFound, HoldNotFound; InvalidValue for a moment that lies ahead.
    """
    if grant is not None:
        return _of_credits(account_id, await explaining.grant(account_id, grant))
    if work is not None:
        return _of_work(account_id, await explaining.work(account_id, work))
    return _of_balance(account_id, await explaining(account_id, moment=moment))


def _of_balance(account_id: str, told: BalanceExplained) -> BalanceShape:
    book = told.held.account.book
    return BalanceShape(
        account_id=account_id,
        at=told.held.now,
        available=book.available,
        held=book.held,
        debt=book.debt,
        is_unlimited=told.held.in_force.plan.is_unlimited,
        sentences=list(told.sentences),
        grants=[_grant(story) for story in told.grants],
        holds=[_hold(story) for story in told.open_holds],
    )


def _of_credits(account_id: str, told: CreditsTraced) -> ExplanationShape:
    grants = [_grant(told.story, moves=True)]
    return ExplanationShape(account_id=account_id, sentences=list(told.sentences), grants=grants, holds=[])


def _of_work(account_id: str, told: WorkTraced) -> ExplanationShape:
    grants = [_grant(story) for story in told.grants]
    holds = [_hold(told.story)]
    return ExplanationShape(account_id=account_id, sentences=list(told.sentences), grants=grants, holds=holds)


def _grant(story: GrantStory, *, moves: bool = False) -> GrantStoryShape:
    grant = story.grant
    return GrantStoryShape(
        id=grant.id,
        source=grant.source.value,
        event=story.number,
        granted_at=grant.granted_at,
        expires_at=grant.expires_at,
        payment=grant.payment_id,
        amount=grant.amount,
        movements=_movements(story) if moves else None,
        **{fate.value: story.amount(fate) for fate in Fate},
    )


def _movements(story: GrantStory) -> list[MovementShape]:
    return [
        MovementShape(
            event=moved.number,
            at=moved.at,
            amount=moved.amount,
            before=moved.before.value,
            after=moved.after.value,
            cause=moved.cause,
        )
        for moved in story.movements
    ]


def _hold(story: HoldStory) -> HoldStoryShape:
    hold = story.hold
    return HoldStoryShape(
        id=hold.id,
        event=story.number,
        reason=hold.reason,
        amount=hold.amount,
        covered=hold.covered,
        placed_at=hold.placed_at,
        ended_at=story.ended_at,
        captured=story.captured,
        takes=[TakeShape(grant=take.grant_id, amount=take.amount) for take in hold.takes],
    )
