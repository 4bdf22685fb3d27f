"""The webhooks that were kept: what came, what failed, and taking it in again; and samples to try a server with."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import click
import httpx
from rich.console import Console
from rich.table import Table

from billing_core.application.listing_webhooks import WebhookListed
from billing_core.application.replaying import Replayed
from billing_core.entrypoints.beside import webhooks_of
from billing_core.entrypoints.cli.progress import progress, tell
from billing_core.entrypoints.settings import from_environment, with_secrets
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.records import CauseStatus

PARKED = "parked"
STATUSES = [*(status.value for status in CauseStatus if status is not CauseStatus.STARTED), PARKED]
UNDONE = ("failed", "dead")


@click.group("webhooks")
def command() -> None:
    """Look through the webhooks that were kept, take those in again that failed, and send samples."""


@command.command("list")
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="More than once for several.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The newest of each status.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per event.")
def listed(*, statuses: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List what failed and what is dead (tried to the last), or what is in another status, newest first.

    What is parked waits for somebody to own what it is about.
    """
    found = asyncio.run(_listed(statuses or UNDONE, limit))
    if as_json:
        for kept in found:
            click.echo(json.dumps(_shown(kept)))
        return
    table = Table("event", "type", "account", "status", "attempts", "received", "error")
    for kept in found:
        row = _shown(kept)
        table.add_row(*(str(row[name] or "") for name in row))
    Console().print(table)


@command.command("show")
@click.argument("event")
def show(event: str) -> None:
    """Print EVENT as it was kept, with its body, as JSON. It takes a while in large books."""
    for kept, body in asyncio.run(_found(event)):
        click.echo(json.dumps(_shown(kept) | {"body": _readable(body)}, indent=2))


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
    if as_json:
        click.echo(json.dumps(dict(sums)))
    else:
        click.echo(", ".join(f"{n} {outcome}" for outcome, n in sorted(sums.items())) or "nothing had failed")
    if sums["failed"] or sums["unreadable"]:
        raise SystemExit(1)


@command.command("send")
@click.argument("event_type", metavar="TYPE")
@click.option("--url", help="Where to; by default, where `billing-core serve` takes webhooks on this machine.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A field of the object, such as a.b=1.")
@click.option("--print", "only_print", is_flag=True, help="Print the body instead.")
def send(*, event_type: str, url: str | None, given: tuple[str, ...], only_print: bool) -> None:
    """Post a signed sample of an event, such as invoice.paid, to a server under development.

    It is signed with STRIPE_WEBHOOK_SECRET or, without one, as the simulated Stripe of the database signs. VALUE is
    read as JSON where it is some. Exits 1 where the server does not answer with 2xx.
    """
    # What this command alone needs is loaded when it is called.
    from billing_core.entrypoints.http.webhooks import PATH  # noqa: PLC0415
    from billing_core.testing.webhooks import webhook  # noqa: PLC0415

    settings = with_secrets(from_environment())
    if settings.mode is Mode.LIVE:
        raise click.ClickException("STRIPE_SECRET_KEY is a live key, and what samples tell never happened")
    try:
        body, signature = webhook(event_type, secret=settings.webhook_secrets[0], **_fields(given))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if only_print:
        click.echo(json.dumps(json.loads(body), indent=2))
        return
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    try:
        answer = httpx.post(url or settings.base_url + PATH, content=body, headers=headers, timeout=30)
    except httpx.HTTPError as error:
        raise click.ClickException(f"nobody answers: {error}") from error
    click.echo(f"{json.loads(body)['id']}: {answer.status_code} {answer.text}".strip())
    if not answer.is_success:
        raise SystemExit(1)


def _fields(given: Iterable[str]) -> dict[str, Any]:
    """Dots lead into an object. Raises UsageError."""
    fields: dict[str, Any] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--set {each} is no KEY=VALUE")
        *path, last = name.split(".")
        inner = fields
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = _value(value)
    return fields


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _listed(statuses: Iterable[str], limit: int) -> list[WebhookListed]:
    found: list[WebhookListed] = []
    async with webhooks_of(with_secrets(from_environment())) as webhooks:
        for status in statuses:
            is_parked = status == PARKED
            page = await (webhooks.parked(limit=limit) if is_parked else webhooks(CauseStatus(status), limit=limit))
            found += page.items
    return sorted(found, key=lambda kept: kept.received_at, reverse=True)


async def _found(event: str) -> tuple[tuple[WebhookListed, bytes], ...]:
    async with webhooks_of(with_secrets(from_environment())) as webhooks:
        return await webhooks.find(event)


async def _replay(event: str | None, *, as_json: bool) -> Counter[str]:
    sums: Counter[str] = Counter()
    async with webhooks_of(with_secrets(from_environment())) as webhooks:
        with progress(hidden=as_json or event is not None) as shown:
            task = shown.add_task("replaying", total=await webhooks.replaying.undone())

            def count(replayed: Replayed) -> None:
                sums[replayed.outcome] += 1
                line = {"event": replayed.event_id, "account": replayed.account_id, "outcome": replayed.outcome}
                if as_json:
                    click.echo(json.dumps(line))
                elif replayed.outcome != "processed":
                    tell(shown, f"{replayed.event_id} ({replayed.account_id}): {replayed.outcome}")
                shown.advance(task)

            if event is None:
                async for replayed in webhooks.replaying.all():
                    count(replayed)
            else:
                for replayed in await webhooks.retry(event):
                    count(replayed)
    return sums


def _shown(kept: WebhookListed) -> dict[str, Any]:
    return {
        "event": kept.event_id,
        "type": kept.type,
        "account": kept.account_id,
        "status": kept.status,
        "attempts": kept.attempts,
        "received": kept.received_at.isoformat(),
        "error": kept.error if kept.waits_for is None else f"nobody owns {kept.waits_for}",
    }


def _readable(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
