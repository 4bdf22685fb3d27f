"""The webhooks that were kept: what came, what failed, and taking it in again."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from billing_core.application.replaying import PREFIX, Replayed
from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.lifespan import replaying_of
from billing_core.entrypoints.settings import from_environment, with_secrets
from billing_core.ports.inbox import StoredCause
from billing_core.ports.records import CauseStatus

STATUSES = [status.value for status in CauseStatus if status is not CauseStatus.STARTED]
UNDONE = ("failed", "dead")


@click.group("webhooks")
def command() -> None:
    """Look through the webhooks that were kept, and take those in again that failed."""


@command.command("list")
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="More than once for several.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The newest of each status.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per event.")
def listed(*, statuses: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List what failed and what is dead (tried to the last), or what is in another status, newest first."""
    found = asyncio.run(_listed(statuses or UNDONE, limit))
    if as_json:
        for stored in found:
            click.echo(json.dumps(_shown(stored)))
        return
    table = Table("event", "type", "account", "status", "attempts", "received", "error")
    for stored in found:
        row = _shown(stored)
        table.add_row(*(str(row[name] or "") for name in row))
    Console().print(table)


@command.command("show")
@click.argument("event")
def show(event: str) -> None:
    """Print EVENT as it was kept, with its body, as JSON. It takes a while in large books."""
    found = asyncio.run(_found(event))
    if not found:
        raise click.ClickException(f"no webhook {event} was kept")
    for stored in found:
        click.echo(json.dumps(_shown(stored) | {"body": _readable(stored.body)}, indent=2))


@command.command("replay")
@click.argument("event", required=False)
@click.option("--all-failed", is_flag=True, help="Everything that failed or is dead.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per event, and a sum.")
def replay(*, event: str | None, all_failed: bool, as_json: bool) -> None:
    """Take EVENT in again, or everything that failed. Safe at any time, beside a running service.

    What was processed before is left as it is. Exits 1 where anything failed again.
    """
    if (event is None) is not all_failed:
        raise click.UsageError("name an EVENT, or give --all-failed")
    sums = asyncio.run(_replay(event, as_json=as_json))
    if event is not None and not sums:
        raise click.ClickException(f"no webhook {event} was kept")
    if as_json:
        click.echo(json.dumps(dict(sums)))
    else:
        click.echo(", ".join(f"{n} {outcome}" for outcome, n in sorted(sums.items())) or "nothing had failed")
    if sums["failed"] or sums["unreadable"]:
        raise SystemExit(1)


async def _listed(statuses: Iterable[str], limit: int) -> list[StoredCause]:
    async with replaying_of(with_secrets(from_environment())) as replaying:
        found = [stored for status in statuses for stored in await replaying.newest(CauseStatus(status), limit=limit)]
    return sorted(found, key=lambda stored: stored.received_at, reverse=True)


async def _found(event: str) -> tuple[StoredCause, ...]:
    async with replaying_of(with_secrets(from_environment())) as replaying:
        return await replaying.find(event)


async def _replay(event: str | None, *, as_json: bool) -> Counter[str]:
    sums: Counter[str] = Counter()
    async with replaying_of(with_secrets(from_environment())) as replaying:
        with progress(hidden=as_json or event is not None) as shown:
            task = shown.add_task("replaying", total=await replaying.undone())

            def count(replayed: Replayed) -> None:
                sums[replayed.outcome] += 1
                line = {"event": replayed.event_id, "account": replayed.account_id, "outcome": replayed.outcome}
                if as_json:
                    click.echo(json.dumps(line))
                elif replayed.outcome != "processed":
                    tell(shown, f"{replayed.event_id} ({replayed.account_id}): {replayed.outcome}")
                shown.advance(task)

            if event is None:
                async for replayed in replaying.all():
                    count(replayed)
            else:
                for replayed in await replaying.event(event):
                    count(replayed)
    return sums


def _shown(stored: StoredCause) -> dict[str, Any]:
    return {
        "event": stored.key.removeprefix(PREFIX),
        "type": stored.kind,
        "account": stored.account_id,
        "status": stored.status.value,
        "attempts": stored.attempts,
        "received": stored.received_at.isoformat(),
        "error": stored.error,
    }


def _readable(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
