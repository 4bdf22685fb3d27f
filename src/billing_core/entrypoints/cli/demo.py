"""Telling a customer's year."""

import asyncio

import click
from rich.console import Console
from rich.table import Table

from billing_core.application.auditing import Auditing
from billing_core.domain.credits import Totals
from billing_core.entrypoints.container import standing_clock
from billing_core.entrypoints.demo import START, Chapter, Year, expect
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.settings import MEMORY, Settings, with_secrets

NOTHING = Totals()


@click.command("demo")
def command() -> None:
    """Tell a customer's year: what happens, and where every credit goes."""
    asyncio.run(_demo(Console()))


async def _demo(console: Console) -> None:
    settings = with_secrets(Settings(database_url=MEMORY))
    async with running(settings, Parts(clock=standing_clock(START))) as use_cases:
        if use_cases.simulation is None:
            raise RuntimeError("the demo needs the simulated Stripe")
        year = Year(use_cases, use_cases.simulation)
        async for chapter in year.tell():
            console.print(f"[bold]{chapter.at:%Y-%m-%d}[/bold]  {chapter.text}", highlight=False)
        console.print(table(year.chapters))
        expect(all(chapter.adds_up for chapter in year.chapters), "the table adds up")
        listed = (await use_cases.transactions("ada", limit=10_000)).items
        last = year.chapters[-1]
        expect(sum(t.amount for t in listed) == last.available, "the transactions add up to the balance")
        await _audit(use_cases.auditing, last, len(listed))


async def _audit(auditing: Auditing, last: Chapter, transactions: int) -> None:
    audited = await auditing("ada")
    expect(not audited.problems, "the events fold to the account")
    moved = last.moved
    click.echo(
        f"It adds up: {moved.granted} granted = {last.available} available + {last.held} held + {moved.captured} spent"
        f" + {moved.expired} expired + {moved.revoked} revoked + {moved.settled} settled"
    )
    click.echo(f"{transactions} transactions sum to {last.available}; {audited.events} events fold to the account.")


def table(chapters: list[Chapter]) -> Table:
    """Each chapter's movements, and the credits after it."""
    caption = "available: the line above + granted - all between"
    shown = Table("date", "plan", title="Credits", caption=caption, box=None, pad_edge=False)
    for name in ("granted", "spent", "expired", "revoked", "settled", "held", "available", "debt"):
        shown.add_column(name, justify="right")
    before, held = NOTHING, 0
    for chapter in chapters:
        after = chapter.moved
        moved = (
            after.granted - before.granted,
            after.captured - before.captured,
            after.expired - before.expired,
            after.revoked - before.revoked,
            after.settled - before.settled,
            chapter.held - held,
        )
        standing = (chapter.available, chapter.debt)
        shown.add_row(f"{chapter.at:%Y-%m-%d}", chapter.plan, *(f"{n:,}" for n in (*moved, *standing)))
        before, held = after, chapter.held
    total = (before.granted, before.captured, before.expired, before.revoked, before.settled, held)
    shown.add_row("in all", "", *(f"{n:,}" for n in total), f"{chapters[-1].available:,}", f"{chapters[-1].debt:,}")
    return shown
