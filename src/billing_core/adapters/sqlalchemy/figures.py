"""Figures in tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select, update

from billing_core.adapters.sqlalchemy.database import Database
from billing_core.adapters.sqlalchemy.register import is_there, row_of
from billing_core.adapters.sqlalchemy.rows import Values
from billing_core.adapters.sqlalchemy.tables import accounts, daily_figures, standings
from billing_core.domain.figures import Figure, Place
from billing_core.domain.recurring import Standing
from billing_core.ports.figures import Counted, Standings, Uncounted

FIRST_DAY = date(1970, 1, 1)
_NAMES = [figure.value for figure in Figure]


class _Overtaken(Exception):
    """Somebody else has counted one of them."""


@frozen
class SqlFigures:
    """Of two that count the same account, the second waits for the first, and then finds that it came too late."""

    database: Database

    async def uncounted(self, *, after: str = "", limit: int) -> tuple[Uncounted, ...]:
        query = (
            select(accounts, *_STOOD)
            .join_from(accounts, standings, accounts.c.id == standings.c.account_id, isouter=True)
            .where(
                accounts.c.id > after,
                is_there,
                or_(standings.c.version.is_(None), standings.c.version < accounts.c.version),
            )
            .order_by(accounts.c.id)
            .limit(limit)
        )

        def load(connection: Connection) -> tuple[Uncounted, ...]:
            return tuple([_uncounted(row) for row in connection.execute(query)])

        return await self.database.read(load)

    async def count(self, counted: Sequence[Counted]) -> bool:
        in_order = sorted(counted, key=lambda each: each.account_id)
        amounts = Counter[Place]()
        for each in in_order:
            amounts.update(each.amounts)
        days = [_figure_row(place, amount) for place, amount in sorted(amounts.items(), key=_key) if amount]

        def keep(connection: Connection) -> None:
            self._stand(connection, in_order)
            if days:
                connection.execute(self._add(), days)

        try:
            await self.database.write(keep)
        except _Overtaken:
            return False
        return True

    async def standings(self) -> tuple[Standings, ...]:
        columns = (standings.c.plan, standings.c.status, standings.c.currency)
        query = select(*columns, func.count().label("accounts"), func.sum(standings.c.mrr_minor).label("monthly"))

        def load(connection: Connection) -> tuple[Standings, ...]:
            return tuple([_standings_of(row) for row in connection.execute(query.group_by(*columns))])

        return await self.database.read(load)

    async def days(self, first: date, last: date) -> Mapping[Place, int]:
        query = select(daily_figures).where(
            daily_figures.c.day.between(_number(first), _number(last)), daily_figures.c.name.in_(_NAMES)
        )

        def load(connection: Connection) -> Mapping[Place, int]:
            rows = connection.execute(query)
            return {Place(_day(row.day), Figure(row.name), row.label): row.amount for row in rows if row.amount}

        return await self.database.read(load)

    async def before(self, day: date) -> Mapping[Figure, int]:
        query: Select[Any] = (
            select(daily_figures.c.name, func.sum(daily_figures.c.amount).label("amount"))
            .where(daily_figures.c.day < _number(day), daily_figures.c.name.in_(_NAMES))
            .group_by(daily_figures.c.name)
        )

        def load(connection: Connection) -> Mapping[Figure, int]:
            return Counter({Figure(row.name): int(row.amount) for row in connection.execute(query)})

        return await self.database.read(load)

    def _stand(self, connection: Connection, counted: Sequence[Counted]) -> None:
        """Raises _Overtaken. Rows are locked and added in the order of their keys, so that nobody waits in a ring."""
        known = {each.account_id: each.before for each in counted if each.before}
        locked = (
            select(standings.c.account_id, standings.c.version)
            .where(standings.c.account_id.in_(known))
            .order_by(standings.c.account_id)
            .with_for_update()
        )
        if known and {row.account_id: row.version for row in connection.execute(locked)} != known:
            raise _Overtaken
        moved = [{"moved": each.account_id} | _standing_row(each) for each in counted if each.before]
        if moved:
            connection.execute(_MOVE, moved)
        new = [_standing_row(each) for each in counted if not each.before]
        if new:
            insert = self.database.insert(standings).values(new)
            kept = connection.execute(insert.on_conflict_do_nothing().returning(standings.c.account_id))
            if len(kept.all()) != len(new):
                raise _Overtaken

    def _add(self) -> Any:
        insert = self.database.insert(daily_figures)
        return insert.on_conflict_do_update(
            index_elements=["day", "name", "label"],
            set_={"amount": daily_figures.c.amount + insert.excluded.amount},
        )


_STOOD = (
    func.coalesce(standings.c.version, 0).label("counted"),
    standings.c.plan.label("stood_plan"),
    standings.c.status.label("stood_status"),
    standings.c.currency.label("stood_currency"),
    standings.c.mrr_minor.label("stood_mrr_minor"),
)
_MOVE = update(standings).where(standings.c.account_id == bindparam("moved"))


def _uncounted(row: Row[Any]) -> Uncounted:
    if not row.counted:
        return Uncounted(row=row_of(row), counted=0)
    stood = Standing(
        plan=row.stood_plan,
        status=row.stood_status,
        currency=row.stood_currency,
        monthly_minor=row.stood_mrr_minor,
    )
    return Uncounted(row=row_of(row), counted=row.counted, stood=stood)


def _standing_row(each: Counted) -> Values:
    standing = each.standing
    return {
        "account_id": each.account_id,
        "version": each.version,
        "plan": standing.plan,
        "status": standing.status,
        "currency": standing.currency,
        "mrr_minor": standing.monthly_minor,
    }


def _figure_row(place: Place, amount: int) -> Values:
    return {"day": _number(place.day), "name": place.figure.value, "label": place.label, "amount": amount}


def _standings_of(row: Row[Any]) -> Standings:
    return Standings(
        plan=row.plan,
        status=row.status,
        currency=row.currency,
        accounts=row.accounts,
        monthly_minor=int(row.monthly),  # PostgreSQL's sum of whole numbers is a decimal
    )


def _key(counted: tuple[Place, int]) -> tuple[date, str, str]:
    place, _ = counted
    return place.day, place.figure.value, place.label


def _number(day: date) -> int:
    return (day - FIRST_DAY).days


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)
