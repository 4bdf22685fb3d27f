"""Proving that every stream of events folds to its account, and that no credit is lost or made."""

from attrs import frozen

from billing_core.domain.account import Account
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.history import History


@frozen(kw_only=True)
class Audited:
    """One account's result: how many events it has, and what is wrong with it."""

    account_id: str
    events: int
    problems: tuple[str, ...]


@frozen
class Auditing:
    """Replays a stream and compares."""

    accounts: AccountRepository
    history: History

    async def __call__(self, account_id: str) -> Audited:
        """An account that moves on meanwhile is compared at the version that was read."""
        kept = await self.accounts.get(account_id)
        folded, count = Account(id=account_id), 0
        problems: list[str] = []
        async for stored in self.history.of(account_id):
            if stored.number != count + 1:
                problems.append(f"event {count + 1} is missing")
            count = stored.number
            if count > kept.version:
                break
            try:
                folded = folded.evolve(stored.event)
            except Exception as error:  # noqa: BLE001 - an event that its own past does not bear is a finding
                problems.append(f"event {count} cannot be folded: {error}")
                break
            problems.extend(f"after event {count}: {problem}" for problem in imbalances(folded))
        if folded != kept:
            problems.append("the events do not fold to the row")
        return Audited(account_id=account_id, events=kept.version, problems=tuple(problems))


def imbalances(account: Account) -> tuple[str, ...]:
    """Every law of conservation that the account breaks."""
    book, totals = account.book, account.book.totals
    spent = book.available + book.held + totals.captured + totals.expired + totals.revoked + totals.settled
    owed = book.debt + totals.settled + totals.forgiven + totals.written_off
    broken = {
        f"granted {totals.granted} is not {spent}": totals.granted != spent,
        f"debt incurred {totals.incurred} is not {owed}": totals.incurred != owed,
        f"available is {book.available}": any(grant.remaining < 0 for grant in book.grants),
        f"debt is {book.debt}": book.debt < 0,
    }
    return tuple(problem for problem, is_broken in broken.items() if is_broken)
