"""Counting what happened to all accounts, each event once, so that reports need not read every stream.

No decision waits for it and none is slowed down by it: each account's stream is counted from where it was counted last.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from attrs import evolve, frozen

from billing_core.domain.catalog import Catalog
from billing_core.domain.events import HoldPlaced
from billing_core.domain.figures import Counting, Place
from billing_core.domain.recurring import moves, standing_of
from billing_core.ports.figures import Counted, Figures, Uncounted
from billing_core.ports.history import History

PAGE = 200


@frozen(kw_only=True)
class Reckoned:
    """How many accounts were counted, with how many events, and how many had to be left out, as they cannot be read."""

    accounts: int = 0
    events: int = 0
    left_out: int = 0


@frozen
class Reckoning:
    """Counts what is not counted yet. Any number of them may run, and die, at any time."""

    figures: Figures
    history: History
    catalog: Catalog

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job."""
        await self()

    async def __call__(self) -> Reckoned:
        """A page of accounts after the other. Raises Unavailable, OutcomeUnknown where the books are down."""
        after, done = "", Reckoned()
        while page := await self.figures.uncounted(after=after, limit=PAGE):
            read = [await self._counted(each) for each in page]
            counted = [each for each in read if each is not None]
            if not await self.figures.count(counted):
                continue  # somebody else is at it, and has got on
            after = page[-1].row.account_id
            done = evolve(
                done,
                accounts=done.accounts + len(counted),
                events=done.events + sum([each.version - each.before for each in counted]),
                left_out=done.left_out + len(page) - len(counted),
            )
        return done

    async def _counted(self, each: Uncounted) -> Counted | None:
        """None where it cannot be read: the audit says why, and it is tried again next time."""
        try:
            return await self._count(each)
        except Exception:  # noqa: BLE001 - the others go on; where the books are down, the next page fails too
            return None

    async def _count(self, each: Uncounted) -> Counted | None:
        row, counting = each.row, Counting()
        if row.account is None:
            return None
        latest: date | None = None
        async for stored in self.history.of(row.account_id, after=each.counted):
            if stored.number > row.version:
                break
            counting.take(stored.event)
            latest = stored.event.at.date()
        if counting.waits_for:
            await self._look_back(each, counting)
        standing, amounts = standing_of(row.account, self.catalog), Counter(counting.amounts)
        if latest is not None:
            for (figure, label), amount in moves(each.stood, standing).items():
                amounts[Place(latest, figure, label)] += amount
        return Counted(
            account_id=row.account_id, before=each.counted, version=row.version, standing=standing, amounts=amounts
        )

    async def _look_back(self, each: Uncounted, counting: Counting) -> None:
        """Finds the holds that were placed before, which takes as long as the stream is, and is seldom needed."""
        async for stored in self.history.of(each.row.account_id):
            if stored.number > each.counted:
                break
            if isinstance(stored.event, HoldPlaced):
                counting.placed_before(stored.event.hold)
