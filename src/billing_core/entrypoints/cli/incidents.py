"""Incidents: what needs a person, and what is to be done about it."""

import asyncio
from getpass import getuser

import click
import msgspec
from rich.console import Console
from rich.table import Table

from billing_core.application.resolving import Resolving
from billing_core.domain.acts import Grounds
from billing_core.domain.incidents import IncidentKind, Resolution
from billing_core.entrypoints.beside import resolving_of
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.incidents import IncidentShape, incident_of
from billing_core.entrypoints.settings import from_environment, with_secrets
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.incidents import IncidentFilter, IncidentStatus

AT_STRIPE = (Resolution.FETCH_AGAIN, Resolution.CANCEL_SUBSCRIPTION, Resolution.REFUND)
KINDS = [kind.value for kind in IncidentKind]


@click.group("incidents")
def command() -> None:
    """Look through what needs a person, and resolve it."""


@command.command("list")
@click.option("--status", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True)
@click.option("--kind", type=click.Choice(KINDS), help="Only those of this kind (docs/incidents.md).")
@click.option("--account", help="Only those of this account.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The newest.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per incident.")
def listed(*, status: str, kind: str | None, account: str | None, limit: int, as_json: bool) -> None:
    """List incidents, newest first."""
    wanted = IncidentFilter(
        status=None if status == "all" else IncidentStatus(status),
        kind=IncidentKind(kind) if kind else None,
        account_id=account,
    )
    found = asyncio.run(_listed(wanted, limit))
    if as_json:
        for incident in found:
            click.echo(msgspec.json.encode(incident))
        return
    table = Table("id", "severity", "what", "account", "last", "times", "actions")
    for incident in found:
        last, actions = f"{incident.last_at:%Y-%m-%d %H:%M}", ", ".join(incident.actions)
        table.add_row(
            incident.id, incident.severity, incident.title, incident.account, last, str(incident.times), actions
        )
    Console().print(table)


@command.command("show")
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(incident: str, *, as_json: bool) -> None:
    """Tell what INCIDENT is, what was done, and what you may do."""
    _tell(asyncio.run(_found(incident)), as_json=as_json)


@command.command("resolve")
@click.argument("incident")
@click.argument("action", type=click.Choice([resolution.value for resolution in Resolution]))
@click.option("--note", required=True, help="Why; whoever looks later is told.")
@click.option("--account", help="To assign it: whose it is.")
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
@click.option("--json", "as_json", is_flag=True, help="Print the incident as JSON.")
def resolve(*, incident: str, action: str, note: str, account: str | None, by: str, as_json: bool) -> None:
    """Have ACTION done about INCIDENT and close it. Safe to do twice, beside a running service.

    Exits 1 where the oddity is still there: then the incident stays open.
    """
    _tell(asyncio.run(_resolve(incident, Resolution(action), note=note, account=account, by=by)), as_json=as_json)


def _tell(incident: IncidentShape, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(incident))
        return
    about = ", ".join(f"{name} {value}" for name, value in incident.about.items())
    lines = [
        f"{incident.title} ({incident.kind}, {incident.severity}, {incident.status})",
        f"{incident.detail}",
        f"Account: {incident.account or 'none'}" + (f"; {about}" if about else ""),
        f"Met {incident.times} times, first {incident.at:%Y-%m-%d %H:%M}, last {incident.last_at:%Y-%m-%d %H:%M} UTC",
        f"What happened: {incident.guide.happened}",
        f"What the system did: {incident.guide.done}",
    ]
    if incident.resolved is None:
        lines += [f"What you may do: {incident.guide.advice}", f"Actions: {', '.join(incident.actions)}"]
    else:
        done = incident.resolved
        lines.append(f"Resolved by {done.by} on {done.at:%Y-%m-%d %H:%M} UTC ({done.action}): {done.note}")
    click.echo("\n".join(lines))


async def _listed(wanted: IncidentFilter, limit: int) -> list[IncidentShape]:
    async with resolving_of(with_secrets(from_environment())) as resolving:
        return [incident_of(incident) for incident in (await resolving.page(wanted, limit=limit)).items]


async def _found(incident_id: str) -> IncidentShape:
    async with resolving_of(with_secrets(from_environment())) as resolving:
        return incident_of(await resolving.find(incident_id))


async def _resolve(
    incident_id: str, resolution: Resolution, *, note: str, account: str | None, by: str
) -> IncidentShape:
    settings = with_secrets(from_environment())
    if settings.mode is Mode.SIMULATED and resolution in AT_STRIPE:
        raise SettingsError("the simulated Stripe lives in the server, so ask that one to resolve it: POST …/resolve")
    resolving: Resolving
    async with resolving_of(settings) as resolving:
        done = await resolving(incident_id, resolution, Grounds(by=by, note=note), account_id=account)
        return incident_of(done)
