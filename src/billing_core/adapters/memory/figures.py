"""Figures in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from billing_core.adapters.memory.register import row_of
from billing_core.adapters.memory.state import MemoryState
from billing_core.domain.figures import Figure, Place
from billing_core.ports.figures import Counted, Standings, Uncounted


@frozen
class MemoryFigures:
    """Where each account stands, and the amounts of each day."""

    state: MemoryState

    async def uncounted(self, *, after: str = "", limit: int) -> tuple[Uncounted, ...]:
        kept = self.state.accounts
        ids = [key for key in sorted(kept) if key > after and self._counted(key) < kept[key].version]
        return tuple([self._uncounted(key) for key in ids[:limit]])

    async def count(self, counted: Sequence[Counted]) -> bool:
        if any(self._counted(each.account_id) != each.before for each in counted):
            return False
        for each in counted:
            self.state.standings[each.account_id] = (each.version, each.standing)
            self.state.daily_figures.update(each.amounts)
        return True

    async def standings(self) -> tuple[Standings, ...]:
        accounts, sums = Counter[tuple[str, str, str | None]](), Counter[tuple[str, str, str | None]]()
        for _, each in self.state.standings.values():
            key = (each.plan, each.status, each.currency)
            accounts[key] += 1
            sums[key] += each.monthly_minor
        return tuple(
            Standings(
                plan=plan, status=status, currency=currency, accounts=n, monthly_minor=sums[plan, status, currency]
            )
            for (plan, status, currency), n in accounts.items()
        )

    async def days(self, first: date, last: date) -> Mapping[Place, int]:
        return {place: n for place, n in self.state.daily_figures.items() if first <= place.day <= last and n}

    async def before(self, day: date) -> Mapping[Figure, int]:
        sums = Counter[Figure]()
        for place, amount in self.state.daily_figures.items():
            if place.day < day:
                sums[place.figure] += amount
        return sums

    def _uncounted(self, account_id: str) -> Uncounted:
        counted, stood = self.state.standings.get(account_id, (0, None))
        return Uncounted(row=row_of(self.state.accounts[account_id]), counted=counted, stood=stood)

    def _counted(self, account_id: str) -> int:
        return self.state.standings[account_id][0] if account_id in self.state.standings else 0
