"""What each event about credits makes of the tallies of slots and of purchases."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from billing_core.domain import events as e
from billing_core.domain.credits import CreditBook, Grant, Source, Take
from billing_core.domain.subscription import Tally
from billing_core.domain.values import changed

if TYPE_CHECKING:
    from billing_core.domain.account import Account


def granted(account: "Account", event: e.CreditsGranted) -> "Account":
    """What is given undoes what is owed, unless it is the slot's own that comes back."""
    book = account.book.with_grant(event.grant)
    if event.initial_of is not None:
        account = _with_initial(account, event.initial_of)
    tally = account.tally(event.grant.tally)
    if tally is None:
        return changed(account, book=book)
    counted = event.counted
    again = counted if _is_own(tally, event.grant, event.at) else 0
    return tallied(
        account,
        tally.key,
        at=event.at,
        book=book,
        initial_of=event.initial_of,
        counted=counted,
        grants=1,
        withdrawn=-again,
        owed=-min(tally.owed, counted - again),
    )


def _with_initial(account: "Account", plan: str) -> "Account":
    """The plan's initial credits are given, and no earlier tally stands for them any more."""
    initials = account.initials if plan in account.initials else (*account.initials, plan)

    def without(tally: Tally) -> Tally:
        return changed(tally, initial_of=None) if tally.initial_of == plan else tally

    subs = tuple([sub.with_each(without) for sub in account.subscriptions])
    return changed(account, initials=initials, subscriptions=subs)


def revoked(account: "Account", event: e.CreditsRevoked) -> "Account":
    """Taking back what had undone a debt makes it owed once more."""
    book = account.book.with_revoked(event.takes, expired=event.expired)
    tally = account.tally(event.tally)
    if tally is None:
        return changed(account, book=book)
    takes = [(take.amount, grant) for take in event.takes if (grant := account.book.grant(take.grant_id)) is not None]
    return tallied(
        account,
        event.tally,
        at=event.at,
        book=book,
        revoked=event.amount,
        expired=-event.expired,
        reclaimed=event.expired,
        withdrawn=sum([amount for amount, grant in takes if _is_own(tally, grant, event.at)]),
        owed=sum([amount for amount, grant in takes if grant.source is Source.RETURNED]),
    )


def _is_own(tally: Tally, grant: Grant, at: datetime) -> bool:
    """Whether the slot of the tally is over, and the grant is one that was to be spent in it."""
    return tally.is_over(at) and grant.period_start == tally.start


def expired(account: "Account", event: e.GrantExpired) -> "Account":
    """What was withdrawn of the slot's own would have expired too, and what is gone is no longer beyond the rest."""
    gone = account.book.grant(event.grant_id)
    book = account.book.without_grant(event.grant_id, expired=event.amount)
    tally = account.tally(gone.tally) if gone is not None else None
    if gone is None or tally is None:
        return changed(account, book=book)
    own = tally.withdrawn if gone.period_start == tally.start else 0
    living = [grant.remaining for grant in book.grants if grant.tally == tally.key and grant.period_start is not None]
    basis = tally.whole - sum(living)
    return tallied(account, tally.key, book=book, basis=basis, expired=event.amount, withdrawn=-own, reclaimed=own)


def lost(account: "Account", returned: Iterable[Take]) -> "Account":
    """Counts what came back to grants that have expired meanwhile. A grant of a tally is named after it."""
    for take in returned:
        if account.book.grant(take.grant_id) is None:
            account = tallied(account, take.grant_id.rpartition(":")[0], expired=take.amount)
    return account


def settled(account: "Account", event: e.DebtSettled) -> "Account":
    book = account.book
    for take in event.takes:
        grant = book.grant(take.grant_id)
        if grant is not None and grant.tally is not None:
            account = tallied(account, grant.tally, settled=take.amount)
    return changed(account, book=book.with_settled_debt(event.takes))


def indebted(account: "Account", event: e.DebtIncurred) -> "Account":
    amount, book = event.amount, account.book.with_debt(event.amount)
    waited = amount if event.from_shortfall else 0
    return tallied(account, event.tally, at=event.at, book=book, debt=amount, owed=amount, shortfall=-waited)


def excused(account: "Account", key: str, amount: int) -> "Account":
    """So much of the tally's debt waits as shortfall instead."""
    tally = account.tally(key)
    if tally is None:
        return account
    return tallied(account, key, debt=-amount, shortfall=amount, owed=-min(tally.owed, amount))


def written_off(account: "Account", event: e.ShortfallWrittenOff) -> "Account":
    """No rise undoes it any more."""
    tally = account.tally(event.tally)
    basis = tally.basis - event.amount if tally is not None and tally.basis is not None else None
    book = account.book.with_written_off(event.amount)
    return tallied(account, event.tally, book=book, basis=basis, debt=event.amount, shortfall=-event.amount)


def tallied(
    account: "Account",
    key: str,
    *,
    at: datetime | None = None,
    book: CreditBook | None = None,
    basis: int | None = None,
    initial_of: str | None = None,
    **more: int,
) -> "Account":
    """The account with so much more in the tally, and with that book, basis and plan where they are given.

    `at` is given where a fact changes what the tally was given: the first one after its end finds what it was worth.
    """

    def add(tally: Tally) -> Tally:
        added = {name: getattr(tally, name) + n for name, n in more.items()}
        stands = tally.basis if basis is None else basis
        if stands is None and at is not None and tally.is_over(at):
            stands = tally.whole
        return changed(tally, initial_of=initial_of or tally.initial_of, basis=stands, **added)

    for sub in account.subscriptions:
        tally = sub.tally(key)
        if tally is not None:
            kept = sub.with_tally(add(tally))
            subs = tuple([kept if s is sub else s for s in account.subscriptions])
            return changed(account, subscriptions=subs, book=book or account.book)
    purchases = tuple([add(t) if t.key == key else t for t in account.purchases])
    return changed(account, purchases=purchases, book=book or account.book)
