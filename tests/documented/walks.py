"""The walks of docs/rules.md: what each row says that happens, done to an account of the bench."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from attrs import define, frozen

from billing_core.application.changing import ChangeWish
from billing_core.domain.catalog import Interval
from billing_core.testing.bench import Bench

CUSTOMER = "ada"
TABLE = re.compile(r"^\| what happens \|.*\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE)


@frozen
class Row:
    """What happens, and what can be seen after it, by the heading of its column."""

    happens: str
    then: dict[str, str]


def walks_in(page: str) -> list[list[Row]]:
    """Each table of the page whose first column is `what happens`."""
    return [_rows(match[0].splitlines()) for match in TABLE.finditer(page)]


def _rows(lines: list[str]) -> list[Row]:
    headings, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Row(cells[0], dict(zip(headings[1:], cells[1:], strict=True))) for cells in rows]


@define
class Walker:
    """Does what a row says. Raises LookupError for what it has no way to do."""

    bench: Bench
    hold: str = ""
    dispute: str = ""

    async def do(self, happens: str) -> None:
        for pattern, deed in DEEDS:
            if match := re.fullmatch(pattern, happens):
                await deed(self, *match.groups())
                await self.bench.clock.settle()
                return
        raise LookupError(f"nobody knows how this is done: {happens}")

    async def seen(self) -> dict[str, str]:
        """All columns that a table may have."""
        billing = self.bench.billing
        credits, account = await billing.credits(CUSTOMER), await billing.account(CUSTOMER)
        return {
            "to spend": str(credits.available),
            "owed": str(credits.debt),
            "set aside": str(credits.held),
            "plan": account.in_force.plan.key,
            "may spend": "no" if account.account.suspended_for else "yes",
        }

    async def open(self) -> None:
        await self.begin("1")  # an account is opened by its first decision
        await self.fail()

    async def subscribe(self, tier: str, by_year: str | None) -> None:
        interval = Interval.YEAR if by_year else Interval.MONTH
        await self.bench.gateway.subscribe(CUSTOMER, tier.lower(), interval=interval)

    async def buy(self) -> None:
        await self.bench.gateway.buy(CUSTOMER, "pack")

    async def move(self, tier: str) -> None:
        wish = ChangeWish(tier=tier.lower())
        await self.bench.billing.use_cases.changing(CUSTOMER, wish)

    async def cancel(self) -> None:
        await self.bench.billing.use_cases.canceling(CUSTOMER, at_period_end=True)

    async def spend(self, amount: str) -> None:
        async with self.bench.billing.spend(CUSTOMER, credits=int(amount), reason="work"):
            pass

    async def begin(self, amount: str) -> None:
        self.hold = (await self.bench.billing.use_cases.holding(CUSTOMER, int(amount), reason="work")).id

    async def fail(self) -> None:
        await self.bench.billing.use_cases.releasing(CUSTOMER, self.hold)

    async def finish(self, amount: str) -> None:
        await self.bench.billing.use_cases.capturing(CUSTOMER, self.hold, amount=int(amount))

    async def wait(self, days: str) -> None:
        await self.bench.clock.advance(days=int(days))

    async def wait_a_month(self, and_a_day: str | None) -> None:
        await self.bench.clock.advance(months=1, days=1 if and_a_day else 0)

    async def give_half_back(self) -> None:
        await self.bench.gateway.refund(CUSTOMER, amount_minor=500)

    async def decline(self) -> None:
        await self.bench.gateway.decline(CUSTOMER)

    async def accept(self) -> None:
        await self.bench.gateway.accept(CUSTOMER)
        await self.bench.clock.advance(days=7)

    async def start_dispute(self) -> None:
        self.dispute = await self.bench.gateway.dispute(CUSTOMER)

    async def win(self) -> None:
        await self.bench.gateway.win(self.dispute)

    async def lose(self) -> None:
        await self.bench.gateway.lose(self.dispute)


DEEDS: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
    (r"an account is opened", Walker.open),
    (r"subscribes to (\w+)( by the year)?", Walker.subscribe),
    (r"buys the pack", Walker.buy),
    (r"moves to (\w+)", Walker.move),
    (r"cancels", Walker.cancel),
    (r"spends (\d+)", Walker.spend),
    (r"work for (\d+) begins", Walker.begin),
    (r"it fails", Walker.fail),
    (r"it is done for (\d+)", Walker.finish),
    (r"(\d+) days pass", Walker.wait),
    (r"a month( and a day)? pass(?:es)?", Walker.wait_a_month),
    (r"(?:half of the payment|the other half) goes back", Walker.give_half_back),
    (r"the card is declined from now on", Walker.decline),
    (r"the card is good again, and a week passes", Walker.accept),
    (r"disputes the payment", Walker.start_dispute),
    (r"the shop wins", Walker.win),
    (r"the shop loses", Walker.lose),
)


def catalog() -> str:
    """The shop of the page, as a catalog file."""
    return (Path(__file__).parent / "rules.toml").read_text(encoding="utf-8")
